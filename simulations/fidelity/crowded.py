"""Greedy shifting on a site of so many units: twenty lines that share nothing with the scheduler."""

from __future__ import annotations

import numpy as np

from simulations.fidelity.workload import Floats, Ints, Workload


def greedy_starts(work: Workload, curve: Floats, units: int) -> Ints:
    """Return the start every job takes, in order of arrival: the cleanest where it still fits, or -1."""
    total = np.concatenate([[0.0], np.cumsum(curve)])
    free = np.full(int(work.due.max()), units, dtype=np.int64)
    starts = np.full(work.jobs, -1, dtype=np.int64)
    for row in range(work.jobs):
        first, length, due = int(work.earliest[row]), int(work.length[row]), int(work.due[row])
        tight = np.concatenate([[0], np.cumsum(free[first:due] < work.units[row])])
        fits = tight[length:] == tight[:-length]
        emissions = np.where(
            fits, (total[first + length : due + 1] - total[first : due - length + 1]), np.inf
        )
        if fits.any():
            starts[row] = first + int(np.argmin(emissions))
            free[starts[row] : starts[row] + length] -= work.units[row]
    return starts


def peak_units(work: Workload, starts: Ints) -> int:
    """Return the most units in use at once."""
    change = np.zeros(int(work.due.max()) + 1, dtype=np.int64)
    np.add.at(change, starts, work.units)
    np.add.at(change, starts + work.length, -work.units)
    return int(np.cumsum(change).max())
