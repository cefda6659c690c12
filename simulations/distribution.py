"""The three shapes in which a fitted figure is carried: quantiles, shares, and weights of the day's hours."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

MINUTES_PER_DAY = 1440.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantiles:
    """A positive quantity by its quantiles, log-linear between them.

    Run times of real jobs span six decades with several humps, which no two-parameter law follows; a short
    quantile table does, and it can be read.

    Attributes:
        levels: increasing, from 0 to 1.
        values: the quantity at each level, positive, not decreasing.
    """

    levels: tuple[float, ...]
    values: tuple[float, ...]
    _logs: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.levels) != len(self.values) or len(self.levels) < 2:
            raise ValueError(f"quantiles need as many levels as values, at least 2: {self}")
        if self.levels[0] != 0.0 or self.levels[-1] != 1.0 or not _increasing(self.levels, strictly=True):
            raise ValueError(f"levels must rise from 0 to 1: {self.levels}")
        if self.values[0] <= 0.0 or not _increasing(self.values, strictly=False):
            raise ValueError(f"values must be positive and not fall: {self.values}")
        object.__setattr__(self, "_logs", tuple(math.log(value) for value in self.values))

    def at(self, u: float) -> float:
        """The quantity at level `u` in [0, 1], in the unit of the values."""
        right = min(max(bisect_right(self.levels, u), 1), len(self.levels) - 1)
        low, high = self.levels[right - 1], self.levels[right]
        part = (u - low) / (high - low)
        start, end = self._logs[right - 1], self._logs[right]
        return math.exp(start + part * (end - start))


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """A quantity that takes few values: each value with its share.

    Attributes:
        values: the values it takes.
        weights: how often each is taken; need not sum to 1.
    """

    values: tuple[float, ...]
    weights: tuple[float, ...]
    _steps: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.values or len(self.values) != len(self.weights):
            raise ValueError(f"shares need one weight for each value: {self.values}, {self.weights}")
        if min(self.weights) < 0.0 or sum(self.weights) <= 0.0:
            raise ValueError(f"weights must not be negative, nor all be zero: {self.weights}")
        object.__setattr__(self, "_steps", tuple(accumulate(self.weights)))

    def at(self, u: float) -> float:
        """The value whose stretch of the cumulated shares holds `u` in [0, 1)."""
        place = bisect_right(self._steps, u * self._steps[-1])
        return self.values[min(place, len(self.values) - 1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class DayShape:
    """How arrivals spread over the day.

    Attributes:
        weights: 24 numbers, one for each clock hour in Asia/Shanghai; flat within the hour.
    """

    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.weights) != 24 or min(self.weights) < 0.0 or sum(self.weights) <= 0.0:
            raise ValueError(f"a day's shape is 24 weights, not negative, not all zero: {self.weights}")

    def steps(self, start_minute: float, minutes: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The cumulated arrivals of a window, ready to be inverted.

        Args:
            start_minute: clock minute at which the window begins, 0 <= start_minute < 1440.
            minutes: length of the window [min].

        Returns:
            Minutes since the window's start [min], and the share of all arrivals before each; both rise.
        """
        times, masses = [0.0], [0.0]
        while times[-1] < minutes:
            clock = start_minute + times[-1]
            step = min((math.floor(clock / 60.0) + 1) * 60.0 - clock, minutes - times[-1])
            weight = self.weights[int(clock // 60.0) % 24]
            times.append(times[-1] + step)
            masses.append(masses[-1] + weight * step)
        if masses[-1] <= 0.0:
            raise ValueError("the window lies wholly in hours without arrivals")
        return tuple(times), tuple(mass / masses[-1] for mass in masses)


def _increasing(numbers: tuple[float, ...], *, strictly: bool) -> bool:
    pairs = list(pairwise(numbers))
    return all(a < b for a, b in pairs) if strictly else all(a <= b for a, b in pairs)
