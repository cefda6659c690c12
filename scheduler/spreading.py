"""Spreading: the sets of sites that may hold the replicas of a job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np

from scheduler.arrays import Bools, Ints
from scheduler.case import Case
from scheduler.feasibility import ORDER, PASSES, Feasibility
from scheduler.job import Spread
from scheduler.reason import Reason
from scheduler.transfer_classes import TransferClass
from topology import Site, great_circle_km

SAME_CITY_KM = 100.0
FAR_CITY_KM = 300.0


def replica_sets(sites: Sequence[Site], spread: Spread) -> Ints:
    """Return [N, K]: every set of site numbers that keeps its replicas as far apart as `spread` says."""
    return _replica_sets(tuple(sites), spread)


@lru_cache(maxsize=8)
def _replica_sets(sites: tuple[Site, ...], spread: Spread) -> Ints:
    pairs = np.array(list(combinations(range(len(sites)), 2)), dtype=np.int64).reshape(-1, 2)
    if spread is Spread.TWO_SITES:
        return pairs
    distance_km = np.array([[_distance_km(one, other) for other in sites] for one in sites])
    area = np.array([site.grid_area for site in sites])
    found = [np.zeros((0, 3), dtype=np.int64)]
    for one, two in pairs[distance_km[pairs[:, 0], pairs[:, 1]] <= SAME_CITY_KM].tolist():
        far = (np.minimum(distance_km[one], distance_km[two]) >= FAR_CITY_KM) & (area != area[one])
        third = np.flatnonzero(far & (area != area[two])).astype(np.int64)
        found.append(np.column_stack([np.full_like(third, one), np.full_like(third, two), third]))
    return np.concatenate(found)


def _distance_km(one: Site, other: Site) -> float:
    return great_circle_km(one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg)


def apply_spread(case: Case, feasibility: Feasibility) -> Feasibility:
    """Return the verdict with the sites that find no partners in it: NO_SPREAD."""
    spread_of = [job.spread for job in case.jobs]
    if not any(spread_of):
        return feasibility
    broken = feasibility.broken.copy()
    for candidate, job in enumerate(case.candidates.job.tolist()):
        spread = spread_of[job]
        if spread is not None:
            eligible = broken[candidate] == PASSES
            lonely = eligible & ~in_some_set(replica_sets(case.world.catalogue.sites, spread), eligible)
            broken[candidate, lonely] = ORDER.index(Reason.NO_SPREAD)
    return Feasibility(broken=broken)


def in_some_set(sets: Ints, allowed: Bools) -> Bools:
    """Return [S]: the sites of the sets all of whose members are allowed."""
    members = np.zeros(len(allowed), dtype=np.bool_)
    members[sets[allowed[sets].all(axis=1)]] = True
    return members


def spread_classes(case: Case) -> list[TransferClass]:
    """Return the classes of the jobs that spread: sets of sites that data reaches at the same rates.

    A dataset flows to all replicas at one rate, that of the slowest of its routes.
    """
    jobs_of: dict[tuple[Spread, tuple[int, ...]], list[int]] = defaultdict(list)
    haulage = case.haulage
    pointer, place = haulage.pointer.tolist(), haulage.place.tolist()
    for number, job in enumerate(case.jobs):
        if job.spread is not None:
            jobs_of[job.spread, tuple(place[pointer[number] : pointer[number + 1]])].append(number)
    found = []
    for (spread, places), jobs in jobs_of.items():
        sets = replica_sets(case.world.catalogue.sites, spread)
        slowest = haulage.reach.rate_gbps[list(places)][:, sets].min(axis=2).T
        joined = (slowest > 0).all(axis=1)
        sets, slowest = sets[joined], slowest[joined]
        rows, kind = (
            np.unique(slowest, axis=0, return_inverse=True) if places else (slowest[:1], np.zeros(len(sets)))
        )
        numbers = np.array(jobs, dtype=np.int64)
        nowhere = np.zeros(len(case.world.catalogue.sites), dtype=np.bool_)
        if not len(sets):
            found.append(TransferClass(jobs=numbers, sites=nowhere, rates=np.ones(len(places)), sets=sets))
        for row, rates in enumerate(rows if len(sets) else ()):
            same = sets[kind.reshape(-1) == row]
            sites = nowhere.copy()
            sites[same] = True
            found.append(TransferClass(jobs=numbers, sites=sites, rates=rates, sets=same))
    return found
