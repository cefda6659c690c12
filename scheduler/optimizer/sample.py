"""Prices of a huge problem from a sample of its jobs, each standing for several."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.ascent import Pricer, ascend
from scheduler.optimizer.lanes import Lanes
from scheduler.optimizer.prices import Prices
from scheduler.optimizer.problem import Problem
from scheduler.optimizer.schedule import Effort
from scheduler.optimizer.stopwatch import Stopwatch
from scheduler.optimizer.table import Table


def ascend_by_sample(
    problem: Problem, table: Table, lanes: Lanes, effort: Effort, prices: Prices | None, watch: Stopwatch
) -> Prices:
    """Good first prices: the ascent of every n-th job with weight n against the whole capacity."""
    stride = -(-problem.jobs // effort.sample)
    jobs = np.arange(0, problem.jobs, stride)
    weight = np.full(len(jobs), problem.jobs / len(jobs))
    pricer = Pricer(problem, table, lanes, jobs=jobs, weight=weight)
    rise = ascend(
        pricer,
        prices=prices,
        passes=effort.sample_passes,
        step=effort.first_step if prices is None else effort.warm_step,
        watch=lambda _k, _bound: watch.past(effort.ascent_share / 2),
        spent=lambda: watch.share / (effort.ascent_share / 2),
    )
    return rise.prices
