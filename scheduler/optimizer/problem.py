"""The array placement problem: what the optimizer solves, stripped of places, prices and people.

Sets        S sites, R resources (power is one of them), L links, T slots, J jobs, C choice rows, P places, X transfers
Variables   for every job: nothing (it pays its penalty), or one choice row, one eligible site and one start slot
Objective   sum over placed jobs of place + base + lateness cost, plus the penalties of the jobs left out
Constraints use <= capacity per (site, resource, slot); transfers <= capacity per (link, slot); windows; eligibility
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


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
