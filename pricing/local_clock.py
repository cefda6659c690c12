"""What the clock on the wall says in each slot: tariffs, carbon and climates are tables by local time."""

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from topology import CHINA_TIME, Horizon

SAMPLE_MINUTES = 15
"""Tables change at half hours at most, so a slot is read at pieces that divide a quarter of an hour [min]."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LocalClock:
    """Local time of every slot, read at the middle of K equal pieces of the slot.

    Attributes:
        month: Month 0 to 11, shape [T, K].
        half_hour: Half hour of the day 0 to 47, shape [T, K].
        year_month: Year * 12 + month, shape [T, K].
    """

    month: NDArray[np.int64]
    half_hour: NDArray[np.int64]
    year_month: NDArray[np.int64]

    @classmethod
    def of(cls, horizon: Horizon) -> "LocalClock":
        """The local clock of a horizon. Exact for slots that begin on a whole number of their pieces."""
        piece = math.gcd(horizon.slot_minutes, SAMPLE_MINUTES)
        pieces = horizon.slot_minutes // piece
        local = horizon.start.astimezone(CHINA_TIME).replace(tzinfo=None)
        first = np.datetime64(local, "s") + np.timedelta64(piece * 30, "s")
        steps = np.arange(horizon.slots * pieces).reshape(horizon.slots, pieces)
        times = first + steps * np.timedelta64(piece * 60, "s")
        year_month = times.astype("datetime64[M]").astype(np.int64) + 1970 * 12
        minute = (times - times.astype("datetime64[D]")).astype("timedelta64[m]").astype(np.int64)
        return cls(month=year_month % 12, half_hour=minute // 30, year_month=year_month)

    def average(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean over each slot of a table of shape [..., 12, 48]; shape [..., T]."""
        return np.asarray(table[..., self.month, self.half_hour].mean(axis=-1))


def year_month_of(text: str) -> int:
    """Year * 12 + month of "2026-07"; 0 for "", which is before every date.

    Raises:
        ValueError: If the text is no month.
    """
    if not text:
        return 0
    moment = datetime.strptime(text, "%Y-%m").replace(tzinfo=CHINA_TIME)
    return moment.year * 12 + moment.month - 1
