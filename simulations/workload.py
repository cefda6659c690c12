"""Workload: a generated day of jobs, whose demand follows figures fitted to real traces.

Figures and their traces stand in figures.py, kinds of work in profile.py, the terms of each service in
service.py; docs/traces.md is the table. The same request gives the same jobs, to the byte.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from scheduler import Demand, Job, Variant
from simulations.errors import WorkloadError
from simulations.fleet import Fleet
from simulations.job_builder import JobBuilder
from simulations.load_scale import LoadScale, Work
from simulations.origin import Origins
from simulations.profile import (
    CORES_PER_ACCELERATOR,
    GIB_PER_ACCELERATOR,
    GIB_PER_CORE,
    KINDS,
    Kind,
    find_profile,
)
from simulations.service import SERVICES, Terms
from simulations.traces.entry import MOST_ACCELERATORS_PER_TASK, MOST_CORES_PER_TASK, split_gang
from topology import CHINA_TIME, Catalogue

MOST_JOBS = 5_000_000
MOST_HOURS = 31 * 24
# A run waits for its slot, and its data for theirs: this much of the day stays free after a late release.
MARGIN_MINUTES = 45.0
_COLUMNS = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkloadRequest:
    """What to draw.

    Attributes:
        count: how many jobs.
        seed: of every draw.
        profile: a key of `PROFILES`.
        start: first instant of the day.
        hours: its length [h]; every job can end within it.
        load: work over capacity of the binding resource that the gangs are sized to, or None: as drawn.
        max_hours: longer run times are cut to this [h].
    """

    count: int
    seed: int = 0
    profile: str = "mixed"
    start: datetime = datetime(2026, 7, 1, tzinfo=CHINA_TIME)
    hours: float = 24.0
    load: float | None = None
    max_hours: float = 12.0

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST_JOBS:
            raise WorkloadError(f"count {self.count}: must be from 1 to {MOST_JOBS}")
        if self.start.utcoffset() is None:
            raise WorkloadError(
                f"start {self.start.isoformat()}: has no time zone; write an offset such as +08:00"
            )
        if not 2.0 <= self.hours <= MOST_HOURS:
            raise WorkloadError(f"hours {self.hours:g}: must be from 2 to {MOST_HOURS}")
        if not 0.0 < self.max_hours <= MOST_HOURS:
            raise WorkloadError(f"max hours {self.max_hours:g}: must be above 0, at most {MOST_HOURS}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """A generated day.

    Attributes:
        request: what was asked for.
        jobs: in order of release.
        loads: load of each resource over the day, work over capacity.
    """

    request: WorkloadRequest
    jobs: tuple[Job, ...]
    loads: dict[str, float]


def draw_workload(request: WorkloadRequest, catalogue: Catalogue) -> Workload:
    """Draw a day of jobs for a catalogue.

    Raises:
        WorkloadError: there is no such profile, the catalogue lacks cities or accelerators, a kind of work is
            never released in the hours asked for, or the load cannot be reached.
    """
    throws = np.random.Generator(np.random.PCG64(request.seed)).random((request.count, _COLUMNS))
    fleet = Fleet(catalogue)
    names, releases = _arrivals(request, throws)
    limit = min(request.max_hours * 60.0, request.hours * 60.0 - MARGIN_MINUTES)
    rows: list[Sequence[float]] = throws.tolist()
    works = [_work(KINDS[name], row, fleet, limit) for name, row in zip(names, rows, strict=True)]
    scale = LoadScale(works, catalogue, fleet, request.hours)
    tasks = scale.sized(request.load)
    origins, builder = Origins(catalogue), JobBuilder(catalogue)
    width = len(str(request.count - 1))
    jobs = [
        _job(
            request=request,
            name=f"{kind}-{number:0{width}d}",
            kind=kind,
            work=work,
            tasks=gang,
            minute=minute,
            row=row,
            origins=origins,
            builder=builder,
        )
        for number, (kind, work, gang, minute, row) in enumerate(
            zip(names, works, tasks.astype(int).tolist(), releases.tolist(), rows, strict=True)
        )
    ]
    jobs.sort(key=lambda job: (job.release, job.name))
    loads = {name: round(load, 4) for name, load in scale.loads(tasks).items()}
    return Workload(request=request, jobs=tuple(jobs), loads=loads)


def _arrivals(
    request: WorkloadRequest, throws: npt.NDArray[np.float64]
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """The kind of each job, and the minute of its release after the start."""
    profile = find_profile(request.profile)
    kinds = list(profile)
    steps = np.cumsum(list(profile.values()))
    places = np.minimum(np.searchsorted(steps, throws[:, 0] * steps[-1], side="right"), len(kinds) - 1)
    local = request.start.astimezone(CHINA_TIME)
    start_minute = local.hour * 60.0 + local.minute + local.second / 60.0
    minutes = np.zeros(request.count)
    for place, kind in enumerate(kinds):
        mine = places == place
        try:
            times, masses = KINDS[kind].day.steps(start_minute, request.hours * 60.0)
        except ValueError as error:
            raise WorkloadError(
                f"profile {request.profile}: no {kind} is released in the {request.hours:g} h from "
                f"{local.isoformat()}; choose other hours"
            ) from error
        minutes[mine] = np.interp(throws[mine, 1], masses, times)
    return [kinds[place] for place in places.tolist()], minutes


def _work(kind: Kind, row: Sequence[float], fleet: Fleet, limit_minutes: float) -> Work:
    """What one task of a job asks for, and its gang as drawn."""
    units = max(1, round(kind.units.at(row[2])))
    law = kind.gang_runtime_minutes if units > 1 and kind.gang_runtime_minutes else kind.runtime_minutes
    runtime = round(max(min(law.at(row[3]), limit_minutes), 0.01), 2)
    service = SERVICES[kind.service]
    if not kind.accelerated:
        tasks, cores = split_gang(units, MOST_CORES_PER_TASK)
        demand = Demand(cpu_cores=cores, memory_gib=cores * GIB_PER_CORE)
        variants: tuple[Variant, ...] = (Variant(runtime_minutes=runtime),)
    else:
        tasks, count = split_gang(units, MOST_ACCELERATORS_PER_TASK)
        demand = Demand(
            cpu_cores=round(count * CORES_PER_ACCELERATOR.at(row[4]), 1),
            memory_gib=round(count * GIB_PER_ACCELERATOR.at(row[4]), 1),
        )
        if service.rtt_ms is None:
            variants = fleet.work_variants(count=count, runtime_minutes=runtime)
        else:
            variants = fleet.serving_variants(reference_count=count, memory_gib=0.0, runtime_minutes=runtime)
    in_time = tuple(variant for variant in variants if variant.runtime_minutes <= limit_minutes)
    return Work(
        demand=demand,
        variants=in_time or variants,
        tasks=tasks,
        is_near=service.rtt_ms is not None,
        throw=row[5],
    )


def _job(
    *,
    request: WorkloadRequest,
    name: str,
    kind: str,
    work: Work,
    tasks: int,
    minute: float,
    row: Sequence[float],
    origins: Origins,
    builder: JobBuilder,
) -> Job:
    """One job with its terms.

    The arrivals of jobs as long as this one are squeezed into the time they can still end in: were late ones moved to
    the last moment instead, all long jobs would meet there.
    """
    service = KINDS[kind].service
    terms: Terms = SERVICES[service].terms(row[6:13])
    runtime = max(variant.runtime_minutes for variant in work.variants)
    latest = request.hours * 60.0 - runtime - MARGIN_MINUTES
    squeezed = minute * max(latest, 0.0) / (request.hours * 60.0)
    release = request.start + timedelta(seconds=math.floor(squeezed * 60.0))
    end = request.start + timedelta(hours=request.hours)
    return builder.build(
        name=name,
        demand=work.demand,
        variants=work.variants,
        tasks=tasks,
        release=release,
        deadline=min(terms.deadline(release, runtime), end),
        city=origins.at(row[13]),
        terms=terms,
        labels={"kind": kind, "profile": request.profile},
    )
