"""Oracles that enumerate: slower and plainer than those of the command, which they check."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from simulations.fidelity.workload import Workload


def least_whole(work: Workload, curve: np.ndarray) -> list[float]:
    """The least of all contiguous windows."""
    return [
        min(sum(curve[start : start + length]) for start in range(first, due - length + 1))
        for first, due, length in _windows(work)
    ]


def least_paused(work: Workload, curve: np.ndarray) -> list[float]:
    """The least of all sets of slots."""
    return [
        min(sum(curve[list(slots)]) for slots in combinations(range(first, due), length))
        for first, due, length in _windows(work)
    ]


def most_units(work: Workload, starts: np.ndarray) -> int:
    """The most units in use in any slot, counted slot by slot."""
    return max(
        sum(
            units
            for start, length, units in zip(starts, work.length, work.units, strict=True)
            if 0 <= start <= slot < start + length
        )
        for slot in range(int(work.due.max()))
    )


def little(seed: int, jobs: int = 8, *, slot_minutes: int = 15) -> tuple[Workload, np.ndarray]:
    """A few jobs on a rough curve."""
    rng = np.random.default_rng(seed)
    arrival = np.sort(rng.integers(0, 20, jobs))
    length = rng.integers(1, 5, jobs)
    work = Workload(
        slot_minutes=slot_minutes,
        arrival=arrival,
        earliest=arrival,
        length=length,
        due=arrival + length + rng.integers(0, 7, jobs),
        units=rng.integers(1, 4, jobs),
    )
    return work, rng.integers(50, 900, int(work.due.max())).astype(np.float64)


def _windows(work: Workload) -> list[tuple[int, int, int]]:
    return list(zip(work.earliest.tolist(), work.due.tolist(), work.length.tolist(), strict=True))
