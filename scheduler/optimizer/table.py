"""A problem as the compiled kernels read it: few flat arrays, no optional parts, fit decided once per (row, site)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scheduler.optimizer.kernel import roomy_kernel
from scheduler.optimizer.problem import Bools, Floats, Ints, Problem

PLAIN, SPLIT, SPREAD = 0, 1, 2  # kinds of rows: one run, several runs at one site, several sites at one start
BARRED, FREE, CHECKED = 0, 1, 2  # fit of a row at a site: never, at every slot, slot by slot

# A capacity counts as kept when it is exceeded by less than this share of one unit or of itself.
FIT_TOLERANCE = 1e-9

ROW = np.dtype(
    [(name, np.int32) for name in ["job", "duration", "release", "deadline", "due", "place", "mask", "group"]]
    + [
        (name, np.int32)
        for name in ["transfer_begin", "transfer_end", "kind", "min_run", "replicas", "spread"]
    ]
    + [(name, np.float64) for name in ["share", "late_cost", "place_weight", "resume_cost"]]
)
TRANSFER = np.dtype([("place", np.int32), ("slots", np.int32), ("rate", np.float64)])
QUOTA = np.dtype([("site", np.int32), ("resource", np.int32), ("limit", np.float64)])


class Table(NamedTuple):
    """Arrays of a problem for the kernels; letters as in `problem.py`.

    `rows` [C] of ROW, `transfers` [X] of TRANSFER, `quotas` [Q] of QUOTA; `fit` [C, S] is BARRED, FREE or CHECKED;
    `first_row` [J + 1] points to the rows of a job; `plain` [J] tells jobs of plain rows only. The other names are
    those of `Problem`.
    """

    rows: np.ndarray
    demand: Floats
    fit: np.ndarray
    first_row: Ints
    plain: np.ndarray
    penalty: Floats
    base_price: Floats
    capacity: Floats
    link_capacity: Floats
    place_cost: Floats
    transfers: np.ndarray
    route_pointer: Ints
    route_link: Ints
    masks: Bools
    spread_pointer: Ints
    spread_sites: Ints
    group_capacity: Floats
    quotas: np.ndarray
    quota_weight: Floats
    supply_resource: int
    supply_price: Floats
    supply_size: Floats


@roomy_kernel
def classify_fit(
    wanted,
    rows,
    demand,
    eligible,
    capacity,
    link_capacity,
    group_capacity,
    transfers,
    route_pointer,
    route_link,
    fit,
):
    """Fill `fit` of the wanted rows: barred where too large or too long, free where every slot has room for one."""
    sites = eligible.shape[1]
    resources, slots = capacity.shape[1], capacity.shape[2]
    least = np.zeros((sites, resources))
    most = np.zeros((sites, resources))
    link_least = np.zeros(link_capacity.shape[0])
    group_least = np.zeros((group_capacity.shape[0], resources))
    if slots:
        for r in range(resources):
            for s in range(sites):
                least[s, r] = capacity[s, r].min()
                most[s, r] = capacity[s, r].max()
            for g in range(group_least.shape[0]):
                group_least[g, r] = group_capacity[g, r].min()
        for link in range(link_least.shape[0]):
            link_least[link] = link_capacity[link].min()
    for c in wanted:
        row = rows[c]
        late = row.deadline - row.duration < row.release
        tight = row.mask >= 0
        for r in range(resources):
            tight |= row.group >= 0 and demand[c, r] > group_least[row.group, r]
        for s in range(sites):
            state = CHECKED if tight else FREE
            for r in range(resources):
                need = demand[c, r] * (1 - FIT_TOLERANCE) - FIT_TOLERANCE
                if need > most[s, r]:
                    state = BARRED
                    break
                if need > least[s, r]:
                    state = CHECKED
            if late or not eligible[c, s]:
                state = BARRED
            if state == FREE:
                for x in range(row.transfer_begin, row.transfer_end):
                    at = transfers[x].place * sites + s
                    for k in range(route_pointer[at], route_pointer[at + 1]):
                        if transfers[x].rate > link_least[route_link[k]]:
                            state = CHECKED
            fit[c, s] = state


def _optional(array: np.ndarray, empty: float) -> Any:
    return array if array.size else empty


def finite_penalties(problem: Problem) -> Floats:
    """Penalties [J] CNY with inf replaced by a price that no set of savings outweighs."""
    penalty = problem.penalty
    forced = np.isinf(penalty)
    if not forced.any():
        return penalty
    horizon_cost = float(
        (problem.base_price.max(axis=(0, 2)) @ problem.demand.T * problem.duration).max(initial=0.0)
    )
    place = float((problem.place_weight * problem.place_cost.max(initial=0.0)).max(initial=0.0))
    late = float((problem.late_cost * problem.slots).max(initial=0.0))
    largest = max(float(penalty[~forced].max(initial=0.0)), horizon_cost + place + late, 1.0)
    return np.where(forced, 100.0 * largest, penalty)


def _supplied_capacity(problem: Problem) -> tuple[Floats, Floats, Floats]:
    """Capacity cut to what the supply steps can bring, and the steps sorted by price."""
    if problem.supply_resource < 0 or problem.supply_price.shape[1] == 0:
        return problem.capacity, problem.supply_price, problem.supply_size
    order = np.argsort(problem.supply_price, axis=1, kind="stable")
    price = np.ascontiguousarray(np.take_along_axis(problem.supply_price, order, axis=1))
    size = np.ascontiguousarray(np.take_along_axis(problem.supply_size, order, axis=1))
    capacity = problem.capacity.copy()
    supplied = problem.supply_resource
    capacity[:, supplied, :] = np.minimum(capacity[:, supplied, :], size.sum(axis=1))
    return capacity, price, size


def _rows_of(problem: Problem) -> np.ndarray:
    slots = problem.slots
    rows = np.zeros(problem.rows, dtype=ROW)
    rows["job"] = problem.row_job
    rows["duration"] = np.minimum(problem.duration, slots + 1)
    rows["release"] = np.minimum(problem.release, slots + 1)
    rows["deadline"] = np.clip(problem.deadline, -1, slots)
    rows["due"] = np.clip(problem.due, -1, slots)
    rows["place"] = problem.place
    rows["mask"] = problem.start_mask_of
    rows["group"] = _optional(problem.group_of, -1)
    rows["transfer_begin"] = problem.transfer_pointer[:-1]
    rows["transfer_end"] = problem.transfer_pointer[1:]
    rows["min_run"] = np.minimum(_optional(problem.min_run, 0), slots + 1)
    rows["replicas"] = np.minimum(_optional(problem.replicas, 1), problem.sites + 1)
    rows["kind"] = np.where(rows["min_run"] > 0, SPLIT, np.where(rows["replicas"] > 1, SPREAD, PLAIN))
    rows["spread"] = _optional(problem.spread_of, -1)
    rows["share"] = problem.last_slot_share
    rows["late_cost"] = problem.late_cost
    rows["place_weight"] = problem.place_weight
    rows["resume_cost"] = _optional(problem.resume_cost, 0.0)
    return rows


def _writable(array: np.ndarray) -> np.ndarray:
    """The array itself, or a copy of a read-only one: kernels compiled for one kind refuse the other."""
    return array if array.flags.writeable else array.copy()


def _plain_jobs(problem: Problem, rows: np.ndarray) -> np.ndarray:
    plain = np.ones(problem.jobs, dtype=np.uint8)
    plain[rows["job"][rows["kind"] != PLAIN]] = 0
    return plain


def _rows_between(first: Ints, end: Ints) -> Ints:
    """Row numbers first[0] .. end[0], first[1] .. end[1], ... as one array."""
    counts = end - first
    return np.arange(int(counts.sum())) + np.repeat(first - (np.cumsum(counts) - counts), counts)


def table_of(problem: Problem, jobs: Ints | None = None) -> Table:
    """Lay a problem out for the kernels; large arrays are shared, not copied.

    Args:
        problem: the instance.
        jobs: those that are to be placed, where they are few: rows of the others count as barred everywhere.
    """
    rows = _rows_of(problem)
    capacity, supply_price, supply_size = _supplied_capacity(problem)
    slots = problem.slots
    transfers = np.zeros(len(problem.transfer_place), dtype=TRANSFER)
    transfers["place"] = problem.transfer_place
    transfers["slots"] = np.clip(problem.transfer_slots, -slots - 1, slots + 1)
    transfers["rate"] = problem.transfer_rate
    quotas = np.zeros(len(problem.quota_site), dtype=QUOTA)
    quotas["site"], quotas["resource"], quotas["limit"] = (
        problem.quota_site,
        problem.quota_resource,
        problem.quota_limit,
    )
    first_row = np.searchsorted(problem.row_job, np.arange(problem.jobs + 1)).astype(np.int64)
    wanted = np.arange(problem.rows) if jobs is None else _rows_between(first_row[jobs], first_row[jobs + 1])
    fit = np.full((problem.rows, problem.sites), BARRED, dtype=np.uint8)
    groups = problem.group_capacity if problem.group_capacity.size else np.zeros((0, *capacity.shape[1:]))
    classify_fit(
        wanted, rows, _writable(problem.demand), _writable(problem.eligible), _writable(capacity),
        _writable(problem.link_capacity), _writable(groups), transfers,
        _writable(problem.route_pointer), _writable(problem.route_link), fit,
    )  # fmt: skip
    return Table(
        rows=rows,
        demand=_writable(problem.demand),
        fit=fit,
        first_row=first_row,
        plain=_plain_jobs(problem, rows),
        penalty=_writable(finite_penalties(problem)),
        base_price=_writable(problem.base_price),
        capacity=_writable(capacity),
        link_capacity=_writable(problem.link_capacity),
        place_cost=_writable(problem.place_cost),
        transfers=transfers,
        route_pointer=_writable(problem.route_pointer),
        route_link=_writable(problem.route_link),
        masks=_writable(problem.start_masks),
        spread_pointer=_writable(problem.spread_pointer),
        spread_sites=_writable(problem.spread_sites),
        group_capacity=_writable(groups),
        quotas=quotas,
        quota_weight=_writable(problem.quota_weight) if len(quotas) else np.zeros((0, slots)),
        supply_resource=problem.supply_resource if supply_price.size else -1,
        supply_price=supply_price if supply_price.size else np.zeros((problem.sites, 0, slots)),
        supply_size=supply_size if supply_price.size else np.zeros((problem.sites, 0, slots)),
    )
