"""The generalised assignment problem inside a `Problem`: one slot, one resource that counts, agents instead of sites.

Sets        J jobs, A agents (the sites) and one more agent, the last, where a job waits that nobody takes
Variables   the agent of every job
Objective   sum of cost[j, agent]; waiting costs the penalty
Constraints sum of weight[j, i] over the jobs of agent i <= capacity[i]; the waiting agent weighs nothing
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.optimizer.assignment import UNPLACED, Assignment, plain_assignment
from scheduler.optimizer.problem import Floats, Ints, Problem

BARRED = 1e18  # cost of a pair that is not allowed: no sum of real costs comes near it
FINEST = 1e-3  # weights are turned into integers of at most this fraction
LARGEST_CAPACITY = 20_000  # in integer units, so that a table over capacities stays small
LARGEST_PAIRS = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GapTable:
    """Costs and weights of every (job, agent).

    Attributes:
        cost: [J, A + 1] CNY, BARRED where the pair is not allowed.
        weight: [J, A + 1] integer units, rounded up.
        capacity: [A + 1] integer units, rounded down.
        row: [J, A] choice row behind the pair.
        load: [J, A + 1] the weights before rounding, in the same units.
        room: [A + 1] the capacities before rounding, in the same units.
        unit: how much of the resource one unit is.
        exact: whether weights and capacities were integers to begin with, so that nothing was rounded.
        whole_costs: whether every cost is an integer, so that a bound may be rounded up.
    """

    cost: Floats
    weight: Ints
    capacity: Ints
    row: Ints
    load: Floats
    room: Floats
    unit: float
    exact: bool
    whole_costs: bool

    @property
    def waiting(self) -> int:
        """The agent of jobs that nobody takes."""
        return self.cost.shape[1] - 1

    def total(self, agent: Ints) -> float:
        """Objective of the agents [J] given [CNY]."""
        return float(self.cost[np.arange(len(agent)), agent].sum())

    def holds(self, agent: Ints) -> bool:
        """Whether every agent has room for its jobs and every pair is allowed."""
        jobs = np.arange(len(agent))
        load = np.bincount(agent, weights=self.weight[jobs, agent], minlength=len(self.capacity))
        return bool((load <= self.capacity).all() and (self.cost[jobs, agent] < BARRED).all())

    def assignment(self, problem: Problem, agent: Ints) -> Assignment:
        """The assignment that these agents [J] mean."""
        placed = agent < self.waiting
        site = np.where(placed, agent, UNPLACED)
        row = np.where(placed, self.row[np.arange(len(agent)), np.minimum(agent, self.waiting - 1)], UNPLACED)
        return plain_assignment(problem, row=row, site=site, start=np.where(placed, 0, UNPLACED))


def gap_table_of(problem: Problem, penalty: Floats) -> GapTable | None:
    """The table, or None where the problem has more than one slot, one resource or any feature beyond costs.

    Args:
        problem: the instance.
        penalty: [J] finite penalties.
    """
    if not _is_gap(problem):
        return None
    resource = int(np.argmax((problem.demand > 0).any(axis=0)))
    jobs, sites = problem.jobs, problem.sites
    allowed = problem.eligible & (problem.release <= 0)[:, None] & (problem.deadline >= 1)[:, None]
    allowed &= problem.demand[:, [resource]] <= problem.capacity[None, :, resource, 0]
    price = _pair_cost(problem, resource)
    cost = np.full((jobs, sites + 1), BARRED)
    row = np.full((jobs, sites), UNPLACED, dtype=np.int64)
    weight = np.zeros((jobs, sites + 1))
    # Several rows for one pair: the cheapest stands for all, unless another weighs less.
    row_at, site_at = np.nonzero(allowed)
    job_at = problem.row_job[row_at]
    order = np.lexsort((problem.demand[row_at, resource], price[row_at, site_at], site_at, job_at))
    row_at, site_at, job_at = row_at[order], site_at[order], job_at[order]
    first = np.append(True, (np.diff(job_at) != 0) | (np.diff(site_at) != 0))[: len(row_at)]
    heft = problem.demand[row_at, resource]
    if (
        not first.all()
        and (heft < heft[np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))]).any()
    ):
        return None  # a dearer row that weighs less: not one pair
    row_at, site_at, job_at = row_at[first], site_at[first], job_at[first]
    row[job_at, site_at] = row_at
    cost[job_at, site_at] = price[row_at, site_at]
    weight[job_at, site_at] = problem.demand[row_at, resource]
    cost[:, sites] = penalty
    room = np.append(problem.capacity[:, resource, 0], 0.0)
    real = cost[cost < BARRED]
    whole = bool((real == np.round(real)).all() and np.abs(real).sum() < 2**52)
    unit = _unit_of(weight, room)
    return GapTable(
        cost=cost,
        weight=np.ceil(weight / unit * (1 - 1e-12)).astype(np.int64),
        capacity=np.floor(room / unit * (1 + 1e-12)).astype(np.int64),
        row=row,
        load=weight / unit,
        room=room / unit,
        unit=unit,
        exact=bool((weight == np.round(weight)).all() and unit == 1.0),
        whole_costs=whole,
    )


def _is_gap(problem: Problem) -> bool:
    """Whether one slot and one resource are all that jobs compete for."""
    if problem.slots != 1 or not 0 < problem.jobs * problem.sites <= LARGEST_PAIRS or not problem.rows:
        return False
    extras = (
        problem.min_run,
        problem.replicas,
        problem.transfer_place,
        problem.quota_site,
        problem.group_capacity,
    )
    if (
        any(extra.size for extra in extras)
        or problem.supply_resource >= 0
        or (problem.start_mask_of >= 0).any()
    ):
        return False
    return int((problem.demand > 0).any(axis=0).sum()) == 1 and bool((problem.duration == 1).all())


def _pair_cost(problem: Problem, resource: int) -> Floats:
    """[C, S] cost of every row at every site in the one slot."""
    late = problem.late_cost * np.maximum(0, 1 - problem.due)
    held = (problem.demand[:, resource] * problem.last_slot_share)[:, None] * problem.base_price[
        None, :, resource, 0
    ]
    return np.asarray(
        problem.place_weight[:, None] * problem.place_cost[problem.place] + held + late[:, None]
    )


def _unit_of(weight: Floats, room: Floats) -> float:
    """The unit in which weights are counted: 1 where they are integers already and not too many."""
    for unit in (1.0, 0.1, 0.01, FINEST):
        whole = bool(np.allclose(weight / unit, np.round(weight / unit), rtol=0, atol=1e-9))
        if whole and room.max() / unit <= LARGEST_CAPACITY:
            return unit
    return max(float(room.max()) / LARGEST_CAPACITY, FINEST)
