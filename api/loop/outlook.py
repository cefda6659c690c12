"""Outlook: what a decision is asked about and may see: requests, horizon, closures, reservations."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from api.feeds import Closures
from api.loop.breath import in_breaths
from api.loop.placed import Placed, Stretch, placed_for, read_placement
from api.loop.reign import Reign
from api.loop.request import ask, held_by, it_kw_of, work_left
from api.loop.settings import LoopSettings
from api.loop.work import minutes_left
from api.store import Attempt, Job
from scheduler import Job as Request
from scheduler import Reservation
from scheduler.lifecycle import AttemptState, JobState
from topology import Catalogue, Horizon, Resources

_Shape = tuple[int, float, float, str | None, float]
"""Tasks, cores and memory [GiB] of each, its accelerator's model and their count: what decides what a job holds."""

_MIDNIGHT = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}


def horizon_at(now: datetime, requests: Iterable[Request], settings: LoopSettings) -> Horizon:
    """Return the slots to plan: from the one that has begun, as far as the settings and the jobs ask for."""
    slot = timedelta(minutes=settings.slot_minutes)
    now = now.astimezone(UTC)
    midnight = now.replace(**_MIDNIGHT)  # type: ignore[arg-type]
    begin = midnight + (now - midnight) // slot * slot
    hours = max([settings.horizon_hours, *(_hours_needed(request, begin) for request in requests)])
    hours = min(math.ceil(hours), settings.horizon_hours_max)
    slots = max(1, math.ceil(hours * 60 / settings.slot_minutes))
    return Horizon(start=begin, slots=slots, slot_minutes=settings.slot_minutes)


async def horizon_for(requests: Iterable[Request], now: datetime, settings: LoopSettings) -> Horizon:
    """Return the slots of a plan of many requests; see `horizon_at`."""
    begin, longest, hours_longest = horizon_at(now, (), settings).start, None, 0.0
    async for request in in_breaths(requests):
        hours = _hours_needed(request, begin)
        if hours > hours_longest:
            longest, hours_longest = request, hours
    return horizon_at(now, () if longest is None else (longest,), settings)


def _hours_needed(request: Request, begin: datetime) -> float:
    """Return hours until the deadline or, without one, enough to run the longest variant after the release."""
    if request.deadline is not None:
        return (request.deadline - begin).total_seconds() / 3600
    release = max(request.release or begin, begin)
    longest = max(variant.runtime_minutes for variant in request.variants)
    return (release - begin).total_seconds() / 3600 + longest / 60 + 1


def closures_of(reign: Reign, capacity: Mapping[str, Resources], settings: LoopSettings) -> Closures:
    """Return what keeps work away from sites now."""
    known = {site: state for site, state in reign.sites.items() if site in reign.catalogue.site_ids}
    avoided: set[str] = set()
    for job_id in reign.attempts:
        if job_id in reign.jobs:
            avoided |= avoided_by(reign, reign.jobs[job_id], settings)
    return Closures(
        closed=frozenset(site for site, state in known.items() if state.cordoned or state.draining),
        lost=frozenset(site for site, state in known.items() if not state.answering),
        avoided=frozenset(avoided),
        capacity=capacity,
    )


def avoided_by(reign: Reign, job: Job, settings: LoopSettings) -> frozenset[str]:
    """Return the sites a job must not be tried at again: it was lost there too often."""
    return sites_to_avoid(reign.attempts.get(job.id, ()), settings.attempts_per_site)


def sites_to_avoid(attempts: Iterable[Attempt], attempts_per_site: int) -> frozenset[str]:
    """Return the sites at which so many attempts were lost."""
    lost = [attempt.site for attempt in attempts if attempt.state == AttemptState.LOST]
    return frozenset(site for site in lost if lost.count(site) >= attempts_per_site)


async def questions(
    reign: Reign,
    jobs: Iterable[Job],
    horizon: Horizon,
    now: datetime,
    settings: LoopSettings,
    *,
    in_pieces: bool = False,
) -> tuple[Request, ...]:
    """Return what the planner is asked about jobs; `in_pieces` says whether what is interruptible may be split."""
    asked = []
    async for job in in_breaths(jobs):
        avoided = avoided_by(reign, job, settings)
        left = work_left(reign.requests[job.id], reign.attempts.get(job.id, ()), in_pieces=in_pieces)
        asked.append(ask(left, job, avoided=avoided, begin=horizon.start, now=now))
    return tuple(asked)


