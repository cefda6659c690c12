"""Haulage: the data every job moves, and what that costs and takes at every site."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Bools, Floats, Ints
from scheduler.job import Job
from scheduler.reach import Ends, Reach, Way, measure_reach, transfer_slots
from scheduler.world import World
from topology import Network


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Haulage:
    """Transfers of every job, inputs before outputs, empty datasets left out; X of them.

    Attributes:
        reach: the routes they take.
        pointer: [J + 1] transfers of job j are pointer[j] .. pointer[j + 1].
        place: [X] row of `reach`.
        size_gb: [X].
        incoming: [X] whether it must arrive before the start.
        network_cny: [J, S] what all of them cost; inf where one has no route.
        lead_slots: [J, S] slots the slowest input takes before the start.
    """

    reach: Reach
    pointer: Ints
    place: Ints
    size_gb: Floats
    incoming: Bools
    network_cny: Floats
    lead_slots: Ints


Measure = Callable[[Network, Collection[Ends]], Reach]


def plan_haulage(jobs: Sequence[Job], world: World, measure: Measure = measure_reach) -> Haulage:
    """Return the transfers of jobs and what they mean at every site; `measure` finds their routes."""
    ends, sizes, counts = _moves(jobs)
    known = dict.fromkeys(ends)
    reach = measure(world.network, known)
    row = {each: (reach.rows[each], each[1] is Way.TO_SITE) for each in known}
    flat = [row[each] for each in ends]
    pointer = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    place = np.array([number for number, _ in flat], dtype=np.int64)
    size_gb = np.array(sizes, dtype=np.float64)
    incoming = np.array([arrives for _, arrives in flat], dtype=np.bool_)
    network_cny = np.zeros((len(jobs), reach.rate_gbps.shape[1]))
    lead = np.zeros(network_cny.shape, dtype=np.int64)
    for job, x in _by_position(pointer):
        network_cny[job] += size_gb[x, np.newaxis] * reach.price_cny_per_gb[place[x]]
        first = incoming[x]
        into, arriving = job[first], x[first]
        slots = transfer_slots(
            size_gb[arriving, np.newaxis], reach.rate_gbps[place[arriving]], world.horizon.hours_per_slot
        )
        lead[into] = np.maximum(lead[into], slots)
    return Haulage(
        reach=reach,
        pointer=pointer,
        place=place,
        size_gb=size_gb,
        incoming=incoming,
        network_cny=network_cny,
        lead_slots=lead,
    )


def _moves(jobs: Sequence[Job]) -> tuple[list[Ends], list[float], list[int]]:
    """Return the ends and the size [GB] of every dataset that moves, job by job, and how many each job has."""
    ends: list[Ends] = []
    sizes: list[float] = []
    counts = []
    for job in jobs:
        before = len(sizes)
        for source in job.inputs:
            if source.size_gb > 0:
                ends.append((source.at, Way.TO_SITE))
                sizes.append(source.size_gb)
        for target in job.outputs:
            if target.size_gb > 0:
                ends.append((target.to, Way.FROM_SITE))
                sizes.append(target.size_gb)
        counts.append(len(sizes) - before)
    return ends, sizes, counts


def _by_position(pointer: Ints) -> list[tuple[Ints, Ints]]:
    """Group transfers as the first of every job, the second of every job, ...: pairs (jobs, transfers)."""
    counts = np.diff(pointer)
    groups = []
    for position in range(int(counts.max(initial=0))):
        job = np.flatnonzero(counts > position).astype(np.int64)
        groups.append((job, pointer[job] + position))
    return groups
