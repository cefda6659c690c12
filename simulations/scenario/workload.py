"""The work of a scenario: read or drawn from its source, then changed as the scenario says."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from scheduler import DocumentError, Job, Residency, read_jobs
from scheduler.case import job_value_cny
from simulations.dice import throw_dice
from simulations.scenario.change import LatencyRule
from simulations.scenario.demand import DemandChange, GeneratorSource, TraceSource
from simulations.scenario.region import select_sites
from simulations.scenario.scenario import Clock, Scenario
from simulations.service import SERVICES
from simulations.trace_import import ImportRules, import_trace
from simulations.workload import WorkloadRequest, draw_workload
from topology import CHINA_TIME, Catalogue

JITTER_MINUTES = 30.0
FIRST_SHOWN = 5  # of what was left out for one cause


def kind_of(job: Job) -> str:
    """What kind of work a job is, as the generator or the trace's import labelled it; "" when nobody did."""
    return job.labels.get("kind") or job.labels.get("service", "")


def known_kinds() -> frozenset[str]:
    """Every kind of work a scenario may name."""
    return frozenset({*SERVICES, "tuning"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """The jobs of a scenario.

    Attributes:
        jobs: in order of release.
        sources: what was read for them and what was left out, a document a file.
    """

    jobs: tuple[Job, ...]
    sources: tuple[Mapping[str, Any], ...] = ()


def build_work(scenario: Scenario, catalogue: Catalogue) -> Work:
    """The work of a scenario.

    Args:
        scenario: whose.
        catalogue: whose cities and accelerators the jobs get, as it is before the scenario changes it: a site that
            opens late does not change what customers ask for.

    Raises:
        SimulationError: a file or trace cannot be used, or a workload cannot be drawn.
        SchedulerError: a jobs file breaks a rule.
    """
    source = _source(scenario, catalogue)
    jobs = list(source.jobs)
    for change in scenario.demand.changes:
        jobs = list(_changed(jobs, change, scenario))
    allowed = _region(scenario, catalogue)
    made = [_with_terms(job, scenario, allowed) for job in jobs]
    made.sort(key=lambda job: (job.release or scenario.clock.start, job.name))
    return Work(jobs=tuple(made), sources=source.sources)


def _source(scenario: Scenario, catalogue: Catalogue) -> Work:
    demand = scenario.demand
    if demand.jobs is not None:
        return _filed(Path(demand.jobs), demand.on_bad)
    if demand.traces:
        groups = [_traced(trace, scenario.clock, catalogue) for trace in demand.traces]
        return Work(
            jobs=tuple(_uniquely_named([job for group in groups for job in group.jobs])),
            sources=tuple(source for group in groups for source in group.sources),
        )
    return Work(jobs=_drawn(demand.generate or GeneratorSource(), scenario.clock, catalogue))


def _filed(path: Path, on_bad: str) -> Work:
    """The jobs of a file; under "skip" without those that break a rule, which are counted."""
    bad: list[DocumentError] = []
    jobs = read_jobs(path, skip=bad.append if on_bad == "skip" else None)
    first = [f"line {str(each).removeprefix(f'{path}:').strip()}" for each in bad[:FIRST_SHOWN]]
    releases = [job.release for job in jobs if job.release is not None]
    latest = accumulate(releases, max)
    source = {
        "file": path.name,
        "rows_read": len(jobs) + len(bad),
        "skipped": {"malformed": {"rows": len(bad), "first": first}} if bad else {},
        "rows_out_of_order": sum(release < so_far for release, so_far in zip(releases, latest, strict=True)),
    }
    return Work(jobs=jobs, sources=(source,))


def _drawn(source: GeneratorSource, clock: Clock, catalogue: Catalogue) -> tuple[Job, ...]:
    request = WorkloadRequest(
        count=source.count,
        seed=source.seed,
        profile=source.profile,
        start=clock.start,
        hours=clock.hours,
        load=source.load,
        max_hours=source.max_hours,
    )
    return draw_workload(request, catalogue).jobs


def _traced(trace: TraceSource, clock: Clock, catalogue: Catalogue) -> Work:
    """The busiest `days` of a trace, moved whole days so that they begin on the scenario's first day."""
    first_day = clock.start.astimezone(CHINA_TIME).date()
    rules = ImportRules(
        day="all",
        on=first_day,
        max_hours=trace.max_hours,
        scale=trace.scale,
        load=trace.load,
        seed=trace.seed,
        on_bad=trace.on_bad,
    )
    found = import_trace(trace.format, Path(trace.file), catalogue, rules)
    begin = _busiest([_day(job) for job in found.jobs], trace.days)
    shift = first_day - begin
    last = begin + timedelta(days=trace.days)
    skipped = {
        cause.value: {"rows": len(lines), "first": [f"line {line}" for line in lines[:FIRST_SHOWN]]}
        for cause, lines in found.skipped.items()
    }
    return Work(
        jobs=tuple(_moved(job, shift) for job in found.jobs if begin <= _day(job) < last),
        sources=(
            {
                "file": Path(trace.file).name,
                "rows_read": found.rows,
                "skipped": skipped,
                "rows_out_of_order": found.out_of_order,
                "run_times_cut": found.shortened,
                "shares_rounded_up": found.rounded_up,
            },
        ),
    )


def _day(job: Job) -> date:
    assert job.release is not None, "an imported job says when it is released"
    return job.release.astimezone(CHINA_TIME).date()


def _busiest(days: Sequence[date], length: int) -> date:
    """First day of the stretch of so many days with the most jobs, the earliest of equals."""
    counts = Counter(days)
    first, last = min(counts), max(counts)
    starts = [first + timedelta(days=n) for n in range(max((last - first).days - length + 2, 1))]

    def jobs_from(start: date) -> int:
        return sum(counts[start + timedelta(days=n)] for n in range(length))

    return max(starts, key=lambda start: (jobs_from(start), -start.toordinal()))


def _moved(job: Job, shift: timedelta) -> Job:
    release, deadline = job.release, job.deadline
    return replace(
        job,
        release=None if release is None else release + shift,
        deadline=None if deadline is None else deadline + shift,
    )


def _uniquely_named(jobs: list[Job]) -> list[Job]:
    """The jobs, with a number at the end of names that two traces share."""
    seen: Counter[str] = Counter()
    named = []
    for job in jobs:
        seen[job.name] += 1
        named.append(job if seen[job.name] == 1 else replace(job, name=f"{job.name}-{seen[job.name]}"))
    return named


def _changed(jobs: Sequence[Job], change: DemandChange, scenario: Scenario) -> Iterator[Job]:
    """So many jobs for one, each decided by a throw that only depends on its name."""
    seed = scenario.planning.seed
    for job in jobs:
        if not _counts(job, change, scenario.clock.start):
            yield job
            continue
        decided, *shifts = throw_dice(seed, f"{job.name}/{change.factor}")
        copies = math.floor(change.factor) + (decided < change.factor % 1.0)
        for copy in range(copies):
            yield job if copy == 0 else _copy(job, copy, shifts[0], change, scenario.clock)


def _counts(job: Job, change: DemandChange, start: datetime) -> bool:
    return (
        (not change.kinds or kind_of(job) in change.kinds)
        and (not change.origins or job.origin in change.origins)
        and within_hours(job.release or start, change.first_hour, change.last_hour)
    )


def within_hours(instant: datetime, first_hour: float, last_hour: float) -> bool:
    """Whether an instant's clock hour in China lies in [first, last); a window ending before it begins is a night."""
    local = instant.astimezone(CHINA_TIME)
    hour = local.hour + local.minute / 60.0 + local.second / 3600.0
    if first_hour <= last_hour:
        return first_hour <= hour < last_hour
    return hour >= first_hour or hour < last_hour


def _copy(job: Job, copy: int, throw: float, change: DemandChange, clock: Clock) -> Job:
    """One more of a job, moved by up to half an hour where it stays inside the window and the simulated time."""
    turn = (throw + copy * 0.6180339887498949) % 1.0
    shift = timedelta(minutes=round((2.0 * turn - 1.0) * JITTER_MINUTES))
    release, end = job.release or clock.start, clock.start + timedelta(hours=clock.hours)
    moved = release + shift
    inside = clock.start <= moved < end and within_hours(moved, change.first_hour, change.last_hour)
    late = job.deadline is not None and shift > timedelta(0) and job.deadline + shift > end >= job.deadline
    named = replace(job, name=f"{job.name}-x{copy + 1}")
    return _moved(named, shift) if inside and not late and job.release is not None else named


def _region(scenario: Scenario, catalogue: Catalogue) -> tuple[str, ...]:
    sites = select_sites(catalogue, scenario.placement.region)
    return tuple(dict.fromkeys(site.province for site in sites))


def _with_terms(job: Job, scenario: Scenario, allowed: tuple[str, ...]) -> Job:
    """A job under the scenario's rules of nearness, time, place and price."""
    changes: dict[str, object] = {}
    limit = _rtt_limit(job, scenario.latency)
    if limit is not None:
        changes["rtt_ms_max"] = limit
    if allowed and job.rtt_ms_max is None and limit is None:
        changes["residency"] = _held(job.residency, allowed)
    slack = scenario.shifting.slack_minutes_max
    if slack is not None and job.release is not None:
        longest = max(variant.runtime_minutes for variant in job.variants)
        due = job.release + timedelta(minutes=math.ceil(longest + slack))
        changes["deadline"] = due if job.deadline is None else min(due, job.deadline)
    if not scenario.shifting.pausing and job.interruptible is not None:
        changes["interruptible"] = None
    if scenario.rates.scale != 1.0 and job.value_cny is None:
        changes["value_cny"] = job_value_cny(job) * scenario.rates.scale
    return replace(job, **changes) if changes else job  # type: ignore[arg-type]


def _rtt_limit(job: Job, rules: Sequence[LatencyRule]) -> float | None:
    """The tightest limit of the rules that hold for a job and are tighter than its own; None when it keeps its own."""
    if job.origin is None:
        return None
    limits = [rule.rtt_ms_max for rule in rules if kind_of(job) in rule.kinds]
    own = math.inf if job.rtt_ms_max is None else job.rtt_ms_max
    tightest = min(limits, default=math.inf)
    return tightest if tightest < own else None


def _held(own: Residency, allowed: tuple[str, ...]) -> Residency:
    """A residency held to some provinces; the law of the job's own goes first where both leave nothing."""
    if own.hubs:
        return own
    provinces = tuple(name for name in own.provinces if name in allowed) if own.provinces else allowed
    return replace(own, provinces=provinces) if provinces else own
