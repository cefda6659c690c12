"""Capacity that whole jobs can fill: 1,216 accelerators wanted in gangs of 128 are worth 1,152.

No plan uses more of a capacity than the largest sum of its jobs' demands that fits into it, each taken any number of
times. Cutting capacities to that excludes no plan, and lifts the dual bound where demands are coarse.
"""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.problem import Floats, Ints
from scheduler.optimizer.table import BARRED, FIT_TOLERANCE, Table

UNITS = (
    1000  # demands that are multiples of a thousandth are counted exactly; others leave a capacity as it is
)
MOST_DEMANDS = 200  # different demands beyond which nearly every sum is attainable
MOST_LEVELS = 20_000  # multiples of the common divisor up to which sums are listed


def with_attainable(table: Table) -> Table:
    """The table with every capacity cut to what the rows that fit there can fill."""
    capacity = table.capacity.copy()
    for r in range(capacity.shape[1]):
        demands, of_row = np.unique(table.demand[:, r], return_inverse=True)
        whole = np.rint(demands * UNITS).astype(np.int64)
        if not len(demands) or len(demands) > MOST_DEMANDS or np.abs(whole - demands * UNITS).max() > 1e-6:
            continue
        for s in range(capacity.shape[0]):
            asked = np.bincount(of_row[table.fit[:, s] != BARRED], minlength=len(demands)) > 0
            sums = attainable_sums(whole[asked & (whole > 0)], capacity[s, r])
            if len(sums):
                capacity[s, r] = np.minimum(capacity[s, r], _largest_within(sums, capacity[s, r]))
    return table._replace(capacity=capacity)


def attainable_sums(demands: Ints, capacity: Floats) -> Ints:
    """Every sum of these demands up to the largest capacity, rising, in their unit; empty where there are too many."""
    if not len(demands):
        return demands
    divisor = int(np.gcd.reduce(demands))
    levels = int(np.floor(capacity.max(initial=0.0) * UNITS * (1 + FIT_TOLERANCE) / divisor + 1e-6))
    if levels > MOST_LEVELS:
        return demands[:0]
    if demands.min() == divisor:
        return np.arange(levels + 1, dtype=np.int64) * divisor
    reached, mask = 1, (1 << (levels + 1)) - 1  # bit k: k divisors are a sum
    for step in (demands // divisor).tolist():
        shift = step
        while shift <= levels:  # once more, twice more, four times more
            reached |= (reached << shift) & mask
            shift *= 2
    bits = np.frombuffer(reached.to_bytes(levels // 8 + 1, "little"), dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(bits, bitorder="little")) * divisor


def _largest_within(sums: Ints, capacity: Floats) -> Floats:
    """The largest of the rising sums that fits into each capacity [T]."""
    room = capacity * UNITS * (1 + FIT_TOLERANCE) + 1e-6
    return np.asarray(sums[np.searchsorted(sums, room, side="right") - 1] / UNITS)
