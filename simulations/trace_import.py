"""TraceImport: a trace of a real cluster becomes jobs of this network, with a count of everything left out.

What a trace does not say is filled in by stated rules: the city a job comes from is a seeded throw weighted
by population; nearness, slack, priority and data are the terms of its kind of service; accelerator models are
the fleet's stand-ins. docs/traces.md has the whole mapping.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from scheduler import Demand, Job, Variant
from simulations.dice import throw_dice
from simulations.errors import TraceError
from simulations.fleet import Fleet
from simulations.job_builder import JobBuilder
from simulations.load_scale import LoadScale, Work
from simulations.origin import Origins
from simulations.service import SERVICES
from simulations.trace_day import DAY_S, TraceDay, choose_day
from simulations.traces import (
    FORMATS,
    Cause,
    Request,
    Row,
    RowFault,
    TraceFormat,
    TraceJob,
    group_requests,
    read_lines,
)
from topology import CHINA_TIME, Catalogue, City

LINES_SHOWN = 5
JITTER_S = 1800.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportRules:
    """How a trace is imported.

    Attributes:
        day: which day, as `choose_day` reads it.
        at_least: overlay following days until there are so many jobs.
        on: calendar date (Asia/Shanghai) that the first day is put on.
        max_hours: longer run times are cut to this [h].
        scale: each job is there so many times; a copy has its own origin and terms, up to 30 minutes off.
        load: gangs are sized until work over capacity of the binding resource is this, or None: as recorded.
        interval_minutes: requests to one model are grouped by city into serving jobs of this length [min].
        seed: of every throw.
        on_bad: "skip" leaves out and counts every row that gives no job; "refuse" stops at the first one;
            "sort" stops at malformed rows and leaves out those that state a job which never ran.
    """

    day: str = "busiest"
    at_least: int = 1
    on: date = date(2026, 7, 1)
    max_hours: float = 12.0
    scale: int = 1
    load: float | None = None
    interval_minutes: int = 15
    seed: int = 0
    on_bad: str = "sort"


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceImport:
    """An imported trace and what was done to it.

    Attributes:
        format: name of the trace's format.
        day: first day taken, as the trace names it.
        days: how many days were laid over one clock, or follow one another when all were taken.
        rows: rows read.
        usable: jobs in the whole trace.
        skipped: by cause, the lines of the rows that gave no job.
        out_of_order: rows earlier than the row before them; jobs are put in order of time.
        shortened: jobs whose run time was cut.
        rounded_up: jobs that asked for a share of an accelerator and got a whole one.
        jobs: the jobs, in order of release.
    """

    format: str
    day: str
    days: int
    rows: int
    usable: int
    skipped: Mapping[Cause, tuple[int, ...]]
    out_of_order: int
    shortened: int
    rounded_up: int
    jobs: tuple[Job, ...]

    @property
    def summary(self) -> dict[str, object]:
        """The counts as a document, without the jobs."""
        return {
            "format": self.format,
            "day": self.day,
            "days": self.days,
            "rows_read": self.rows,
            "usable_jobs": self.usable,
            "skipped": {
                cause.value: {"rows": len(lines), "first_lines": list(lines[:LINES_SHOWN])}
                for cause, lines in self.skipped.items()
            },
            "rows_out_of_order": self.out_of_order,
            "run_times_cut": self.shortened,
            "shares_rounded_up": self.rounded_up,
            "jobs": len(self.jobs),
            "tasks": sum(job.tasks for job in self.jobs),
        }


@dataclass(slots=True)
class _Reading:
    """What one pass over the file found."""

    entries: list[TraceJob | Request]
    skipped: dict[Cause, list[int]]
    rows: int = 0
    out_of_order: int = 0


def import_trace(form: str, path: Path, catalogue: Catalogue, rules: ImportRules) -> TraceImport:
    """Read a trace and make jobs of the chosen day.

    Args:
        form: a key of `FORMATS`.
        path: the trace, plain or gzip.
        catalogue: whose cities and accelerators the jobs get.
        rules: which day, and how.

    Raises:
        TraceError: the file or a refused row breaks a rule, or no row gives a job.
        WorkloadError: the day cannot be had, or the catalogue lacks what the jobs need.
    """
    format_ = FORMATS[form]
    origins = Origins(catalogue)
    reading = _read(format_, path, rules.on_bad)
    jobs = [entry for entry in reading.entries if isinstance(entry, TraceJob)]
    requests = [entry for entry in reading.entries if isinstance(entry, Request)]
    jobs += group_requests(
        requests, origins=origins, interval_minutes=rules.interval_minutes, seed=rules.seed
    )
    if not jobs:
        raise TraceError(file=path, rule=f"none of its {reading.rows} rows gives a job: {_causes(reading)}")
    least = -(-rules.at_least // rules.scale)
    day = choose_day(jobs, day=rules.day, at_least=least, has_calendar=format_.has_calendar)
    maker = _JobMaker(form, catalogue, origins, rules)
    made = sorted(maker.jobs(day), key=lambda job: (job.release, job.name))
    return TraceImport(
        format=form,
        day=day.name(has_calendar=format_.has_calendar),
        days=day.days,
        rows=reading.rows,
        usable=len(jobs),
        skipped={cause: tuple(lines) for cause, lines in sorted(reading.skipped.items())},
        out_of_order=reading.out_of_order,
        shortened=rules.scale * sum(job.runtime_minutes > rules.max_hours * 60.0 for _, job in day.jobs),
        rounded_up=rules.scale * sum(job.rounded_up for _, job in day.jobs),
        jobs=tuple(made),
    )


def _read(format_: TraceFormat, path: Path, on_bad: str) -> _Reading:
    reading = _Reading(entries=[], skipped={})
    latest = -1.0
    for row in format_.rows(path, read_lines(path)):
        reading.rows += 1
        try:
            entry = format_.entry(row)
        except RowFault as fault:
            if on_bad == "refuse" or (on_bad == "sort" and fault.cause is Cause.MALFORMED):
                raise _refusal(path, row, fault) from fault
            reading.skipped.setdefault(fault.cause, []).append(row.line)
            continue
        at_s = entry.at_s if isinstance(entry, Request) else entry.submit_s
        reading.out_of_order += at_s < latest
        latest = at_s
        reading.entries.append(entry)
    return reading


def _refusal(path: Path, row: Row, fault: RowFault) -> TraceError:
    return TraceError(file=path, line=row.line, column=fault.column, value=fault.value, rule=fault.rule)


def _causes(reading: _Reading) -> str:
    return ", ".join(f"{len(lines)} {cause}" for cause, lines in sorted(reading.skipped.items()))


class _JobMaker:
    """Turns the trace jobs of a day into jobs of this network."""

    def __init__(self, form: str, catalogue: Catalogue, origins: Origins, rules: ImportRules) -> None:
        self._form, self._rules, self._origins = form, rules, origins
        self._catalogue = catalogue
        self._cities = {city.id: city for city in catalogue.cities}
        self._fleet, self._builder = Fleet(catalogue), JobBuilder(catalogue)
        self._midnight = datetime.combine(rules.on, time(), CHINA_TIME)

    def jobs(self, day: TraceDay) -> Iterator[Job]:
        """Every job of the day and its copies, with gangs sized to the load asked for."""
        jobs = list(self._made(day))
        if self._rules.load is None:
            return iter(jobs)
        works = [self._work(job) for job in jobs]
        hours = 24.0 if day.overlaid else 24.0 * day.days
        gangs = LoadScale(works, self._catalogue, self._fleet, hours).sized(self._rules.load)
        return (self._builder.resized(job, int(gang)) for job, gang in zip(jobs, gangs, strict=True))

    def _made(self, day: TraceDay) -> Iterator[Job]:
        seen: Counter[str] = Counter()
        for second, job in day.jobs:
            # Keys repeat where a trace names its rows badly; the later ones get a number.
            seen[job.key] += 1
            key = job.key if seen[job.key] == 1 else f"{job.key}-{seen[job.key]}"
            for copy in range(self._rules.scale):
                yield self._job(second, replace(job, key=key if copy == 0 else f"{key}-copy{copy}"), copy)

    def _job(self, second: float, job: TraceJob, copy: int) -> Job:
        name = f"{self._form}-{job.key}"
        where, shift, *throws = throw_dice(self._rules.seed, name)
        if copy:
            second = _moved(second, (2.0 * shift - 1.0) * JITTER_S)
        terms = SERVICES[job.service].terms(throws)
        runtime = round(max(min(job.runtime_minutes, self._rules.max_hours * 60.0), 0.01), 2)
        release = self._midnight + timedelta(seconds=round(second))
        variants = self._variants(job, runtime)
        fastest = min(variant.runtime_minutes for variant in variants)
        return self._builder.build(
            name=name,
            demand=Demand(cpu_cores=job.cpu_cores, memory_gib=job.memory_gib),
            variants=variants,
            tasks=job.tasks,
            release=release,
            deadline=terms.deadline(release, max(runtime, fastest)),
            city=self._city(job, where, copy),
            terms=terms,
            labels={"trace": self._form, "service": job.service, **job.labels},
        )

    def _work(self, job: Job) -> Work:
        return Work(
            demand=job.demand,
            variants=job.variants,
            tasks=job.tasks,
            is_near=job.rtt_ms_max is not None,
            throw=throw_dice(self._rules.seed, job.name)[-1],
        )

    def _city(self, job: TraceJob, throw: float, copy: int) -> City:
        return self._cities[job.origin] if job.origin and not copy else self._origins.at(throw)

    def _variants(self, job: TraceJob, runtime_minutes: float) -> tuple[Variant, ...]:
        if not job.accelerators:
            return (Variant(runtime_minutes=runtime_minutes),)
        if job.serving:
            return self._fleet.serving_variants(
                reference_count=job.accelerators,
                memory_gib=job.model_memory_gib,
                runtime_minutes=runtime_minutes,
            )
        return self._fleet.work_variants(
            count=job.accelerators, runtime_minutes=runtime_minutes, models=job.models
        )


def _moved(second: float, by: float) -> float:
    """A second of the same day, moved but not past a midnight."""
    start = second // DAY_S * DAY_S
    return min(max(second + by, start), start + DAY_S - 1.0)
