"""Slots and instants: the horizon cuts time into equal pieces."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from topology.errors import HorizonError

CHINA_TIME = timezone(timedelta(hours=8), "CST")
"""Local time of the catalogue data: UTC+8 all year."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Horizon:
    """A half-open stretch of time [start, end) cut into slots.

    Attributes:
        start: First instant, aware; kept in UTC.
        slots: Number of slots.
        slot_minutes: Length of a slot [min].

    Raises:
        HorizonError: If the start is naive, or a count is not a positive whole number.
    """

    start: datetime
    slots: int
    slot_minutes: int = 15

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", _in_utc(self.start, "horizon start"))
        for name in ("slots", "slot_minutes"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise HorizonError(f"horizon {name} {value!r} must be a whole number of at least 1")
        try:
            _ = self.end
        except OverflowError:
            raise HorizonError(f"horizon of {self.slots} slots must end before the year 10000") from None

    @property
    def end(self) -> datetime:
        """First instant after the horizon, in UTC."""
        return self.start + self.slots * self.slot_length

    @property
    def slot_length(self) -> timedelta:
        """Length of one slot."""
        return timedelta(minutes=self.slot_minutes)

    @property
    def hours_per_slot(self) -> float:
        """Length of one slot [h]."""
        return self.slot_minutes / 60

    def instant(self, slot: int) -> datetime:
        """The instant a slot begins, in UTC; `slots` gives the end.

        Raises:
            HorizonError: If the slot is below 0 or above `slots`.
        """
        if not 0 <= slot <= self.slots:
            raise HorizonError(f"slot {slot} must lie between 0 and {self.slots}, the horizon's end")
        return self.start + slot * self.slot_length

    def slot_at(self, instant: datetime) -> int:
        """The slot that holds an instant.

        Raises:
            HorizonError: If the instant is naive or outside [start, end).
        """
        instant = _in_utc(instant, "instant")
        if not self.start <= instant < self.end:
            inside = f"[{self.start.isoformat()}, {self.end.isoformat()})"
            raise HorizonError(f"instant {instant.isoformat()} must lie in {inside}")
        return (instant - self.start) // self.slot_length

    def first_slot_from(self, instant: datetime) -> int:
        """The first slot that begins at or after an instant; `slots` when none does.

        Raises:
            HorizonError: If the instant is naive.
        """
        wait = _in_utc(instant, "instant") - self.start
        return min(max(0, -(-wait // self.slot_length)), self.slots)

    def instants(self) -> tuple[datetime, ...]:
        """The instants at which the slots begin, in UTC, shape [slots]."""
        return tuple(self.start + slot * self.slot_length for slot in range(self.slots))

    def slots_for(self, minutes: float) -> int:
        """How many whole slots a stretch of `minutes` occupies."""
        return math.ceil(minutes / self.slot_minutes)


def _in_utc(instant: datetime, what: str) -> datetime:
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise HorizonError(f"{what} {instant.isoformat()} must have a time zone, for example +08:00")
    return instant.astimezone(UTC)
