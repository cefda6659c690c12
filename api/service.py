"""Service: the parts an API process is made of, handed to its routes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from api.auth import Keyring
from api.dispatch.backend import LogPiece
from api.intake import Intake
from api.limits import RateLimiter
from api.metrics import Metrics
from api.quotes import QuoteDesk
from api.scenarios import ScenarioDesk
from api.settings import Settings
from api.store import Attempt, Store
from pricing import RateCard
from topology import Catalogue


class LoopHealth(Protocol):
    """What the API asks of a loop in the same process."""

    @property
    def last_tick_at(self) -> datetime | None:
        """When it last ended a tick."""

    @property
    def leading(self) -> bool:
        """Whether it leads."""


ReadLogs = Callable[[Attempt, int, str], Awaitable[LogPiece]]
"""(attempt, offset, stream) -> a piece of its output."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """Everything a route may use.

    Attributes:
        settings: what the operator chose.
        store: what is kept.
        secret: signs keys, quotes and the audit chain.
        catalogue: sites, cities, links, machines.
        keyring: recognises keys.
        limiter: counts requests.
        intake: turns bodies into jobs.
        quotes: makes and honours quotes.
        rate_card: prices of the machines.
        scenarios: runs what-ifs.
        metrics: what Prometheus reads.
        clock: the present instant, aware, UTC.
        loop: the loop in this process, or None when it runs elsewhere.
        read_logs: what an attempt wrote, or None when the backends are elsewhere.
        closing: set when the process is to end.
    """

    settings: Settings
    store: Store
    secret: bytes
    catalogue: Catalogue
    keyring: Keyring
    limiter: RateLimiter
    intake: Intake
    quotes: QuoteDesk
    rate_card: RateCard
    scenarios: ScenarioDesk
    metrics: Metrics
    clock: Callable[[], datetime]
    loop: LoopHealth | None = None
    read_logs: ReadLogs | None = None
    closing: asyncio.Event = field(default_factory=asyncio.Event)
