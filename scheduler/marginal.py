"""Marginals: what a little more leeway in one field of a job would save, by the prices of the plan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from scheduler.explanation import Marginal
from scheduler.job import Job
from scheduler.market import Market

HOUR = timedelta(hours=1)


def find_marginals(job: Job, market: Market) -> tuple[Marginal, ...]:
    """Return what each small step of leeway would save, the best first.

    Prices count the worth of the room taken, so that a step which only takes other jobs' room saves nothing.
    """
    now_cny = _least_cny(job, market)
    found = []
    for field, by, to, easier in _steps(job, market):
        then_cny = _least_cny(easier, market)
        if math.isfinite(then_cny):
            saving = max(now_cny - then_cny, 0.0) if math.isfinite(now_cny) else None
            found.append(Marginal(field=field, by=by, saving_cny=saving, to=to))
    return tuple(sorted(found, key=lambda each: -math.inf if each.saving_cny is None else -each.saving_cny))


def _least_cny(job: Job, market: Market) -> float:
    return min((offer.price_cny for offer in market.cheapest(job, 1)), default=math.inf)


def _steps(job: Job, market: Market) -> Iterator[tuple[str, str, str, Job]]:
    """Yield (field, step in words, what is allowed then, job with that step)."""
    if job.deadline is not None:
        yield "deadline", "one hour more of deadline", "", replace(job, deadline=job.deadline + HOUR)
    if job.release is not None:
        yield "release", "beginning one hour earlier", "", replace(job, release=job.release - HOUR)
    if job.rtt_ms_max is not None:
        yield (
            "rtt_ms_max",
            "one millisecond more of round trip",
            "",
            replace(job, rtt_ms_max=job.rtt_ms_max + 1.0),
        )
    if job.residency.provinces or job.residency.hubs:
        yield from _one_region_more(job, market)
    if job.tasks > 1:
        yield "tasks", "one task less", "", replace(job, tasks=job.tasks - 1)


def _one_region_more(job: Job, market: Market) -> Iterator[tuple[str, str, str, Job]]:
    """Yield the province that would help most, found with every province allowed."""
    anywhere = replace(job.residency, provinces=(), hubs=())
    for offer in market.cheapest(replace(job, residency=anywhere), 1):
        province = market.world.catalogue.site(offer.option.site).province
        allowed = replace(job.residency, provinces=(*job.residency.provinces, province))
        yield "residency", f"being allowed in {province} too", province, replace(job, residency=allowed)
