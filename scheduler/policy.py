"""Policy: what the planner is told to care about."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scheduler.cost import CostParts
from scheduler.errors import PolicyError, nearest_names

OPTIMAL = "optimal"
BASELINES = ("nearest", "cheapest", "greenest", "first-fit", "earliest-finish")
POLICIES = (OPTIMAL, *BASELINES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A way to plan and the weights of its costs. Weights change what is preferred, never what is reported.

    Attributes:
        name: one of POLICIES.
        energy_weight: weight of energy cost, 0 or more.
        carbon_weight: weight of carbon cost, 0 or more.
        network_weight: weight of network cost, 0 or more.

    Raises:
        PolicyError: unknown name, or a weight that is negative or not finite.
    """

    name: str = OPTIMAL
    energy_weight: float = 1.0
    carbon_weight: float = 1.0
    network_weight: float = 1.0

    def __post_init__(self) -> None:
        if self.name not in POLICIES:
            nearest = nearest_names(self.name, POLICIES) or POLICIES
            raise PolicyError(f"policy {self.name!r} does not exist; choose {' or '.join(nearest)}")
        for field in ("energy_weight", "carbon_weight", "network_weight"):
            weight = getattr(self, field)
            if not math.isfinite(weight) or weight < 0:
                raise PolicyError(f"{field} = {weight}: must be a number, 0 or more")

    @property
    def weighted(self) -> bool:
        """Whether any weight differs from 1, so that the objective is not simply the cost."""
        return (self.energy_weight, self.carbon_weight, self.network_weight) != (1.0, 1.0, 1.0)

    def objective_cny(self, cost: CostParts) -> float:
        """Return a cost as this policy weighs it, with the value of what is rejected [CNY]."""
        return (
            self.energy_weight * cost.energy_cny
            + self.carbon_weight * cost.carbon_cny
            + self.network_weight * cost.network_cny
            + cost.rejected_value_cny
        )
