"""Options: every (site, start) of one candidate with its price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Bools, Floats
from scheduler.case import Case
from scheduler.policy import Policy
from scheduler.unit_cost import RunCost

LIMIT_TOLERANCE = 1e-9  # relative; a cost may meet a limit but for rounding


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Options:
    """The priced options of one candidate.

    Attributes:
        candidate: row of the case's candidates.
        run: energy, carbon and emissions [S, T]; 0 where the run would end beyond the horizon.
        network_cny: [S] data moved; inf where there is no route.
        in_time: [S, T] starts between release (inputs arrived) and deadline.
    """

    candidate: int
    run: RunCost
    network_cny: Floats
    in_time: Bools

    @property
    def total_cny(self) -> Floats:
        """Unweighted cost [S, T]."""
        return np.asarray(self.run.energy_cny + self.run.carbon_cny + self.network_cny[:, np.newaxis])

    def weighted_cny(self, policy: Policy) -> Floats:
        """Cost as a policy weighs it [S, T]; data without a route is left out, as its site is."""
        run = policy.energy_weight * self.run.energy_cny + policy.carbon_weight * self.run.carbon_cny
        reached = np.where(np.isfinite(self.network_cny), self.network_cny, 0.0)
        return np.asarray(run + policy.network_weight * reached[:, np.newaxis])

    def within_budget(self, budget_cny: float | None) -> Bools:
        """[S, T] options no dearer than the budget; all of them without one."""
        if budget_cny is None:
            return np.ones(self.in_time.shape, dtype=np.bool_)
        return np.asarray(self.total_cny <= budget_cny * (1 + LIMIT_TOLERANCE))

    def within_carbon(self, carbon_kg_max: float | None) -> Bools:
        """[S, T] options that emit no more than the limit; all of them without one."""
        if carbon_kg_max is None:
            return np.ones(self.in_time.shape, dtype=np.bool_)
        return np.asarray(self.run.carbon_kg <= carbon_kg_max * (1 + LIMIT_TOLERANCE))


def price_options(case: Case, candidate: int) -> Options:
    """Return every option of a candidate with its price, feasible or not."""
    rows = case.candidates
    job = rows.job[candidate]
    starts = np.arange(case.world.horizon.slots)
    earliest = rows.first_start[candidate] + case.haulage.lead_slots[job]
    return Options(
        candidate=candidate,
        run=case.unit.of_starts(
            float(rows.it_kw[candidate]),
            int(rows.duration[candidate]),
            float(rows.last_slot_share[candidate]),
        ),
        network_cny=case.haulage.network_cny[job],
        in_time=(starts >= earliest[:, np.newaxis]) & (starts <= rows.last_start[candidate]),
    )
