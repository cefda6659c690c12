"""Re-priced insertion: insert jobs in batches, and let prices follow what is left after each batch.

Dual prices fit the whole capacity and all jobs; after a part of the jobs has taken whole units of it, other prices are
right for the rest. So after every batch the prices of the remaining jobs against the remaining room are found anew by
a short warm ascent. On 10,000 jobs at 90 % load this alone halves the gap of a plain greedy insertion.
"""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.ascent import Pricer, ascend
from scheduler.optimizer.prices import Prices
from scheduler.optimizer.problem import Floats, Problem
from scheduler.optimizer.schedule import Effort
from scheduler.optimizer.search import Search
from scheduler.optimizer.stopwatch import Stopwatch
from scheduler.optimizer.table import BARRED, CHECKED, Table

STEP = 0.1  # first step of a warm ascent in price units
SIZE_POWER = 0.25  # how much large jobs go first among those of equal regret
RARE = 0.05  # share of the value at dual prices below which being left out does not shape the plan


def sizes(table: Table) -> Floats:
    """Size of every job [J]: share of the pool's capacity of its resources times slots, of its largest row."""
    capacity = np.maximum(table.capacity.sum(axis=(0, 2)), 1e-9)
    work = (table.demand / capacity).sum(axis=1) * table.rows["duration"]
    jobs = np.repeat(np.arange(len(table.penalty)), np.diff(table.first_row))
    size = np.zeros(len(table.penalty))
    np.maximum.at(size, jobs, work)
    return size


def insert_repriced(
    problem: Problem, search: Search, prices: Prices, value: Floats, effort: Effort, watch: Stopwatch
) -> None:
    """Insert every movable job that is not placed, in `effort.batches` batches.

    Args:
        problem: the instance.
        search: the plan to add to.
        prices: dual prices of the whole problem.
        value: [J] what each job pays at them [CNY].
        effort: batches and passes per batch.
        watch: cuts the re-pricing short; insertion itself goes on with the last prices.
    """
    table = search.table
    size = sizes(table)
    left = np.flatnonzero((search.choice.row < 0) & search.movable)
    # Against the remaining room no start can be taken for granted.
    tight = table._replace(fit=np.where(table.fit == BARRED, BARRED, CHECKED).astype(table.fit.dtype))
    scale = float(value.sum())
    for k in range(effort.batches):
        if k > 0 and len(left) and not watch.past(effort.repricing_share):
            pricer = Pricer(problem, tight, search.lanes, jobs=left, room=search.room)
            rise = ascend(
                pricer, prices=prices, passes=effort.batch_passes, step=STEP, scale=scale, whole=search.whole
            )
            prices, value = rise.prices, rise.value
        order = left[np.argsort(-urgency(table, value, size)[left], kind="stable")]
        count = -(-len(order) // (effort.batches - k))
        search.insert(order[:count], prices)
        left = order[count:]
    rest = np.flatnonzero((search.choice.row < 0) & search.movable)
    worth = table.penalty[rest] / np.maximum(size[rest], 1e-12)
    search.insert(rest[np.argsort(-worth, kind="stable")], prices.scaled(0.0))


def urgency(table: Table, value: Floats, size: Floats) -> Floats:
    """What a job loses when it comes late [J].

    Where many jobs must stay out, that is its regret (penalty less value), more for large ones. Where nearly all
    find a place, the dearest are the hardest to place well.
    """
    out = value >= table.penalty * (1 - 1e-9)
    if value[out].sum() <= RARE * value.sum():
        return value
    return np.asarray((table.penalty - value) * size**SIZE_POWER)
