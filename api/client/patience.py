"""Patience: how long the client waits for what, and how often it asks again. Decisions only; nobody sleeps here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """Every time and count of the client.

    Attributes:
        connect_s: for a connection to be made [s].
        read_s: for the next piece of an answer to arrive [s].
        total_s: for a call with all its tries and pauses [s].
        tries_max: tries of one call.
        pause_s: longest first pause [s]; it doubles with every failure.
        pause_max_s: longest pause that the service did not ask for [s].
        silence_s: of an event stream until it counts as broken [s]; the service says something every 15 s.
        lost_s: without any contact until an event stream is given up [s].
    """

    connect_s: float = 2.0
    read_s: float = 10.0
    total_s: float = 60.0
    tries_max: int = 15
    pause_s: float = 0.1
    pause_max_s: float = 5.0
    silence_s: float = 45.0
    lost_s: float = 300.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} = {getattr(self, name)} must be above 0")

    def pause_before_next(self, failures: int, chance: float, asked_s: float = 0.0) -> float:
        """Return how long to pause [s]: full jitter over a doubling scale, never less than the service asks.

        Args:
            failures: tries that failed so far, at least 1.
            chance: a throw in [0, 1).
            asked_s: what the service asked for (Retry-After) [s].
        """
        scale_s = min(self.pause_max_s, self.pause_s * 2.0 ** min(failures - 1, 60))
        return asked_s + chance * scale_s


REPEATED_STATUSES = frozenset({429, 502, 503, 504})
_NOT_DONE = frozenset({429})
_LASTING = "not-configured"


def may_repeat(status: int, *, repeatable: bool, problem_type: str = "") -> bool:
    """Return whether a call answered with this status may be sent again.

    429 was refused before anything was done, so that any call may be repeated. The others say nothing about
    what was done: only a call that may be done twice is repeated. Other refusals stay what they are.
    """
    if problem_type.endswith(_LASTING):
        return False
    return status in REPEATED_STATUSES and (repeatable or status in _NOT_DONE)


def read_retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Return the seconds that a Retry-After header asks for; 0 without a readable one.

    Args:
        headers: of an answer, names in lower case.
        now: for a header that names an instant; aware.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - now).total_seconds())
