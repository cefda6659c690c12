"""Ledger: what every job of an outcome cost, in a form that can be priced again in another world."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulations.scenario.grid_rates import GridRates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Runs:
    """Runs of jobs as arrays; R of them.

    Attributes:
        job: [R] row of the job.
        site: [R] number of the site.
        start_slot: [R] first slot.
        end_slot: [R] exclusive end.
        minutes: [R] length; the last slot is paid by the minute.
        it_kw: [R] IT power [kW].
    """

    job: Ints
    site: Ints
    start_slot: Ints
    end_slot: Ints
    minutes: Floats
    it_kw: Floats

    def of(self, keep: NDArray[np.bool_]) -> Runs:
        """The runs of the jobs that are kept; `keep` has one entry a job."""
        mine = keep[self.job]
        return Runs(
            job=self.job[mine],
            site=self.site[mine],
            start_slot=self.start_slot[mine],
            end_slot=self.end_slot[mine],
            minutes=self.minutes[mine],
            it_kw=self.it_kw[mine],
        )

    def priced(self, rates: GridRates, jobs: int) -> tuple[Floats, Floats]:
        """Energy cost [CNY] and emissions [kg] of each of `jobs` jobs at these rates."""
        unit_cny = rates.pue_marginal * rates.power_cny_per_kwh * rates.hours_per_slot
        unit_kg = rates.pue_marginal * rates.carbon_g_per_kwh * rates.hours_per_slot / 1000.0
        cny, kg = (self.it_kw * self.over_slots(unit, rates) for unit in (unit_cny, unit_kg))
        return _by_job(self.job, cny, jobs), _by_job(self.job, kg, jobs)

    def over_slots(self, unit: Floats, rates: GridRates) -> Floats:
        """Sum of a unit [S, T] over the slots of each run, the last one by its share, [R]."""
        if not self.job.size:
            return np.zeros(0)
        sums = np.concatenate([np.zeros((len(unit), 1)), np.cumsum(unit, axis=1)], axis=1)
        last = self.end_slot - 1
        whole = sums[self.site, last] - sums[self.site, self.start_slot]
        over: Floats = whole + self._last_share(rates) * unit[self.site, last]
        return over

    def spread_energy(self, rates: GridRates, into: Floats) -> None:
        """Add the facility energy of the runs [kWh] to a table [S, T]."""
        steps = np.zeros((into.shape[0], into.shape[1] + 1))
        np.add.at(steps, (self.site, self.start_slot), self.it_kw)
        np.add.at(steps, (self.site, self.end_slot - 1), self.it_kw * (self._last_share(rates) - 1.0))
        np.add.at(steps, (self.site, self.end_slot), -self.it_kw * self._last_share(rates))
        into += np.cumsum(steps, axis=1)[:, :-1] * rates.pue_marginal * rates.hours_per_slot

    def _last_share(self, rates: GridRates) -> Floats:
        share: Floats = self.minutes / (rates.hours_per_slot * 60.0) - (self.end_slot - self.start_slot - 1)
        return share


def _by_job(job: Ints, amount: Floats, jobs: int) -> Floats:
    return np.bincount(job, amount, jobs).astype(np.float64)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ledger:
    """What every job cost; J jobs, each with a name of its own.

    Attributes:
        names: of the jobs.
        runs: all their runs, also those that were lost.
        energy_cny: [J] as recorded.
        carbon_kg: [J] as recorded.
        network_cny: [J].
        refused_cny: [J] value of the job where it was rejected, else 0.
        rates: of the world they ran in.
        surcharge_cny: paid for energy over quotas beside the power's price [CNY].
        sun_cny: saved by the sites' own sun, in cost [CNY]
        sun_kg: and in emissions [kg].
        floor_cny: what empty sites would have cost, energy and carbon [CNY].
        floor_kg: and emitted [kg].
    """

    names: Sequence[str]
    runs: Runs
    energy_cny: Floats
    carbon_kg: Floats
    network_cny: Floats
    refused_cny: Floats
    rates: GridRates
    surcharge_cny: float = 0.0
    sun_cny: float = 0.0
    sun_kg: float = 0.0
    floor_cny: float = 0.0
    floor_kg: float = 0.0

    @property
    def ran(self) -> NDArray[np.bool_]:
        """[J] whether a job ever ran."""
        ran: NDArray[np.bool_] = np.bincount(self.runs.job, minlength=len(self.names)) > 0
        return ran

    @property
    def begins(self) -> Ints:
        """[J] first slot of the first run; 0 where there is none."""
        first = np.full(len(self.names), np.iinfo(np.int64).max)
        np.minimum.at(first, self.runs.job, self.runs.start_slot)
        begins: Ints = np.where(self.ran, first, 0)
        return begins

    @property
    def cost_cny(self) -> Floats:
        """[J] energy, carbon and network of each job, without the value of the rejected."""
        cost: Floats = self.energy_cny + self.carbon_cost(self.carbon_kg) + self.network_cny
        return cost

    def carbon_cost(self, kg: Floats) -> Floats:
        """What emissions [kg] cost [CNY], one by one."""
        return kg / 1000.0 * self.rates.carbon_cny_per_t

    def carbon_cost_cny(self, kg: float) -> float:
        """What emissions [kg] cost [CNY]."""
        return kg / 1000.0 * self.rates.carbon_cny_per_t

    @property
    def total_cny(self) -> float:
        """Everything: jobs, rejections, surcharges, empty sites, less the sun [CNY]."""
        jobs = math.fsum([*self.cost_cny.tolist(), *self.refused_cny.tolist()])
        return jobs + self.surcharge_cny + self.floor_cny - self.sun_cny

    @property
    def total_kg(self) -> float:
        """Everything emitted [kg]."""
        return math.fsum(self.carbon_kg.tolist()) + self.floor_kg - self.sun_kg
