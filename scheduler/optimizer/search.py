"""The plan under construction: assignment, free room and true cost kept in step while kernels improve it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scheduler.optimizer.assignment import Assignment, copy_of, nothing_placed
from scheduler.optimizer.choice import Choice, choice_of
from scheduler.optimizer.compound import move_compound
from scheduler.optimizer.cost import base_tariff, choice_costs
from scheduler.optimizer.insertion import insert_all
from scheduler.optimizer.kernel import scratch
from scheduler.optimizer.lanes import Lanes
from scheduler.optimizer.occupancy import take_all
from scheduler.optimizer.prices import Prices, tariff_of
from scheduler.optimizer.problem import Bools, Ints, Problem
from scheduler.optimizer.room import empty_room
from scheduler.optimizer.shortlist import shortlist_of
from scheduler.optimizer.sweep import sweep_jobs
from scheduler.optimizer.table import Table

PIECE = 10_000  # jobs inserted or re-inserted between two looks at the clock


class Search:
    """A feasible plan and everything needed to change it."""

    def __init__(
        self,
        problem: Problem,
        table: Table,
        lanes: Lanes,
        *,
        start: Assignment | None = None,
        movable: Bools | None = None,
    ) -> None:
        """Begin from a feasible assignment, or from nothing."""
        self.table, self.lanes = table, lanes
        self.assignment = copy_of(start) if start is not None else nothing_placed(problem)
        self.choice: Choice = choice_of(self.assignment)
        self.base = base_tariff(table)
        self.whole = empty_room(table)
        self.room = empty_room(table)
        self.supplied = float(take_all(table, self.room, self.choice))
        self.movable = np.ones(problem.jobs, dtype=np.bool_) if movable is None else movable

    def objective(self) -> float:
        """True cost of the plan, recomputed [CNY]; the room is recomputed with it, so that rounding cannot drift."""
        costs = np.empty(len(self.table.penalty))
        choice_costs(self.table, self.base, self.choice, costs, np.empty(1))
        fresh = empty_room(self.table)
        self.supplied = float(take_all(self.table, fresh, self.choice))
        self.room = fresh
        return float(costs.sum()) + self.supplied

    def insert(self, order: Ints, prices: Prices, stop: Callable[[], bool] = lambda: False) -> None:
        """Insert unplaced jobs in order, each at its cheapest option at these prices below its penalty.

        `stop` is asked between pieces of the order.
        """
        tariff = tariff_of(self.table, prices)
        order = order[self.choice.row[order] < 0]
        for piece in np.array_split(order, 1 + len(order) // PIECE):
            if stop():
                return
            insert_all(self.table, tariff, self.room, self.choice, piece, self.table.penalty)

    def sweep(self, order: Ints, prices: Prices, stop: Callable[[], bool] = lambda: False) -> int:
        """Take out each movable job of `order` and put it back at its cheapest option; returns how many moved.

        `stop` is asked between pieces of the order, so that a sweep over a million jobs can end early.
        """
        tariff = tariff_of(self.table, prices)
        order = order[self.movable[order]]
        plain = self.table.plain[order] == 1
        shortlist = shortlist_of(self.table, tariff, self.whole, order[plain], self.lanes)
        lane = np.ones(self.table.fit.shape[1], dtype=np.uint8)
        spare = scratch(self.table.capacity.shape[2])
        moved = 0
        for piece in np.array_split(order[plain], 1 + len(order) // PIECE):
            if stop():
                return moved
            moved += int(
                sweep_jobs(self.table, tariff, self.room, self.choice, shortlist, piece, lane, *spare)
            )
        for j in order[~plain]:
            if stop():
                return moved
            move_compound(self.table, tariff, self.room, self.choice, j, self.table.penalty[j])
        return moved
