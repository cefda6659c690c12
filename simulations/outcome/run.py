"""Run: what an outcome is the outcome of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pricing import PriceBook
from scheduler import EnergyQuota, Policy
from topology import Catalogue


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Run:
    """The world of a simulated run.

    Attributes:
        catalogue: its places.
        actual: prices that came true; their horizon is the span.
        policy: how it was planned.
        seed: of its throws.
        pv: whether sites used their own sun first.
        until: slot in which it ended.
        partial: whether it was stopped before its time.
        routes: link numbers of every route that data took.
        losses: every outage as (kind, id, first slot, slot of return).
        quotas: tenant -> resource -> units.
        energy_quotas: of the sites.
        intake: what was wrong with the jobs, as a document.
        stranded: datasets that found no way.
        rate_scale: what is paid for work over the rate card.
    """

    catalogue: Catalogue
    actual: PriceBook
    policy: Policy
    seed: int
    pv: bool = False
    until: int
    partial: bool = False
    routes: tuple[tuple[int, ...], ...] = ()
    losses: tuple[tuple[str, str, int, int], ...] = ()
    quotas: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    energy_quotas: tuple[EnergyQuota, ...] = ()
    intake: Mapping[str, Any] = field(default_factory=dict)
    stranded: int = 0
    rate_scale: float = 1.0
