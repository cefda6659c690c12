"""UnitCost: what one kilowatt of IT power costs in every site and slot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Floats, Ints
from scheduler.sunlight import sun_it_kw
from scheduler.world import World

GRAMS_PER_TONNE = 1e6
GRAMS_PER_KG = 1e3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RunCost:
    """What runs cost; the shape is that of the question.

    Attributes:
        energy_cny: electricity.
        carbon_cny: emissions at the carbon price.
        carbon_kg: emissions.
        energy_kwh: facility energy above base load.
    """

    energy_cny: Floats
    carbon_cny: Floats
    carbon_kg: Floats
    energy_kwh: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class UnitCost:
    """Per kW of IT power and whole slot. Axis 0 is: energy cost [CNY], carbon [kg], facility energy [kWh].

    Attributes:
        per_slot: [3, S, T].
        before: [3, S, T + 1] sums of `per_slot` over the slots before.
        carbon_cny_per_kg: carbon price.
        sun_it_kw: [S, T] IT power carried by the site's sun; where there is any, a slot is paid whole.
    """

    per_slot: Floats
    before: Floats
    carbon_cny_per_kg: float
    sun_it_kw: Floats

    @property
    def energy_cny(self) -> Floats:
        """Electricity [S, T]."""
        return np.asarray(self.per_slot[0])

    @property
    def carbon_cny(self) -> Floats:
        """Emissions at the carbon price [S, T]."""
        return np.asarray(self.per_slot[1] * self.carbon_cny_per_kg)

    @property
    def carbon_kg(self) -> Floats:
        """Emissions [S, T]."""
        return np.asarray(self.per_slot[1])

    def of_starts(self, it_kw: float, duration: int, last_slot_share: float) -> RunCost:
        """Return the cost of a run of it_kw [kW] from every start [S, T]; 0 where it ends too late."""
        costs = np.zeros(self.per_slot.shape)
        starts = self.per_slot.shape[-1] - duration + 1
        if starts > 0:
            whole = self.before[:, :, duration - 1 : -1] - self.before[:, :, :starts]
            share = np.where(self.sun_it_kw[:, duration - 1 :] > 0, 1.0, last_slot_share)
            costs[:, :, :starts] = it_kw * (whole + share * self.per_slot[:, :, duration - 1 :])
        return self._run_cost(costs)

    def of_runs(
        self, it_kw: Floats, site: Ints, start: Ints, duration: Ints, last_slot_share: Floats
    ) -> RunCost:
        """Return the cost of runs [N]: power it_kw [kW] at a site from a start slot for `duration` slots."""
        last = start + duration - 1
        whole = self.before[:, site, last] - self.before[:, site, start]
        share = np.where(self.sun_it_kw[site, last] > 0, 1.0, last_slot_share)
        return self._run_cost(it_kw * (whole + share * self.per_slot[:, site, last]))

    def _run_cost(self, costs: Floats) -> RunCost:
        return RunCost(
            energy_cny=costs[0],
            carbon_cny=costs[1] * self.carbon_cny_per_kg,
            carbon_kg=costs[1],
            energy_kwh=costs[2],
        )


def unit_cost(world: World) -> UnitCost:
    """Return the unit costs of a world, its sites in catalogue order."""
    prices = world.prices
    rows = [prices.row(site_id) for site_id in world.catalogue.site_ids]
    energy_kwh = prices.pue_marginal[rows] * prices.horizon.hours_per_slot
    energy_cny = energy_kwh * prices.power_cny_per_kwh[rows]
    carbon_kg = energy_kwh * prices.carbon_g_per_kwh[rows] / GRAMS_PER_KG
    per_slot = np.stack([energy_cny, carbon_kg, energy_kwh]).astype(np.float64)
    return UnitCost(
        per_slot=per_slot,
        before=np.concatenate([np.zeros((*per_slot.shape[:2], 1)), np.cumsum(per_slot, axis=2)], axis=2),
        carbon_cny_per_kg=prices.carbon_cny_per_t * GRAMS_PER_KG / GRAMS_PER_TONNE,
        sun_it_kw=sun_it_kw(world),
    )
