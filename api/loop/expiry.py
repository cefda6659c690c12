"""Expiry: a job whose deadline cannot be met any more is told so, and what runs past it is ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from api.loop.reign import Group, Reign
from api.loop.request import latest_start
from api.loop.verdict import OPEN_STATES
from api.store import Job, MoveJob
from scheduler import Job as Request
from scheduler.lifecycle import JobState


async def expire(reign: Reign, now: datetime) -> int:
    """Move what is too late; how many jobs were."""
    groups = [
        group
        for job_id, request in reign.requests.items()
        if request.deadline is not None
        and (group := _expired(reign.jobs[job_id], request, request.deadline, now))
    ]
    return await reign.write(groups)


def _expired(job: Job, request: Request, deadline: datetime, now: datetime) -> Group | None:
    when = deadline.isoformat()
    if job.state in OPEN_STATES:
        latest = latest_start(request)
        if latest is None or now <= latest:
            return None
        minutes = (deadline - latest) / timedelta(minutes=1)
        detail = f"deadline {when} cannot be met: it takes {minutes:g} minutes"
        cost = job.cost_cny if job.attempt else Decimal(0)
        return (MoveJob(job=job.moved(JobState.EXPIRED, now, detail=detail, cost_cny=cost)),)
    if job.state == JobState.CANCELLING or now <= deadline:
        return None
    return (
        MoveJob(job=job.moved(JobState.CANCELLING, now, detail=f"deadline {when} passed before it ended")),
    )
