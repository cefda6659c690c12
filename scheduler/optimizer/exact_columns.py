"""Columns of a time-indexed model: every (row, site, start) of some jobs, its cost and its cost at given prices.

Written with plain arrays and apart from the compiled oracle, so that each can be tested against the other. A column
that does not fit its capacities alone is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scheduler.optimizer.assignment import Assignment
from scheduler.optimizer.prices import Prices
from scheduler.optimizer.problem import Bools, Floats, Ints, Problem

TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Ways to run jobs, one entry each.

    Attributes:
        job: [N] job.
        row: [N] choice row.
        site: [N] site.
        start: [N] first slot.
        cost: [N] CNY.
        priced: [N] CNY with everything held paid at the given prices on top.
    """

    job: Ints
    row: Ints
    site: Ints
    start: Ints
    cost: Floats
    priced: Floats

    def __len__(self) -> int:
        return len(self.job)

    def only(self, kept: Bools | Ints) -> Columns:
        """The columns that a mask or an index keeps."""
        return Columns(
            job=self.job[kept], row=self.row[kept], site=self.site[kept], start=self.start[kept],
            cost=self.cost[kept], priced=self.priced[kept],
        )  # fmt: skip


def is_chosen(columns: Columns, assignment: Assignment) -> Bools:
    """[N] whether the column is what its job does in the assignment."""
    return np.asarray(
        (assignment.row[columns.job] == columns.row)
        & (assignment.site[columns.job] == columns.site)
        & (assignment.start[columns.job] == columns.start)
    )


def is_modelled(problem: Problem) -> bool:
    """Whether every feature of the problem has a place in the time-indexed model."""
    split = problem.min_run.size and bool((problem.min_run > 0).any())
    spread = problem.replicas.size and bool((problem.replicas > 1).any())
    return not split and not spread and problem.supply_resource < 0


class ColumnMaker:
    """Makes the columns of one problem at one set of prices, within the room given."""

    def __init__(self, problem: Problem, prices: Prices, room: Floats, link_room: Floats) -> None:
        """Sum everything along time once.

        Args:
            problem: the instance.
            prices: dual prices.
            room: [S, R, T] units left for these jobs.
            link_room: [L, T] Gbit/s left for these jobs.
        """
        self.problem, self.room, self.link_room = problem, room, link_room
        paid = prices.site.copy() if prices.site.size else np.zeros_like(problem.capacity)
        for q, (s, r) in enumerate(zip(problem.quota_site, problem.quota_resource, strict=True)):
            paid[s, r] += prices.quota[q] * problem.quota_weight[q]
        self._base = running(problem.base_price)
        self._paid = running(paid)
        self._link = running(prices.link if prices.link.size else np.zeros_like(problem.link_capacity))
        self._group = running(prices.group) if prices.group.size else np.zeros((0, 0, 0))
        self._first_row = np.searchsorted(problem.row_job, np.arange(problem.jobs + 1))

    def columns_of(self, jobs: Ints) -> Columns:
        """All columns of these jobs, in order of job, row, site and start."""
        parts = [part for j in jobs for part in self._of_job(int(j))]
        if not parts:
            none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
            return Columns(job=none, row=none, site=none, start=none, cost=nothing, priced=nothing)
        rows = np.concatenate([np.full(len(starts), c) for c, _, starts, _, _ in parts])
        return Columns(
            job=self.problem.row_job[rows],
            row=rows,
            site=np.concatenate([np.full(len(starts), s) for _, s, starts, _, _ in parts]),
            start=np.concatenate([starts for _, _, starts, _, _ in parts]),
            cost=np.concatenate([cost for *_, cost, _ in parts]),
            priced=np.concatenate([priced for *_, priced in parts]),
        )

    def _of_job(self, j: int) -> Iterator[tuple[int, int, Ints, Floats, Floats]]:
        for c in range(self._first_row[j], self._first_row[j + 1]):
            for s in np.flatnonzero(self.problem.eligible[c]):
                starts = self._starts(c, int(s))
                if starts.size:
                    yield (c, int(s), starts, *self._prices(c, int(s), starts))

    def _starts(self, c: int, s: int) -> Ints:
        """Starts inside the window at which the row fits alone."""
        problem = self.problem
        lead = max((n for n, _, links in routes_of(problem, c, s) if n > 0 and len(links)), default=0)
        last = min(int(problem.deadline[c]), problem.slots) - int(problem.duration[c])
        starts = np.arange(int(problem.release[c]) + lead, last + 1)
        if problem.start_mask_of[c] >= 0:
            starts = starts[problem.start_masks[problem.start_mask_of[c], s, starts]]
        if not starts.size:
            return starts
        need = problem.demand[c] * (1 - TOLERANCE) - TOLERANCE
        full = running((self.room[s] < need[:, None]).any(axis=0).astype(np.float64))
        starts = starts[full[starts + problem.duration[c]] - full[starts] == 0]
        for n, rate, links in routes_of(problem, c, s):
            for link in links:
                full = running((self.link_room[link] < rate * (1 - TOLERANCE) - TOLERANCE).astype(np.float64))
                low, high = span_of(problem, c, starts, n)
                starts = starts[full[high] - full[low] == 0]
        return starts

    def _prices(self, c: int, s: int, starts: Ints) -> tuple[Floats, Floats]:
        problem = self.problem
        ends, demand = starts + problem.duration[c], problem.demand[c]
        cost = np.full(len(starts), problem.place_weight[c] * problem.place_cost[problem.place[c], s])
        cost += demand @ (self._base[s][:, ends] - self._base[s][:, starts])
        cost -= (1 - problem.last_slot_share[c]) * (demand @ problem.base_price[s][:, ends - 1])
        cost += problem.late_cost[c] * np.maximum(0, ends - problem.due[c])
        priced = cost + demand @ (self._paid[s][:, ends] - self._paid[s][:, starts])
        for n, rate, links in routes_of(problem, c, s):
            low, high = span_of(problem, c, starts, n)
            for link in links:
                priced += rate * (self._link[link][high] - self._link[link][low])
        group = problem.group_of[c] if problem.group_of.size else -1
        if group >= 0 and self._group.size:
            priced += demand @ (self._group[group][:, ends] - self._group[group][:, starts])
        return cost, priced


def routes_of(problem: Problem, c: int, s: int) -> list[tuple[int, float, Ints]]:
    """(slots, rate, links) of every transfer of row c when it runs at site s."""
    found = []
    for x in range(problem.transfer_pointer[c], problem.transfer_pointer[c + 1]):
        at = problem.transfer_place[x] * problem.sites + s
        links = problem.route_link[problem.route_pointer[at] : problem.route_pointer[at + 1]]
        found.append((int(problem.transfer_slots[x]), float(problem.transfer_rate[x]), links))
    return found


def span_of(problem: Problem, c: int, starts: Ints, n: int) -> tuple[Ints, Ints]:
    """Half-open slots that a transfer of n slots (before the start, or after the end where negative) occupies."""
    if n > 0:
        return starts - n, starts
    ends = starts + problem.duration[c]
    return ends, np.minimum(problem.slots, ends - n)


def running(values: Floats) -> Floats:
    """Prefix sums along the last axis, beginning with 0."""
    total = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=total[..., 1:])
    return total
