"""Verdicts: what a plan's answer to a job does to the job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from api.loop.placed import read_placement
from api.loop.planner import PlanAnswer
from api.loop.reign import Group, Reign
from api.store import Job, MoveJob
from scheduler import Rejection
from scheduler.case import job_value_cny
from scheduler.lifecycle import JobState

OPEN_STATES = (JobState.QUEUED, JobState.PLANNED)
FOR_EVER = frozenset(
    {
        "NO_SPREAD",
        "MISSING_TAG",
        "NOT_RESIDENT",
        "NO_ACCELERATOR",
        "TOO_LARGE",
        "NO_ROUTE",
        "TOO_FAR",
        "OVER_BUDGET",
        "OVER_CARBON",
        "NOT_WORTH_IT",
    }
)
"""Reasons that neither time nor other jobs' ends will take away."""


def verdicts(
    reign: Reign, asked: Mapping[str, Job], answer: PlanAnswer, now: datetime, *, plan: str, certain: bool
) -> Iterator[Group]:
    """Yield the moves a plan makes.

    Args:
        reign: whose jobs.
        asked: the jobs as they were when the planner was asked; what changed since is left as it is.
        answer: what it said.
        now: the instant of the move.
        plan: id of the plan.
        certain: every site was open and whole, so that a refusal for ever is one.
    """
    for placement, document in zip(answer.plan.placements, answer.placements, strict=True):
        job = _unchanged(reign, asked, placement.job)
        if job is not None and (
            job.state != JobState.PLANNED or not _same_place(job, placement.site, placement.start, document)
        ):
            yield (
                MoveJob(
                    job=job.moved(
                        JobState.PLANNED,
                        now,
                        site=placement.site,
                        plan=plan,
                        placement=document,
                        starts_at=placement.start.astimezone(UTC),
                        ends_at=placement.end.astimezone(UTC),
                        reasons={},
                        detail=_about(placement.sites),
                    ),
                    states=OPEN_STATES,
                ),
            )
    for rejection in answer.plan.rejections:
        job = _unchanged(reign, asked, rejection.job)
        if job is not None:
            yield from _refused(reign, job, rejection, now, certain=certain)


def _about(sites: Sequence[str]) -> str:
    """What a planned job should know: where its replicas are to run."""
    return f"replicas at {', '.join(sites)}" if len(sites) > 1 else ""


def _unchanged(reign: Reign, asked: Mapping[str, Job], job_id: str) -> Job | None:
    job = reign.jobs.get(job_id)
    return job if job is not None and job.version == asked[job_id].version else None


def _same_place(job: Job, site: str, start: datetime, document: str) -> bool:
    if (job.site, job.starts_at) != (site, start):
        return False
    old, new = read_placement(job.placement), read_placement(document)
    return (old.variant, old.sites, old.runs) == (new.variant, new.sites, new.runs)


def _refused(
    reign: Reign, job: Job, rejection: Rejection, now: datetime, *, certain: bool
) -> Iterator[Group]:
    reasons = dict(rejection.reasons)
    for_ever = certain and reasons and FOR_EVER.issuperset(reasons)
    if for_ever and job.attempt:
        detail = "no other site can run it"
        yield (MoveJob(job=_unplaced(job, JobState.FAILED, now, reasons, detail), states=OPEN_STATES),)
    elif for_ever:
        detail = _never(reign, rejection)
        yield (MoveJob(job=_unplaced(job, JobState.REJECTED, now, reasons, detail), states=OPEN_STATES),)
    elif job.state == JobState.PLANNED or dict(job.reasons) != reasons:
        yield (
            MoveJob(job=_unplaced(job, JobState.QUEUED, now, reasons, "waits for room"), states=OPEN_STATES),
        )


def _never(reign: Reign, rejection: Rejection) -> str:
    """Say why a job is refused for ever: nowhere can it run, or everywhere it would cost more than it is worth."""
    if "NOT_WORTH_IT" not in rejection.reasons:
        return "no site can run it"
    value_cny = job_value_cny(reign.requests[rejection.job])
    return f"running it would cost more than its value of {value_cny:.6g} CNY; state a higher value_cny"


def _unplaced(job: Job, state: JobState, now: datetime, reasons: Mapping[str, int], detail: str) -> Job:
    fields: dict[str, object] = {"site": "", "placement": "", "starts_at": None, "ends_at": None}
    if state is JobState.REJECTED:
        fields["cost_cny"] = Decimal(0)
    return job.moved(state, now, reasons=dict(reasons), detail=detail, **fields)
