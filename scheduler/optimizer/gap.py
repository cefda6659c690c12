"""The generalised assignment (one slot, one resource): bounds, search and proof made for it, called by `solve`.

Chosen over the general path by measurement: its bound is the same LP bound in milliseconds, and exact knapsacks per
agent find in a second what swaps, MIP solvers and CP-SAT neighbourhoods did not find in ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from scheduler.optimizer.assignment import Assignment
from scheduler.optimizer.gap_knapsack import agent_knapsacks
from scheduler.optimizer.gap_prices import GapBound, climb_prices
from scheduler.optimizer.gap_search import SPREAD, refill
from scheduler.optimizer.gap_table import BARRED, GapTable, gap_table_of
from scheduler.optimizer.lanes import LANES, Lanes
from scheduler.optimizer.problem import Floats, Ints, Problem
from scheduler.optimizer.solution import relative_gap
from scheduler.optimizer.stopwatch import Stopwatch
from scheduler.optimizer.table import finite_penalties

ROUND_WORK = 30_000_000  # steps of arithmetic between two looks at the clock: some 0.1 s
NARROWEST = 4  # agents emptied at once
PROVABLE_PAIRS = 2500  # open pairs up to which the solvers have a chance within seconds
KNAPSACK_WORK = 3e9  # table cells that knapsack bounds may fill: a few seconds


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GapSolution:
    """A plan for one slot and its proof.

    Attributes:
        assignment: the site of every job.
        objective: cost and penalties by the table [CNY].
        bound: proven lower bound [CNY].
        site_price: [S] CNY per unit of the resource that counts.
        resource: the one that counts.
    """

    assignment: Assignment
    objective: float
    bound: float
    site_price: Floats
    resource: int


def solve_gap(problem: Problem, *, watch: Stopwatch, gap: float = 1e-4, seed: int = 0) -> GapSolution | None:
    """Solve a problem of one slot and one resource; None when it is not one.

    Args:
        problem: the instance.
        watch: the clock to obey.
        gap: stop when the relative gap is proven to be at most this; 0 for the optimum.
        seed: of the random moves.
    """
    table = gap_table_of(problem, finite_penalties(problem))
    if table is None:
        return None
    quest = GapQuest(table, watch, gap, seed)
    with Lanes() as lanes:
        quest.run(lanes)
    return GapSolution(
        assignment=table.assignment(problem, quest.agent),
        objective=quest.objective,
        bound=quest.proven,
        site_price=quest.bound.price[:-1] / table.unit,
        resource=int(np.argmax((problem.demand > 0).any(axis=0))),
    )


class GapQuest:
    """One run: the incumbent, the bound, and the steps that bring them together."""

    def __init__(self, table: GapTable, watch: Stopwatch, gap: float, seed: int) -> None:
        """Begin with every job waiting and the LP bound."""
        self.table, self.watch, self.gap, self.seed = table, watch, gap, seed
        self.agent: Ints = np.full(len(table.cost), table.waiting)
        self.objective = table.total(self.agent)
        self.bound = GapBound(table)
        self.rounds = 0
        reduced = self.bound.reduced[:, :-1]
        sixth = min(6, reduced.shape[1] - 1)
        allowed = table.cost[table.cost < BARRED]
        self._tolerance = SPREAD * float(
            np.median(np.minimum(np.partition(reduced, sixth)[:, sixth], allowed.max()))
        )
        second = np.partition(reduced, min(1, reduced.shape[1] - 1))[:, min(1, reduced.shape[1] - 1)]
        self._noise = 0.1 * float(np.mean(np.minimum(second, allowed.max())))
        heft = table.weight[:, :-1]
        self._price_unit = 0.05 * float(np.median(table.cost[:, :-1])) / max(1.0, float(heft.mean()))

    @property
    def proven(self) -> float:
        """The bound to publish: what the dual proves; pairs were closed only against plans no better than ours."""
        least = self.objective if self.table.whole_costs else self.objective * (1 - 1e-9)
        return min(least, self.bound.value)

    @property
    def done(self) -> bool:
        """Whether the gap is proven."""
        return relative_gap(self.objective, self.proven) <= self.gap

    def run(self, lanes: Lanes) -> None:
        """Search, bound, prove, and search on until the gap or the time is reached."""
        self.search(lanes, until=0.02)
        if self.table.exact and not self.done:
            self.raise_bound()
        while not self.done and not self.watch.past(0.9):
            share = self.watch.seconds / self.watch.limit_s
            self.bound.drop_pairs(self.objective)
            if self.table.exact and int(self.bound.kept.sum()) <= PROVABLE_PAIRS and share < 0.7:
                self.prove(share=0.5)
            self.search(lanes, until=min(0.95, self.watch.seconds / self.watch.limit_s + 0.2))

    def search(self, lanes: Lanes, *, until: float) -> None:
        """Empty and refill agents on every lane until that share of the time is spent or the gap is proven."""
        while True:
            plans = [self.agent.copy() for _ in range(LANES)]
            lanes.side_by_side([partial(self._refill, k, plan) for k, plan in enumerate(plans)])
            self.rounds += 1
            self.take(min(plans, key=self.table.total))
            if self.done or self.watch.past(until):
                return

    def _refill(self, lane: int, plan: Ints) -> None:
        table, agents = self.table, self.table.waiting
        seed = (self.seed * 1_000_003 + self.rounds * LANES + lane) % 2**31
        narrowest = agents if self.rounds == 0 else min(NARROWEST, agents)
        refill(
            table.cost, table.weight, table.capacity, self.bound.price, plan, seed, ROUND_WORK,
            narrowest, agents, self._price_unit, self._tolerance, self._noise,
        )  # fmt: skip

    def take(self, plan: Ints) -> None:
        """Keep a plan when it is better and holds."""
        if self.table.total(plan) < self.objective and self.table.holds(plan):
            self.agent, self.objective = plan, self.table.total(plan)

    def raise_bound(self) -> None:
        """Knapsack bounds, as far as their tables are small enough."""
        cells = float(self.table.capacity.sum()) * len(self.agent)
        passes = int(min(300, KNAPSACK_WORK / max(cells, 1.0)))
        self.bound.drop_pairs(self.objective)
        if passes >= 20:
            self.bound.climb_rewards(self.objective, passes, lambda: self.watch.past(0.35))

    def prove(self, *, share: float) -> None:
        """Ask the solvers for anything better among the open pairs; none means that the plan is optimal."""
        from scheduler.optimizer.exact import lowered  # noqa: PLC0415
        from scheduler.optimizer.gap_proof import search_better  # noqa: PLC0415  (the import alone costs a second)

        verdict = search_better(
            self.table, self.bound.kept, self.agent, time_limit_s=share * self.watch.left_s, seed=self.seed
        )
        # Pairs were closed only against plans no cheaper than the incumbent of now, not of later.
        self.bound.least = max(self.bound.least, min(verdict.bound, lowered(self.objective)))
        if verdict.agent is not None:
            self.take(verdict.agent)


def warm_gap() -> None:
    """Compile the kernels of this module on a toy."""
    cost, weight = np.ones((2, 3)), np.ones((2, 3), dtype=np.int64)
    capacity, agent = np.array([1, 1, 0]), np.array([2, 2])
    climb_prices(cost, weight.astype(np.float64), capacity.astype(np.float64), 2, np.zeros(3))
    refill(cost, weight, capacity, np.zeros(3), agent, 0, 1, 2, 2, 1.0, 1.0, 0.1)
    agent_knapsacks(cost, weight, capacity, cost > 0, np.ones(2), np.empty((2, 2, 3)), True)
