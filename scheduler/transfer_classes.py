"""Transfer classes: sites where a job's data flows at the same rates, so that one choice row serves all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scheduler.arrays import Bools, Floats, Ints
from scheduler.haulage import Haulage


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TransferClass:
    """Jobs that move data between the same places, and sites that serve these at the same rates.

    Attributes:
        jobs: [N] job numbers, ascending.
        sites: [S] sites of the class.
        rates: [K] Gbit/s of each of the job's K transfers.
        sets: [N, R] sets of sites that may hold the replicas of the jobs, or None where they have none.
    """

    jobs: Ints
    sites: Bools
    rates: Floats
    sets: Ints | None = None


def transfer_classes(haulage: Haulage, single: Sequence[int]) -> list[TransferClass]:
    """Return the classes of jobs of one site; every (job, site) that has its routes is in exactly one.

    Every job is in at least one class, be it one of no site.
    """
    jobs_of: dict[tuple[int, ...], list[int]] = defaultdict(list)
    pointer, place = haulage.pointer.tolist(), haulage.place.tolist()
    for job in single:
        jobs_of[tuple(place[pointer[job] : pointer[job + 1]])].append(job)
    return [
        TransferClass(jobs=np.array(jobs, dtype=np.int64), sites=sites, rates=rates)
        for places, jobs in jobs_of.items()
        for sites, rates in _classes_at(haulage.reach.rate_gbps[list(places)])
    ]


def _classes_at(rates: Floats) -> list[tuple[Bools, Floats]]:
    """Return the classes of columns of rates [K, S]; every planning cycle asks for the same ones."""
    return _known_classes(rates.tobytes(), *rates.shape)


@lru_cache(maxsize=4096)
def _known_classes(rates: bytes, moves: int, sites: int) -> list[tuple[Bools, Floats]]:
    found = _site_classes(np.frombuffer(rates).reshape(moves, sites))
    for arrays in found:
        for values in arrays:
            values.flags.writeable = False
    return found


def _site_classes(rates: Floats) -> list[tuple[Bools, Floats]]:
    """Part the columns of rates [K, S] into classes; data that is there already (inf) goes with any rate."""
    classes: list[tuple[list[int], Floats]] = []
    for site in np.flatnonzero((rates > 0).all(axis=0)).tolist():
        column = rates[:, site]
        moving = np.isfinite(column)
        for members, shared in classes:
            if ((column == shared) | ~moving | ~np.isfinite(shared)).all():
                shared[moving] = column[moving]
                members.append(site)
                break
        else:
            classes.append(([site], column.copy()))
    nowhere: list[tuple[list[int], Floats]] = [([], np.ones(len(rates)))]
    return [(_mask(members, rates.shape[1]), shared) for members, shared in classes or nowhere]


def _mask(members: list[int], sites: int) -> Bools:
    mask = np.zeros(sites, dtype=np.bool_)
    mask[members] = True
    return mask
