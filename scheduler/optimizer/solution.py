"""What the optimizer answers: a plan, what it costs, and the proof of how good it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from scheduler.optimizer.assignment import Assignment
from scheduler.optimizer.prices import Prices


def relative_gap(objective: float, bound: float) -> float:
    """(objective - bound) / |objective|, never below 0; 0 when both are 0."""
    if objective <= bound:
        return 0.0
    return (objective - bound) / abs(objective) if objective else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One line of news for a progress bar.

    Attributes:
        phase: "ascend", "insert", "sweep", "settle", "prove", "rivals" or "improve".
        step: passes or rounds done in this phase.
        steps: passes or rounds planned, 0 when open.
        seconds: since the solve began.
        objective: best plan so far [CNY], inf before there is one.
        bound: best proven lower bound so far [CNY].
    """

    phase: str
    step: int
    steps: int
    seconds: float
    objective: float
    bound: float

    @property
    def gap(self) -> float:
        """Relative gap between plan and bound."""
        return relative_gap(self.objective, self.bound)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """A feasible plan with its proof.

    Attributes:
        assignment: the choice of every job.
        objective: its cost plus the penalties of jobs left out [CNY].
        bound: proven lower bound of any plan's objective [CNY].
        prices: dual prices that prove the bound (shadow prices of every capacity).
        status: "optimal" within the wanted gap, "time_limit" when time cut the search, else "feasible".
        seconds: time taken.
        milestones: what happened when, for tables: (phase, seconds, objective, bound).
    """

    assignment: Assignment
    objective: float
    bound: float
    prices: Prices
    status: str
    seconds: float
    milestones: tuple[tuple[str, float, float, float], ...] = field(default=())

    @property
    def gap(self) -> float:
        """(objective - bound) / |objective|, at least 0."""
        return relative_gap(self.objective, self.bound)
