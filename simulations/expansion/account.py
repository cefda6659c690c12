"""Account: what a capacity plan costs and does in every future, by part and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulations.expansion.study import Risk

Floats = NDArray[np.float64]

PARTS = (
    "capital",
    "residual",
    "running",
    "energy",
    "carbon",
    "network",
    "green",
    "over_quota",
    "idle",
    "unmet",
)
"""Parts of the cost; residual, what builds are worth at the end, is negative and stands in the last year."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Account:
    """Recomputed from the decision and the work placed alone, by code that shares nothing with the program.

    Attributes:
        futures: names, in order.
        probabilities: of them.
        years: the years.
        sites: the sites.
        cost_cny: discounted cost by part, each of shape [W, Y].
        energy_mwh: facility energy, shape [W, S, Y].
        pflops: mean work done, shape [W, S, Y].
        capacity_pflops: mean work possible, shape [W, S, Y].
        unmet_share: work not done over work asked for, shape [W, D].
        faults: rules that are broken; empty when the plan keeps them all.
    """

    futures: tuple[str, ...]
    probabilities: tuple[float, ...]
    years: tuple[int, ...]
    sites: tuple[str, ...]
    cost_cny: Mapping[str, Floats]
    energy_mwh: Floats
    pflops: Floats
    capacity_pflops: Floats
    unmet_share: Floats
    faults: tuple[str, ...]

    @property
    def totals_cny(self) -> Floats:
        """Cost of each future, shape [W]."""
        return np.asarray(sum(part.sum(axis=1) for part in self.cost_cny.values()))

    @property
    def expected_cny(self) -> float:
        """Mean cost."""
        return float(self.totals_cny @ np.array(self.probabilities))

    def worst_cny(self, alpha: float) -> float:
        """Mean cost of the worst futures, those that hold the last 1 - alpha of the probability."""
        return worst_mean(self.totals_cny.tolist(), self.probabilities, alpha)

    def objective_cny(self, risk: Risk) -> float:
        """What the plan minimises: the mean, and the worst futures by their weight."""
        if not risk.weight:
            return self.expected_cny
        return (1 - risk.weight) * self.expected_cny + risk.weight * self.worst_cny(risk.alpha)


def worst_mean(costs: Sequence[float], probabilities: Sequence[float], alpha: float) -> float:
    """Mean of the costs over the dearest 1 - alpha of the probability (CVaR)."""
    left, total = 1.0 - alpha, 0.0
    for cost, probability in sorted(zip(costs, probabilities, strict=True), reverse=True):
        taken = min(left, probability)
        total += taken * cost
        left -= taken
    return total / (1.0 - alpha)
