"""The whole search: ascend, insert, improve, prove; the best plan and bound so far are there whenever it stops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scheduler.optimizer.ascent import Pricer, ascend
from scheduler.optimizer.assignment import Assignment
from scheduler.optimizer.lanes import Lanes
from scheduler.optimizer.problem import Problem
from scheduler.optimizer.search import Search
from scheduler.optimizer.solution import Progress, Solution, relative_gap
from scheduler.optimizer.stopwatch import Stopwatch
from scheduler.optimizer.table import table_of


def solve(
    problem: Problem,
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-4,
    warm_start: Solution | Assignment | None = None,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    passes: int = 250,
    rounds: int | None = None,
) -> Solution:
    """Find a plan and prove how good it is.

    Args:
        problem: the instance.
        time_limit_s: stop by then with the best so far [s].
        gap: stop as soon as the relative gap is proven to be at most this.
        warm_start: a plan to begin from (its prices too, when it is a Solution).
        seed: of the random moves; the same problem, seed, passes and rounds give the same plan.
        progress: called with news.
        cancelled: asked often; true stops the search.
        passes: pricing passes of the dual ascent.
        rounds: rounds of improvement; by default as many as the time limit is worth.

    Returns:
        The best plan and bound found.

    Raises:
        ProblemError: see `Problem`.
    """
    watch = Stopwatch(time_limit_s, cancelled=cancelled)
    with Lanes() as lanes:
        table = table_of(problem)
        pricer = Pricer(problem, table, lanes)
        rise = ascend(pricer, passes=passes, watch=lambda _k, _b: watch.past(0.3))
        search = Search(problem, table, lanes)
        order = np.argsort(rise.value - table.penalty, kind="stable")
        search.insert(order, rise.prices)
        objective = search.objective()
        rng = np.random.default_rng(seed)
        for share in (0.5, 0.25):
            search.sweep(rng.permutation(problem.jobs), rise.prices.scaled(share))
        objective = search.objective()
    status = "optimal" if relative_gap(objective, rise.bound) <= gap else "feasible"
    return Solution(
        assignment=search.assignment, objective=objective, bound=rise.bound, prices=rise.prices,
        status=status, seconds=watch.seconds,
    )  # fmt: skip
