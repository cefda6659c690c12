"""Outlook: what a decision is asked about and may see: requests, horizon, closures, reservations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from api.feeds import Closures
from api.loop.breath import in_breaths
from api.loop.placed import read_placement
from api.loop.reign import Reign
from api.loop.request import ask, held_by, it_kw_of
from api.loop.settings import LoopSettings
from api.store import Attempt, Job
from scheduler import Job as Request
from scheduler import Reservation
from scheduler.lifecycle import HELD_STATES, AttemptState, JobState
from topology import Horizon, Resources

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
    reign: Reign, jobs: Iterable[Job], horizon: Horizon, now: datetime, settings: LoopSettings
) -> tuple[Request, ...]:
    """Return what the planner is asked about jobs."""
    asked = []
    async for job in in_breaths(jobs):
        avoided = avoided_by(reign, job, settings)
        asked.append(ask(reign.requests[job.id], job, avoided=avoided, begin=horizon.start, now=now))
    return tuple(asked)


async def reservations(
    reign: Reign, horizon: Horizon, now: datetime, settings: LoopSettings, *, planned: bool
) -> tuple[Reservation, ...]:
    """Return the room taken by what runs and, if asked, by what is planned: one for each tenant's stretch at a site."""
    taken: dict[tuple[str, int, int, str | None], Reservation] = {}
    async for job in in_breaths(list(reign.jobs.values())):
        counts = job.state in HELD_STATES or (planned and job.state == JobState.PLANNED)
        if counts and job.placement and job.id in reign.requests:
            for each in _room_of(reign, job, horizon, now, settings):
                stretch = (each.site, each.start_slot, each.end_slot, each.tenant)
                taken[stretch] = _joined(taken[stretch], each) if stretch in taken else each
    return tuple(taken.values())


def _joined(a: Reservation, b: Reservation) -> Reservation:
    return replace(a, resources=a.resources + b.resources, it_kw=a.it_kw + b.it_kw)


def _room_of(
    reign: Reign, job: Job, horizon: Horizon, now: datetime, settings: LoopSettings
) -> Iterator[Reservation]:
    placed, request = read_placement(job.placement), reign.requests[job.id]
    if job.state == JobState.PLANNED:
        first, last = _slots(horizon, placed.start, placed.end)
    else:
        first, last = _slots(horizon, horizon.start, expected_end(reign, job, now, settings))
    if first >= horizon.slots:
        return
    for site in placed.sites:
        if site in reign.catalogue.site_ids:
            yield Reservation(
                site=site,
                start_slot=first,
                end_slot=last,
                resources=held_by(request, placed.variant),
                it_kw=it_kw_of(request, placed.variant, reign.catalogue),
                tenant=job.tenant,
            )


def expected_end(reign: Reign, job: Job, now: datetime, settings: LoopSettings) -> datetime:
    """Return when a started job should end; what is late is expected to end any moment."""
    placed = read_placement(job.placement)
    request, attempt = reign.requests[job.id], reign.attempt_of(job)
    begun = attempt.started_at if attempt is not None and attempt.started_at is not None else now
    minutes = request.variants[placed.variant].runtime_minutes
    return begun + timedelta(minutes=minutes * (1.0 if request.command else settings.time_scale))


def _slots(horizon: Horizon, start: datetime, end: datetime) -> tuple[int, int]:
    """Return the slots [first, last) of the horizon that a stretch touches, at least one."""
    first = 0 if start <= horizon.start else horizon.first_slot_from(start)
    return first, max(horizon.first_slot_from(end), first + 1)
