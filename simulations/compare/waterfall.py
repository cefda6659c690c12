"""Waterfall: a difference in parts that sum to it exactly.

Every total is put on a grid of 2^-20 CNY (or kg), about a millionth. Sums and differences of such numbers are held by
doubles without rounding, in any order, as long as they stay under 2^32: so the parts sum to the difference to the last
bit, also for a reader of the JSON who adds them up. The parts shown in a table are differences of totals rounded to a
cent, so they sum exactly as printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GRID = 2**20


def on_grid(value: float) -> float:
    """The nearest multiple of 2^-20."""
    return round(value * GRID) / GRID


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A total on the way from one scenario to another.

    Attributes:
        cause: what changed since the stage before; "" for the first.
        cny: total cost after the change [CNY].
        kg: total emissions after the change [kg].
    """

    cause: str
    cny: float
    kg: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one cause accounts for.

    Attributes:
        cause: its name.
        cny: change of the cost [CNY].
        kg: change of the emissions [kg].
    """

    cause: str
    cny: float
    kg: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Waterfall:
    """The stages from one total to another; the first is where it begins.

    Attributes:
        stages: two or more, on the grid.
    """

    stages: tuple[Stage, ...]

    @classmethod
    def over(cls, stages: Iterable[Stage]) -> Waterfall:
        """A waterfall over totals, put on the grid."""
        return cls(
            stages=tuple(
                Stage(cause=stage.cause, cny=on_grid(stage.cny), kg=on_grid(stage.kg)) for stage in stages
            )
        )

    @property
    def begin(self) -> Stage:
        """Where it begins."""
        return self.stages[0]

    @property
    def end(self) -> Stage:
        """Where it ends."""
        return self.stages[-1]

    @property
    def difference_cny(self) -> float:
        """End less begin [CNY]."""
        return self.end.cny - self.begin.cny

    @property
    def difference_kg(self) -> float:
        """End less begin [kg]."""
        return self.end.kg - self.begin.kg

    @property
    def parts(self) -> tuple[Part, ...]:
        """What each cause accounts for; they sum to the difference exactly."""
        return tuple(
            Part(cause=after.cause, cny=after.cny - before.cny, kg=after.kg - before.kg)
            for before, after in zip(self.stages[:-1], self.stages[1:], strict=True)
        )

    def cents(self) -> tuple[tuple[str, int, int], ...]:
        """Each cause with hundredths of CNY and of kg; they sum to the rounded totals' difference exactly."""
        totals = [(round(stage.cny * 100), round(stage.kg * 100)) for stage in self.stages]
        return tuple(
            (stage.cause, after[0] - before[0], after[1] - before[1])
            for stage, before, after in zip(self.stages[1:], totals[:-1], totals[1:], strict=True)
        )


def total_cents(parts: Sequence[tuple[str, int, int]]) -> tuple[int, int]:
    """Sum of the hundredths of all causes."""
    return sum(part[1] for part in parts), sum(part[2] for part in parts)
