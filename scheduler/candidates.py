"""Candidates: every variant of every job as one row of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from pricing import task_power_kw
from scheduler.arrays import Bools, Floats, Ints
from scheduler.job import Job
from scheduler.world import World
from topology import Horizon

SLOT_TOLERANCE = 1e-9  # slots; an instant may miss its slot boundary by rounding


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Candidates:
    """Rows ordered by job, then by variant; C of them.

    Attributes:
        pointer: [J + 1] rows of job j are pointer[j] .. pointer[j + 1].
        job: [C] job number.
        variant: [C] index into the job's variants.
        duration: [C] slots occupied, at least 1.
        last_slot_share: [C] part of the last slot that is used, in (0, 1].
        first_start: [C] first slot in which the run, or a transfer before it, may begin.
        last_start: [C] last slot in which the run may start; less than first_start where there is no time.
        it_kw: [C] IT power of all tasks [kW].
        demand: [C, R] units held by all tasks; a model that no site holds has no column, see `lacks_column`.
        lacks_column: [C] whether the candidate needs an accelerator that no site of the catalogue holds.
    """

    pointer: Ints
    job: Ints
    variant: Ints
    duration: Ints
    last_slot_share: Floats
    first_start: Ints
    last_start: Ints
    it_kw: Floats
    demand: Floats
    lacks_column: Bools


def list_candidates(jobs: Sequence[Job], world: World, resources: Sequence[str]) -> Candidates:
    """Return the candidates of jobs, with instants as slots and demands as vectors over `resources`."""
    horizon = world.horizon
    counts = [len(job.variants) for job in jobs]
    runtime_slots = np.array([v.runtime_minutes for job in jobs for v in job.variants]) / horizon.slot_minutes
    duration = np.maximum(np.ceil(runtime_slots - SLOT_TOLERANCE), 1).astype(np.int64)
    job = np.repeat(np.arange(len(jobs)), counts)
    release = np.array([_slots_after_start(each.release, horizon, 0.0) for each in jobs])
    deadline = np.array([_slots_after_start(each.deadline, horizon, float(horizon.slots)) for each in jobs])
    first = np.clip(np.ceil(release - SLOT_TOLERANCE), 0, horizon.slots).astype(np.int64)
    latest = np.minimum(np.floor(deadline[job] - runtime_slots + SLOT_TOLERANCE), horizon.slots - duration)
    demand, it_kw, lacks = _demands(jobs, world, resources)
    return Candidates(
        pointer=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        job=job.astype(np.int64),
        variant=np.array([index for count in counts for index in range(count)], dtype=np.int64),
        duration=duration,
        last_slot_share=runtime_slots - (duration - 1),
        first_start=first[job],
        last_start=np.maximum(latest, -1).astype(np.int64),
        it_kw=it_kw,
        demand=demand,
        lacks_column=lacks,
    )


def _slots_after_start(instant: datetime | None, horizon: Horizon, absent: float) -> float:
    """Return slots from the horizon's start to an instant, as a real number."""
    if instant is None:
        return absent
    return (instant - horizon.start).total_seconds() / (60 * horizon.slot_minutes)


def _demands(jobs: Sequence[Job], world: World, resources: Sequence[str]) -> tuple[Floats, Floats, Bools]:
    """Return demand [C, R], IT power [C], and whether a column is missing [C]."""
    column = {name: index for index, name in enumerate(resources)}
    ways = [(job, variant) for job in jobs for variant in job.variants]
    models = {model: number for number, model in enumerate(dict.fromkeys(way.accelerator for _, way in ways))}
    model = np.array([models[way.accelerator] for _, way in ways], dtype=np.int64)
    count = np.array([way.count for _, way in ways], dtype=np.float64)
    each = np.zeros((len(ways), len(resources)))
    each[:, 0] = [job.demand.cpu_cores for job, _ in ways]
    each[:, 1] = [job.demand.memory_gib for job, _ in ways]
    rated_kw = np.zeros(len(models))
    lacks = np.zeros(len(ways), dtype=np.bool_)
    for name, number in models.items():
        if name is None:
            continue
        rated_kw[number] = world.catalogue.accelerator(name).power_w / 1000
        rows = np.flatnonzero(model == number)
        if name in column:
            each[rows, column[name]] = count[rows]
        else:
            lacks[rows] = True
    each[:, -1] = task_power_kw(each[:, 0], each[:, 1], rated_kw[model], count)
    demand = np.array([job.tasks for job, _ in ways], dtype=np.float64)[:, np.newaxis] * each
    return demand, demand[:, -1].copy(), lacks
