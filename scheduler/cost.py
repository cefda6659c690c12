"""CostParts: what something costs, by cause."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.quantity import STRICT


@dataclass(frozen=True, kw_only=True, slots=True)
class CostParts:
    """A cost in parts [CNY], unweighted.

    Attributes:
        energy_cny: electricity.
        carbon_cny: emissions at the carbon price.
        network_cny: data moved.
        rejected_value_cny: worth of the jobs not run; 0 for a placement.
    """

    __pydantic_config__ = STRICT

    energy_cny: float = 0.0
    carbon_cny: float = 0.0
    network_cny: float = 0.0
    rejected_value_cny: float = 0.0

    @property
    def run_cny(self) -> float:
        """Energy, carbon and network together [CNY]."""
        return self.energy_cny + self.carbon_cny + self.network_cny

    @property
    def total_cny(self) -> float:
        """Everything together [CNY]."""
        return self.run_cny + self.rejected_value_cny

    def __add__(self, other: CostParts) -> CostParts:
        """Return the sum, part by part."""
        return CostParts(
            energy_cny=self.energy_cny + other.energy_cny,
            carbon_cny=self.carbon_cny + other.carbon_cny,
            network_cny=self.network_cny + other.network_cny,
            rejected_value_cny=self.rejected_value_cny + other.rejected_value_cny,
        )
