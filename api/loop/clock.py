"""Where the time comes from, and the month it falls in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from topology import CHINA_TIME

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """The time on the wall, in UTC."""
    return datetime.now(UTC)


def scaled_clock(begin: datetime, factor: float, *, wall: Clock = wall_clock) -> Clock:
    """Return a clock that shows `begin` now and runs `factor` times as fast: a day in seconds."""
    origin = wall()

    def clock() -> datetime:
        return (begin + (wall() - origin) * factor).astimezone(UTC)

    return clock


def month_of(instant: datetime) -> str:
    """The month an instant falls in, in China: bills are made there."""
    local = instant.astimezone(CHINA_TIME)
    return f"{local.year:04}-{local.month:02}"


def next_month(instant: datetime) -> datetime:
    """The first instant of the month after, in UTC."""
    local = instant.astimezone(CHINA_TIME)
    year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    return datetime(year, month, 1, tzinfo=CHINA_TIME).astimezone(UTC)
