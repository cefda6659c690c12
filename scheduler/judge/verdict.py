"""What the judge found."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.judge.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """Costs computed from jobs and catalogue alone.

    Attributes:
        energy_cny: [CNY], unweighted, as are the other parts.
        carbon_cny: [CNY].
        network_cny: [CNY].
        carbon_kg: [kg] of CO2 equivalent.
        energy_kwh: [kWh] of facility energy.
    """

    energy_cny: float = 0.0
    carbon_cny: float = 0.0
    network_cny: float = 0.0
    carbon_kg: float = 0.0
    energy_kwh: float = 0.0

    @property
    def total_cny(self) -> float:
        """Energy, carbon and network together [CNY]."""
        return self.energy_cny + self.carbon_cny + self.network_cny

    def __add__(self, other: Reckoning) -> Reckoning:
        """Return the sum, part by part.

        Returns:
            A new reckoning.
        """
        return Reckoning(
            energy_cny=self.energy_cny + other.energy_cny,
            carbon_cny=self.carbon_cny + other.carbon_cny,
            network_cny=self.network_cny + other.network_cny,
            carbon_kg=self.carbon_kg + other.carbon_kg,
            energy_kwh=self.energy_kwh + other.energy_kwh,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judge's answer.

    Attributes:
        faults: every violation, placements in the order of the plan first, then shared limits, then totals.
        reckoning: the recomputed cost of what is placed.
        rejected_value_cny: the recomputed value of what is not placed [CNY].
        objective_cny: the recomputed objective [CNY].
        placed: number of placements.
        rejected: number of rejections.
    """

    faults: tuple[Fault, ...]
    reckoning: Reckoning
    rejected_value_cny: float
    objective_cny: float
    placed: int
    rejected: int

    @property
    def is_sound(self) -> bool:
        """Whether no rule is broken."""
        return not self.faults
