"""The few (row, site) pairs per job that are worth trying, cheapest first.

Memory is bounded: at most `width` pairs a job, so that a million jobs on forty sites stay small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scheduler.optimizer.kernel import kernel, scratch
from scheduler.optimizer.lanes import Lanes
from scheduler.optimizer.memory import SHORTLIST_ENTRIES
from scheduler.optimizer.option import cheapest_start, least_price
from scheduler.optimizer.prices import Tariff
from scheduler.optimizer.problem import Ints
from scheduler.optimizer.room import Room
from scheduler.optimizer.table import BARRED, Table

# Lists of this many entries in all are kept whole; beyond, every job keeps its cheapest ones. Cutting the lists of
# 10,000 jobs from 40 to 12 sites cost 4 % of the objective, so the limit is as large as the memory goal allows.
WHOLE_ENTRIES = 45_000_000
BELOW = 1 - 1e-6  # single precision rounds by less than this


class Shortlist(NamedTuple):
    """Per job, in rising order: `pair` [J, W] = row * S + site (-1 behind the last) and `least` [J, W], a lower
    bound of the cost of every start there at the prices the list was made for [CNY]."""

    pair: np.ndarray
    least: np.ndarray


@kernel
def fill_shortlist(table, tariff, room, jobs, begin, stop, pair, least, buf, full):
    """Fill the lists of jobs[begin:stop]."""
    sites, width = table.fit.shape[1], pair.shape[1]
    for i in range(begin, stop):
        j = jobs[i]
        n = 0
        pair[j, :] = -1
        limit = table.penalty[j]
        for c in range(table.first_row[j], table.first_row[j + 1]):
            for s in range(sites):
                if table.fit[c, s] == BARRED:
                    continue
                bar = limit if n < width else min(limit, float(least[j, n - 1]))
                if least_price(table, tariff, c, s) >= bar:
                    continue
                cost, start = cheapest_start(table, tariff, room, c, s, bar, table.fit[c, s], buf, full)
                if start < 0:
                    continue
                k = n if n < width else width - 1
                n = min(width, n + 1)
                value = np.float32(cost * BELOW)
                while k > 0 and least[j, k - 1] > value:
                    least[j, k] = least[j, k - 1]
                    pair[j, k] = pair[j, k - 1]
                    k -= 1
                least[j, k] = value
                pair[j, k] = c * sites + s


def widest(table: Table) -> int:
    """Entries per job that the memory allows."""
    jobs, sites = len(table.penalty), table.fit.shape[1]
    most_rows = int(np.diff(table.first_row).max(initial=1))
    whole = max(1, most_rows * sites)
    return (
        whole if whole * jobs <= WHOLE_ENTRIES else max(SHORTLIST_ENTRIES, min(whole, WHOLE_ENTRIES // jobs))
    )


def shortlist_of(table: Table, tariff: Tariff, room: Room, jobs: Ints, lanes: Lanes) -> Shortlist:
    """The shortlists of `jobs` at the prices of the tariff; other jobs have empty ones."""
    width, slots = widest(table), table.capacity.shape[2]
    pair = np.full((len(table.penalty), width), -1, dtype=np.int32)
    least = np.empty((len(table.penalty), width), dtype=np.float32)
    lanes.over_range(
        len(jobs), lambda a, b: fill_shortlist(table, tariff, room, jobs, a, b, pair, least, *scratch(slots))
    )
    return Shortlist(pair, least)
