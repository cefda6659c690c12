"""What one job would cost against a plan: its true cost, and that plus the worth of the room it takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.optimizer.assignment import Assignment, nothing_placed
from scheduler.optimizer.choice import choice_of
from scheduler.optimizer.compound import price_compounds
from scheduler.optimizer.cost import base_tariff, choice_costs
from scheduler.optimizer.kernel import kernel, scratch
from scheduler.optimizer.occupancy import take_all
from scheduler.optimizer.option import cheapest_start, least_price, price_starts
from scheduler.optimizer.prices import Prices, tariff_of
from scheduler.optimizer.problem import Floats, Ints, Problem
from scheduler.optimizer.room import empty_room
from scheduler.optimizer.table import BARRED, CHECKED, table_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The cheapest option of one job that still fits beside the plan.

    Attributes:
        row: choice row.
        site: site (of a spread job: its first).
        start: first slot.
        end: exclusive end.
        cost: true cost [CNY]; a convex supply is in it at its dual price.
        price: cost plus the shadow prices of everything it takes [CNY].
    """

    row: int
    site: int
    start: int
    end: int
    cost: float
    price: float


@kernel
def price_sites(table, tariff, base, room, j, first, last, row, start, price, cost, buf, full):
    """For each site from `first` to `last`: the cheapest fitting option of plain job j; row -1 where there is none."""
    for s in range(first, last):
        row[s], price[s] = -1, np.inf
        for c in range(table.first_row[j], table.first_row[j + 1]):
            if table.fit[c, s] == BARRED or least_price(table, tariff, c, s) >= price[s]:
                continue
            value, t = cheapest_start(table, tariff, room, c, s, price[s], CHECKED, buf, full)
            if t >= 0:
                row[s], start[s], price[s] = c, t, value
        if row[s] >= 0:
            price_starts(table, base, row[s], s, start[s], 1, buf)
            cost[s] = buf[0]


@kernel
def price_cheapest(table, tariff, base, room, j, row, site, start, price, cost, buf, full):
    """The cheapest fitting option of plain job j over all sites, written to the first entries; row -1 for none."""
    row[0], price[0] = -1, np.inf
    for c in range(table.first_row[j], table.first_row[j + 1]):
        for s in range(table.fit.shape[1]):
            if table.fit[c, s] == BARRED or least_price(table, tariff, c, s) >= price[0]:
                continue
            value, t = cheapest_start(table, tariff, room, c, s, price[0], CHECKED, buf, full)
            if t >= 0:
                row[0], site[0], start[0], price[0] = c, s, t, value
    if row[0] >= 0:
        price_starts(table, base, row[0], site[0], start[0], 1, buf)
        cost[0] = buf[0]


class Market:
    """The room and the prices that a plan leaves; quotes jobs against them without changing the plan."""

    def __init__(
        self, planned: Problem, assignment: Assignment, prices: Prices, *, candidates: Problem | None = None
    ) -> None:
        """Quote the jobs of `candidates`, a problem of the same sites, links and slots; by default those of the plan.

        Args:
            planned: the problem that was solved.
            assignment: its plan.
            prices: its dual prices.
            candidates: jobs to be quoted.
        """
        table = table_of(planned)
        self.room = empty_room(table)
        take_all(table, self.room, choice_of(assignment))
        self.problem = candidates or planned
        self.table = table_of(candidates) if candidates is not None else table
        self.tariff, self.base = tariff_of(self.table, prices), base_tariff(self.table)
        sites, self._scratch = planned.sites, scratch(planned.slots)
        self._ints = [np.zeros(max(1, sites), dtype=np.int64) for _ in range(3)]
        self._floats = [np.zeros(max(1, sites)) for _ in range(2)]

    def price_job(self, job: int) -> Quote | None:
        """The job's cheapest option at base plus dual prices that fits into what the plan leaves, or None."""
        if not self.table.plain[job]:
            return self._price_compound(job)
        (row, site, start), (price, cost) = self._ints, self._floats
        price_cheapest(
            self.table, self.tariff, self.base, self.room, job, row, site, start, price, cost, *self._scratch
        )
        if row[0] < 0:
            return None
        first = int(start[0])
        end = first + int(self.table.rows["duration"][row[0]])
        return Quote(
            row=int(row[0]),
            site=int(site[0]),
            start=first,
            end=end,
            cost=float(cost[0]),
            price=float(price[0]),
        )

    def price_sites(self, job: int) -> tuple[Ints, Ints, Floats, Floats]:
        """Per site the cheapest fitting option of a plain job: row (-1 for none), start, price and cost [S, CNY]."""
        sites = self.table.fit.shape[1]
        row, start = np.full(sites, -1), np.full(sites, -1)
        price, cost = np.full(sites, np.inf), np.full(sites, np.inf)
        if self.table.plain[job]:
            price_sites(
                self.table,
                self.tariff,
                self.base,
                self.room,
                job,
                0,
                sites,
                row,
                start,
                price,
                cost,
                *self._scratch,
            )
        return row, start, price, cost

    def _price_compound(self, job: int) -> Quote | None:
        choice = choice_of(nothing_placed(self.problem))
        value = np.zeros(self.problem.jobs)
        # Priced as if the whole room were a fresh problem: options must fit into what is left.
        table = self.table._replace(fit=np.where(self.table.fit == BARRED, BARRED, CHECKED).astype(np.uint8))
        price_compounds(table, self.tariff, self.room, np.array([job]), 0, 1, True, value, choice)
        if choice.row[job] < 0:
            return None
        costs = np.empty(self.problem.jobs)
        choice_costs(self.table, self.base, choice, costs, np.empty(1))
        return Quote(
            row=int(choice.row[job]), site=int(choice.site[job]), start=int(choice.start[job]),
            end=int(choice.end[job]), cost=float(costs[job]), price=float(value[job]),
        )  # fmt: skip
