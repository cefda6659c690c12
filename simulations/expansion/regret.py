"""Regret: what each first-stage plan costs in each future, against the best plan known for that future."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulations.expansion.account import worst_mean
from simulations.expansion.decision import Decision
from simulations.expansion.model import MILLION, ExpansionModel
from simulations.expansion.solver import solve_best, solve_held
from simulations.expansion.study import Risk

Floats = NDArray[np.float64]
STOCHASTIC = "stochastic"
MEAN = "mean"
LEAST_GAP = 0.01
"""Plans that only serve as a measure needn't be nearer to the best than this [fraction]."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Regret:
    """Plans against futures. A plan that a rule forbids in a future costs infinity there.

    Attributes:
        plans: names: stochastic, mean (made for the mean of demand and delay), then one for each future.
        futures: names.
        probabilities: of the futures.
        cost_cny: shape [P, W].
    """

    plans: tuple[str, ...]
    futures: tuple[str, ...]
    probabilities: tuple[float, ...]
    cost_cny: Floats

    @property
    def regret_cny(self) -> Floats:
        """Cost above the best plan known for the future, shape [P, W]."""
        return np.asarray(self.cost_cny - self.cost_cny.min(axis=0))

    @property
    def expected_cny(self) -> Floats:
        """Mean cost of each plan, shape [P]."""
        return np.asarray(self.cost_cny @ np.array(self.probabilities))

    @property
    def perfect_information_cny(self) -> float:
        """Worth of knowing the future before building: at most so much may a forecast cost."""
        known = float(self.cost_cny.min(axis=0) @ np.array(self.probabilities))
        return float(self.expected_cny[self.plans.index(STOCHASTIC)]) - known

    @property
    def stochastic_solution_cny(self) -> float:
        """Worth of planning for all futures, and not for their mean."""
        expected = self.expected_cny
        return float(expected[self.plans.index(MEAN)] - expected[self.plans.index(STOCHASTIC)])

    def with_stochastic(self, row: int) -> Regret:
        """The same with the plan of a row in the place of the stochastic one."""
        cost_cny = self.cost_cny.copy()
        cost_cny[self.plans.index(STOCHASTIC)] = cost_cny[row]
        return replace(self, cost_cny=cost_cny)

    def objective_cny(self, row: int, risk: Risk) -> float:
        """What a plan of a row is judged by: the mean, and the worst futures by their weight."""
        mean = float(self.expected_cny[row])
        if not risk.weight:
            return mean
        worst = worst_mean(self.cost_cny[row].tolist(), self.probabilities, risk.alpha)
        return (1 - risk.weight) * mean + risk.weight * worst


def find_rivals(
    mean: ExpansionModel, alone: Sequence[ExpansionModel], *, time_limit_s: float, gap: float
) -> Mapping[str, Decision]:
    """Plans made for the mean course and for each course alone; none where a course has no plan.

    Args:
        mean: the program of the mean course.
        alone: the programs of the courses, one each.
        time_limit_s: for all of them [s].
        gap: how far from the best each may be [fraction].

    Raises:
        UnsolvedError: time ran out before any plan was found.
    """
    rivals: dict[str, Decision] = {}
    share = time_limit_s / (len(alone) + 1)
    for model in (mean, *alone):
        best = solve_best(model, time_limit_s=share, gap=max(gap, LEAST_GAP))
        if best is not None:
            rivals[model.courses[0].name] = best.decision
    return rivals


def compare_plans(alone: Sequence[ExpansionModel], plans: Mapping[str, Decision]) -> Regret:
    """Run each plan in each future.

    Args:
        alone: the programs of the courses, one each.
        plans: first stages by name, the stochastic one among them.
    """
    costs = np.full((len(plans), len(alone)), np.inf)
    for column, model in enumerate(alone):
        seen: dict[object, float] = {}
        for row, decision in enumerate(plans.values()):
            if decision.key not in seen:
                held = solve_held(model, decision)
                seen[decision.key] = np.inf if held is None else held.objective * MILLION
            costs[row, column] = seen[decision.key]
    courses = [model.courses[0] for model in alone]
    return Regret(
        plans=tuple(plans),
        futures=tuple(course.name for course in courses),
        probabilities=tuple(course.probability for course in courses),
        cost_cny=costs,
    )
