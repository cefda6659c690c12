"""Oracles: the least a job can emit within its window, by trying everything; nothing here knows of a planner."""

from __future__ import annotations

import numpy as np

from simulations.fidelity.workload import Floats, Ints, Workload, emitted


def best_starts(work: Workload, curve: Floats, *, step: int = 1) -> Ints:
    """Return the start of every job that emits least, of those a whole number of steps after the earliest, [J]."""
    best = work.earliest.copy()
    least = emitted(work, best, curve)
    for wait in range(step, int((work.due - work.length - work.earliest).max()) + 1, step):
        starts = work.earliest + wait
        inside = starts + work.length <= work.due
        emissions = emitted(work, np.where(inside, starts, best), curve)
        better = inside & (emissions < least)
        best[better], least[better] = starts[better], emissions[better]
    return best


def best_whole(work: Workload, curve: Floats, *, step: int = 1) -> Floats:
    """Return the least one unit of every job can emit when it runs through, [J]."""
    return emitted(work, best_starts(work, curve, step=step), curve)


def best_paused(work: Workload, curve: Floats) -> Floats:
    """Return the least one unit of every job can emit when it may pause at will: its cleanest slots, [J]."""
    windows = zip(work.earliest.tolist(), work.due.tolist(), work.length.tolist(), strict=True)
    return np.array([np.sort(curve[first:due])[:length].sum() for first, due, length in windows])