async def reservations(
    reign: Reign,
    horizon: Horizon,
    now: datetime,
    settings: LoopSettings,
    *,
    planned: Collection[str] | None,
) -> tuple[Reservation, ...]:
    """Return the room taken by what runs and by planned jobs, one for each tenant's stretch at a site.

    `planned` are the ids of those planned jobs that keep their place; None is all of them.
    """
    book = _RoomBook(reign.catalogue)
    async for job, live in in_breaths(reign.under_way()):
        if job.id in reign.requests:
            for attempt in live:
                _take_attempt(book, reign, job, attempt, horizon=horizon, now=now, settings=settings)
    names = list(reign.jobs) if planned is None else planned
    async for job in in_breaths(reign.jobs[name] for name in names if name in reign.jobs):
        if job.state == JobState.PLANNED and job.placement and job.id in reign.requests:
            placed = read_placement(job.placement)
            for run in placed.runs:
                book.take(reign.requests[job.id], job, placed, horizon, run)
    return tuple([each async for each in in_breaths(book.reservations())])


class _RoomBook:
    """Room that is taken, added up by site, stretch and tenant.

    Jobs are much alike: what one demand holds is worked out once, and those that hold the same are counted.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._sites = frozenset(catalogue.site_ids)
        self._held: dict[_Shape, tuple[Resources, float]] = {}
        self._taken: dict[tuple[str, int, int, str], Counter[_Shape]] = {}

    def take(self, request: Request, job: Job, placed: Placed, horizon: Horizon, run: Stretch) -> None:
        """Take the room of a job at all of its sites in one stretch."""
        first, last = _slots(horizon, *run)
        if first >= horizon.slots:
            return
        way, demand = request.variants[placed.variant], request.demand
        shape = (request.tasks, demand.cpu_cores, demand.memory_gib, way.accelerator, way.count)
        if shape not in self._held:
            it_kw = it_kw_of(request, placed.variant, self._catalogue)
            self._held[shape] = held_by(request, placed.variant), it_kw
        for site in placed.sites:
            if site in self._sites:
                self._taken.setdefault((site, first, last, job.tenant), Counter())[shape] += 1

    def reservations(self) -> Iterator[Reservation]:
        """Yield one reservation for each tenant's stretch at a site."""
        for (site, first, last, tenant), shapes in self._taken.items():
            resources, it_kw = Resources(), 0.0
            for shape, count in shapes.items():
                resources += self._held[shape][0] * count
                it_kw += self._held[shape][1] * count
            yield Reservation(
                site=site, start_slot=first, end_slot=last, resources=resources, it_kw=it_kw, tenant=tenant
            )


def _take_attempt(
    book: _RoomBook,
    reign: Reign,
    job: Job,
    attempt: Attempt,
    *,
    horizon: Horizon,
    now: datetime,
    settings: LoopSettings,
) -> None:
    """Take the room an attempt runs in now, and the stretches that the plan keeps for it later."""
    placed = placed_for(job, attempt)
    begun = attempt.started_at or max(now, placed.start)
    first = horizon.start if begun <= now else begun
    run = (first, expected_end(reign, job, attempt, now, settings))
    for each in (run, *(later for later in placed.runs[1:] if later[0] > run[1])):
        book.take(reign.requests[job.id], job, replace(placed, sites=(attempt.site,)), horizon, each)


def expected_end(reign: Reign, job: Job, attempt: Attempt, now: datetime, settings: LoopSettings) -> datetime:
    """Return when an attempt should end, or pause; what is late is expected to end any moment."""
    placed, request = placed_for(job, attempt), reign.requests[job.id]
    begun = attempt.started_at or max(now, placed.start)
    minutes = minutes_left(request, request.variants[placed.variant], reign.attempts.get(job.id, ()))
    end = begun + timedelta(minutes=minutes * (1.0 if request.command else settings.time_scale))
    return min(end, placed.runs[0][1]) if len(placed.runs) > 1 else end


def _slots(horizon: Horizon, start: datetime, end: datetime) -> tuple[int, int]:
    """Return the slots [first, last) of the horizon that a stretch touches, at least one."""
    first = 0 if start <= horizon.start else horizon.first_slot_from(start)
    return first, max(horizon.first_slot_from(end), first + 1)
