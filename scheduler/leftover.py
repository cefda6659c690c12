"""Leftover: the room a plan leaves to one job when every other job stays where it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scheduler.case import Case, open_case
from scheduler.errors import WorldError
from scheduler.job import Job
from scheduler.placement import Placement
from scheduler.plan import Plan
from scheduler.reach import transfer_slots
from scheduler.room import Room, free_room
from scheduler.world import World
from topology import Horizon


def room_beside(plan: Plan, jobs: Sequence[Job], world: World, *, without: str | None = None) -> Room:
    """Return what the reservations and the plan's other placements leave.

    Raises:
        WorldError: the plan was made for another horizon, or places jobs that are not among `jobs`.
    """
    if plan.horizon != world.horizon:
        raise WorldError(
            f"the plan begins at {plan.horizon.start}, the prices at {world.horizon.start}; use one horizon"
        )
    by_name = {job.name: job for job in jobs}
    others = [placement for placement in plan.placements if placement.job != without]
    strangers = [placement.job for placement in others if placement.job not in by_name]
    if strangers:
        raise WorldError(
            f"the plan places job {strangers[0]!r}, which the jobs do not hold; use the jobs it was made of"
        )
    room = free_room(world)
    if others:
        case = open_case([by_name[placement.job] for placement in others], world)
        for job, placement in enumerate(others):
            _take(room, case, job, placement)
    return room


def _take(room: Room, case: Case, job: int, placement: Placement) -> None:
    horizon = case.world.horizon
    candidate = int(case.candidates.pointer[job]) + placement.variant
    sites = [case.world.catalogue.site_ids.index(name) for name in placement.sites]
    for start, end in placement.runs:
        first, last = horizon.slot_at(start), _end_slot(horizon, (end - horizon.start).total_seconds())
        for site in sites:
            room.take(site, case.candidates.demand[candidate], first, last, case.jobs[job].tenant)
    first = horizon.slot_at(placement.start)
    last = _end_slot(horizon, (placement.end - horizon.start).total_seconds())
    for links, rate, before, after in transfers_at(case, job, sites):
        room.take_links(links, rate, first - before, first)
        room.take_links(links, rate, last, last + after)


def _end_slot(horizon: Horizon, seconds: float) -> int:
    return int(np.ceil(seconds / (60 * horizon.slot_minutes) - 1e-9))


def transfers_at(case: Case, job: int, sites: Sequence[int]) -> list[tuple[tuple[int, ...], float, int, int]]:
    """Return (links, Gbit/s, slots before the start, slots after the end) of a job's transfers at its sites.

    A dataset flows to all replicas at one rate, that of the slowest of its routes.
    """
    haulage, hours = case.haulage, case.world.horizon.hours_per_slot
    found = []
    for x in range(haulage.pointer[job], haulage.pointer[job + 1]):
        row = int(haulage.place[x])
        rate = float(haulage.reach.rate_gbps[row, list(sites)].min())
        slots = int(transfer_slots(float(haulage.size_gb[x]), rate, hours))
        for site in sites:
            links = haulage.reach.links(row, site)
            if links:
                found.append((links, rate, slots, 0) if haulage.incoming[x] else (links, rate, 0, slots))
    return found
