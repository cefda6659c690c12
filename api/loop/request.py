"""The request behind a stored job: its document, read once, and what the planner is asked about it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from api.feeds import elsewhere_tags
from api.loop.work import checkpoint_site, minutes_left
from api.store import Attempt
from api.store import Job as JobRow
from pricing import PricingError, it_power_kw
from scheduler import DocumentError, Input, Job, JobError, ReferenceFault, References, Variant
from scheduler.case import job_value_cny
from scheduler.document import job_adapter, job_fault
from topology import Catalogue, Resources

_MOMENT = timedelta(seconds=1)


def read_request(row: JobRow, references: References) -> Job:
    """Return the request as sent, under the job's id as its name: names are unique within a tenant only.

    Raises:
        DocumentError: The document is no job.
        ReferenceFault: It names a place or machine that is not among the references.
        UnknownPrice: It states no value, and the rate card has no price of its machine.
    """
    try:
        request = job_adapter().validate_json(row.document)
    except ValidationError as error:
        raise job_fault(error) from None
    request = replace(request, name=row.id, tenant=row.tenant)
    references.check([request])
    job_value_cny(request)  # one job that cannot be valued would fail the plan of all
    return request


def ask(request: Job, row: JobRow, *, avoided: Collection[str], begin: datetime, now: datetime) -> Job:
    """Return the request as the planner is asked.

    Args:
        request: as sent.
        row: where the job stands.
        avoided: sites where it has failed too often.
        begin: when the first slot began.
        now: what the clock says; part of the first slot is over.
    """
    release = max((each for each in (request.release, row.retry_at) if each is not None), default=None)
    deadline = request.deadline
    if deadline is not None:
        # Work placed in the slot that has begun starts now, not at its beginning: too late for some variant?
        if any(begin <= deadline - timedelta(minutes=v.runtime_minutes) < now for v in request.variants):
            deadline -= now - begin
        if release is not None and release >= deadline:
            release = deadline - _MOMENT
    changed: dict[str, Any] = {}  # most jobs are asked about as they were sent
    if (release, deadline) != (request.release, request.deadline):
        changed |= {"release": release, "deadline": deadline}
    if avoided:
        tags = (*request.residency.tags, *elsewhere_tags(avoided))
        changed["residency"] = replace(request.residency, tags=tags)
    if request.command or request.labels:
        changed |= {"command": (), "labels": {}}
    return replace(request, **changed) if changed else request


def work_left(request: Job, attempts: Sequence[Attempt], *, in_pieces: bool) -> Job:
    """Return the request for what its checkpoints have not kept: less time, and the checkpoint to be moved.

    What it read is where it last ran, with the checkpoint: going on there moves nothing, and going on elsewhere
    must save more than it costs to move.

    Args:
        request: as sent.
        attempts: what was done of it.
        in_pieces: whether every backend can suspend work and go on with it later. Where one cannot, a job is planned
            in one piece, for in one piece it would run.
    """
    pieces = request.interruptible if in_pieces and request.spread is None else None
    site = checkpoint_site(attempts)
    if request.interruptible is None or not site:
        return request if pieces is request.interruptible else replace(request, interruptible=pieces)
    size_gb = sum(data.size_gb for data in request.inputs) + request.interruptible.checkpoint_gb
    variants = tuple(
        replace(way, runtime_minutes=minutes_left(request, way, attempts)) for way in request.variants
    )
    shortest = min(variant.runtime_minutes for variant in variants)
    if pieces is not None and shortest < 2 * pieces.min_run_minutes:
        pieces = None
    inputs = (Input(at=site, size_gb=size_gb),) if size_gb else ()
    return replace(request, variants=variants, inputs=inputs, interruptible=pieces)


def held_by(request: Job, variant: int) -> Resources:
    """Return what all tasks of a job hold."""
    return task_resources(request, request.variants[variant]) * request.tasks


def task_resources(request: Job, variant: Variant) -> Resources:
    """Return what one task holds."""
    accelerators = {variant.accelerator: variant.count} if variant.accelerator else {}
    return Resources(
        cpu_cores=request.demand.cpu_cores, memory_gib=request.demand.memory_gib, accelerators=accelerators
    )


def it_kw_of(request: Job, variant: int, catalogue: Catalogue) -> float:
    """Return the IT power a job draws [kW]."""
    way = request.variants[variant]
    machine = catalogue.accelerator(way.accelerator) if way.accelerator else None
    return it_power_kw(request.tasks, request.demand.cpu_cores, request.demand.memory_gib, machine, way.count)


def latest_start(request: Job) -> datetime | None:
    """Return the last instant at which the job, in its shortest variant, can still start; None without a deadline."""
    if request.deadline is None:
        return None
    return request.deadline - timedelta(minutes=min(variant.runtime_minutes for variant in request.variants))


UNREADABLE = (DocumentError, ReferenceFault, JobError, PricingError)
"""Why a stored job cannot be planned at all."""
