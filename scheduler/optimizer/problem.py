"""The array placement problem: what the optimizer solves, stripped of places, prices and people.

Sets        S sites, R resources (power is one of them), L links, T slots, J jobs, C choice rows, P places,
            X transfers, G groups (tenants), Q energy quotas, K supply steps
Variables   for every job: nothing (it pays its penalty), or one choice row, one eligible site and one start slot;
            an interruptible row chooses several runs, a replicated row several sites at the same start
Objective   sum over placed jobs of place + base + lateness + resume cost, plus the penalties of the jobs left out,
            plus the cost of the supply steps drawn
Constraints use <= capacity per (site, resource, slot); transfers <= capacity per (link, slot); windows; eligibility;
            use <= capacity per (group, resource, slot); weighted use <= limit per energy quota;
            use <= sum of supply steps drawn per (site, slot) of the supplied resource
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scheduler.optimizer.rules import check_problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def _no_ints() -> Ints:
    return np.zeros(0, dtype=np.int64)


def _no_floats(*shape: int) -> Floats:
    return np.zeros(shape or (0,), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """One instance. Rows of a job are adjacent (`row_job` never decreases).

    A choice row is one way to run a job (an accelerator variant, a class of equal transfer times). The cost of row c
    at site s from slot t is

        place_weight[c] * place_cost[place[c], s]
        + sum over r, k < duration[c] of demand[c, r] * paid[k] * base_price[s, r, t + k]
        + late_cost[c] * max(0, t + duration[c] - due[c])

    where paid is 1 except for the last slot, which pays `last_slot_share[c]` (capacity is used whole all the same).

    Attributes:
        base_price: [S, R, T] CNY per unit and slot.
        capacity: [S, R, T] units.
        link_capacity: [L, T] Gbit/s.
        penalty: [J] CNY when the job is not placed; inf means it must be placed if that is possible at all.
        row_job: [C] job of the row.
        demand: [C, R] units held for the whole run.
        duration: [C] slots, at least 1.
        last_slot_share: [C] in (0, 1].
        release: [C] first slot in which the run or one of its leading transfers may begin.
        deadline: [C] slot by which the run has ended (exclusive end).
        due: [C] slot from which lateness counts.
        late_cost: [C] CNY per slot past due.
        eligible: [C, S].
        place: [C] row of `place_cost`.
        place_weight: [C].
        place_cost: [P, S] CNY (per unit of weight).
        transfer_pointer: [C + 1] transfers of row c are pointer[c] .. pointer[c + 1].
        transfer_place: [X] place the data comes from or goes to.
        transfer_rate: [X] Gbit/s reserved on every link of the route.
        transfer_slots: [X] positive: slots just before the start; negative: slots just after the end (cut at T).
        route_pointer: [P * S + 1] links between place p and site s are route_link[pointer[p * S + s] ..]; an empty
            route means the data is there already: no link, no lead.
        route_link: link numbers.
        start_mask_of: [C] row of `start_masks`, or -1 where every start of the window is allowed.
        start_masks: [M, S, T] allowed starts of rows with limits of their own (budget, carbon).

    Everything below is optional; an empty array means that no row uses the feature.

    Attributes:
        min_run: [C] 0 for a gang that runs through; else the row is interruptible at its site: its `duration` slots
            are cut into runs of at least min_run slots (one run if the duration is shorter).
        resume_cost: [C] CNY for every run after the first.
        replicas: [C] number of distinct sites that run the row at the same time, each paying its full cost.
        spread_of: [C] family of allowed site sets of a replicated row, or -1 where any distinct sites will do.
        spread_pointer: [F + 1] sets of family f are spread_sites[pointer[f] .. pointer[f + 1]].
        spread_sites: [N, K] sites of one set, as many as the row has replicas, -1 behind them.
        group_of: [C] group (tenant) of the row, or -1.
        group_capacity: [G, R, T] units that the rows of a group may hold together, over all sites.
        quota_site: [Q] site of an energy quota.
        quota_resource: [Q] resource that it counts.
        quota_weight: [Q, T] what one unit held for the slot counts (0 outside the period).
        quota_limit: [Q] weighted use allowed.
        supply_resource: resource with a convex supply, or -1. Its drawn units are paid on top of base_price.
        supply_price: [S, K, T] CNY per unit and slot of each supply step, in any order.
        supply_size: [S, K, T] units of each step; use is limited by their sum as well as by capacity.
    """

    base_price: Floats
    capacity: Floats
    link_capacity: Floats
    penalty: Floats
    row_job: Ints
    demand: Floats
    duration: Ints
    last_slot_share: Floats
    release: Ints
    deadline: Ints
    due: Ints
    late_cost: Floats
    eligible: Bools
    place: Ints
    place_weight: Floats
    place_cost: Floats
    transfer_pointer: Ints
    transfer_place: Ints
    transfer_rate: Floats
    transfer_slots: Ints
    route_pointer: Ints
    route_link: Ints
    start_mask_of: Ints
    start_masks: Bools = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=np.bool_))
    min_run: Ints = field(default_factory=_no_ints)
    resume_cost: Floats = field(default_factory=_no_floats)
    replicas: Ints = field(default_factory=_no_ints)
    spread_of: Ints = field(default_factory=_no_ints)
    spread_pointer: Ints = field(default_factory=_no_ints)
    spread_sites: Ints = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    group_of: Ints = field(default_factory=_no_ints)
    group_capacity: Floats = field(default_factory=lambda: _no_floats(0, 0, 0))
    quota_site: Ints = field(default_factory=_no_ints)
    quota_resource: Ints = field(default_factory=_no_ints)
    quota_weight: Floats = field(default_factory=lambda: _no_floats(0, 0))
    quota_limit: Floats = field(default_factory=_no_floats)
    supply_resource: int = -1
    supply_price: Floats = field(default_factory=lambda: _no_floats(0, 0, 0))
    supply_size: Floats = field(default_factory=lambda: _no_floats(0, 0, 0))

    def __post_init__(self) -> None:
        check_problem(self)

    @property
    def jobs(self) -> int:
        """Number of jobs."""
        return len(self.penalty)

    @property
    def rows(self) -> int:
        """Number of choice rows."""
        return len(self.row_job)

    @property
    def sites(self) -> int:
        """Number of sites."""
        return self.capacity.shape[0]

    @property
    def slots(self) -> int:
        """Number of time slots."""
        return self.capacity.shape[2]
