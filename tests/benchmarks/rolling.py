"""A day of plans, each made from the one before: what is known by then, with what has begun held where it is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from pricing import PriceBook, build_price_book
from scheduler import Job, Plan, schedule
from scheduler.case import job_value_cny
from scheduler.haulage import plan_haulage
from scheduler.world import World
from simulations.engine import span_of
from simulations.trace_import import ImportRules, import_trace
from topology import CHINA_TIME, Catalogue, Horizon, Network, load_catalogue

TRACES = (("openb", "openb_pods.csv.gz"), ("philly", "philly_jobs.csv.gz"))
CYCLE_S = 4.0  # one cycle never plans longer
WHOLE_S = 30.0  # the plan that knew everything
DAY_HOURS = 24


@dataclass(slots=True)
class Day:
    """What a day of plans came to.

    Attributes:
        gaps: proven gap of each cycle.
        seconds: of each cycle [s].
        moved: promised jobs that a later cycle moved.
        withdrawn: promised jobs that a later cycle left out.
        last: the last plan; it answers every job of the day that has not expired.
        expired_cny: value of the jobs whose deadline passed before a place was found for them [CNY].
    """

    gaps: list[float]
    seconds: list[float]
    moved: int = 0
    withdrawn: int = 0
    last: Plan | None = None
    expired_cny: float = 0.0

    @property
    def cost_cny(self) -> float:
        """Cost of the day [CNY]."""
        return self.expired_cny + (self.last.objective_cny if self.last else 0.0)


def held_back(jobs: Sequence[Job], horizon: Horizon, every_minutes: int) -> tuple[Job, ...]:
    """The jobs as the first cycle after their release meets them, without those whose deadline has passed by then.

    What no cycle can help is left out: the question is what planning without foresight costs.
    """
    step, found = every_minutes // horizon.slot_minutes, []
    for job in jobs:
        slot = max(0, horizon.first_slot_from(job.release)) if job.release else 0
        met = horizon.instant(-(-slot // step) * step)
        if job.deadline is None or job.deadline > met:
            found.append(replace(job, release=met))
    return tuple(found)


def roll(jobs: Sequence[Job], world: World, every_minutes: int, *, cycle_s: float = CYCLE_S) -> Day:
    """Plan a day again and again on one horizon; a job is known when it is released.

    What has begun, or whose data is on its way, stays. Every other job begins now at the earliest.
    """
    horizon, day = world.horizon, Day([], [])
    expired: set[str] = set()
    lead = lead_slots(jobs, world)
    step = every_minutes // horizon.slot_minutes
    for now in range(0, DAY_HOURS * 60 // horizon.slot_minutes + 1, step):
        instant = horizon.instant(now)
        begun = {
            placement.job
            for placement in (day.last.placements if day.last else ())
            if horizon.slot_at(placement.start) - lead[placement.job][placement.site] < now
        }
        late = [
            job
            for job in jobs
            if job.deadline and job.deadline <= instant and job.name not in begun | expired
        ]
        expired |= {job.name for job in late}
        day.expired_cny += sum(job_value_cny(job) for job in late)
        known = [
            job if job.name in begun else replace(job, release=instant)
            for job in jobs
            if job.name not in expired and job.release and job.release <= instant
        ]
        if not known:
            continue
        began = time.perf_counter()
        plan = schedule(known, world, time_limit_s=cycle_s, previous=day.last, started=begun)
        day.seconds.append(time.perf_counter() - began)
        day.gaps.append(plan.gap)
        _count_moves(day, plan)
        day.last = plan
    return day


def _count_moves(day: Day, plan: Plan) -> None:
    """Count what became of the promises of the plan before."""
    now = {placement.job: placement for placement in plan.placements}
    for before in day.last.placements if day.last else ():
        after = now.get(before.job)
        if after is None:
            day.withdrawn += 1
        elif (after.sites, after.start) != (before.sites, before.start):
            day.moved += 1


def lead_slots(jobs: Sequence[Job], world: World) -> dict[str, dict[str, int]]:
    """Slots that a job's inputs are on their way before it runs at a site."""
    lead, sites = plan_haulage(jobs, world).lead_slots, world.catalogue.site_ids
    return {
        job.name: dict(zip(sites, row, strict=True)) for job, row in zip(jobs, lead.tolist(), strict=True)
    }


def trace_day(form: str, path: Path, catalogue: Catalogue) -> tuple[tuple[Job, ...], PriceBook]:
    """The busiest day of a trace, and the prices of that day and of the one after, in which work drains."""
    rules = ImportRules()
    imported = import_trace(form, path, catalogue, rules)
    first = min(job.release for job in imported.jobs if job.release)
    start = first.astimezone(CHINA_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    last = max(job.deadline or start for job in imported.jobs)
    drain = max(0, int(np.ceil((last - start) / timedelta(hours=1))) - DAY_HOURS)
    return imported.jobs, build_price_book(
        catalogue, span_of(start, DAY_HOURS, drain_hours=min(drain, DAY_HOURS))
    )


def print_days(traces: Path, *, quick: bool) -> None:
    """The table of days; says so where the traces are missing."""
    print(
        f"\nA day of plans, each from the last: {CYCLE_S:g} s a cycle at most, {WHOLE_S:g} s for the one that knew "
        "the whole day (it too begins a job in the first cycle after its release, or later)"
    )
    if not traces.is_dir():
        print(f"{traces}: not here; no day is planned")
        return
    headings = (
        "trace",
        "jobs",
        "every",
        "cycles",
        "gap: median",
        "worst",
        "s: median",
        "worst",
        "moved",
        "withdrawn",
    )
    print(f"| {' | '.join((*headings, 'CNY', 'CNY known before', 'its bound', 'above'))} |\n|{'---|' * 14}")
    for form, file in TRACES[:1] if quick else TRACES:
        for minutes in (60,) if quick else (60, 15):
            print(day_line(form, traces / file, minutes), flush=True)


def day_line(form: str, path: Path, minutes: int) -> str:
    """Plan a trace's day every so many minutes, and once knowing all of it; one line of the table."""
    catalogue = load_catalogue()
    released, book = trace_day(form, path, catalogue)
    world = World(catalogue=catalogue, network=Network(catalogue), prices=book)
    jobs = held_back(released, world.horizon, minutes)
    whole = schedule(jobs, world, time_limit_s=WHOLE_S)
    day = roll(jobs, world, minutes)
    gaps, seconds = day.gaps, day.seconds
    return (
        f"| {form} | {len(jobs):,} | {minutes} min | {len(gaps)} | {np.median(gaps):.3%} | {max(gaps):.3%} "
        f"| {np.median(seconds):.1f} | {max(seconds):.1f} | {day.moved} | {day.withdrawn} | {day.cost_cny:,.0f} "
        f"| {whole.objective_cny:,.0f} | {whole.lower_bound_cny:,.0f} "
        f"| {day.cost_cny / whole.objective_cny - 1:+.2%} |"
    )
