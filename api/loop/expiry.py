"""Expiry: a job whose deadline cannot be met any more is told so, and what runs past it is ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from api.loop.reign import Group, Reign
from api.loop.verdict import OPEN_STATES
from api.loop.work import minutes_left
from api.store import Job, MoveJob
from scheduler.lifecycle import JobState


async def expire(reign: Reign, now: datetime) -> int:
    """Move what is too late; how many jobs were."""
    late = [job_id for job_id, latest in reign.latest_starts.items() if now > latest]
    groups = (_expired(reign, reign.jobs[job_id], now) for job_id in late)
    return await reign.write([group for group in groups if group is not None])


def _expired(reign: Reign, job: Job, now: datetime) -> Group | None:
    """Return the move of a job that can no longer start in time, or that runs past its deadline."""
    request = reign.requests[job.id]
    deadline = request.deadline
    assert deadline is not None
    if job.state in OPEN_STATES:
        attempts = reign.attempts.get(job.id, ())
        minutes = min(minutes_left(request, variant, attempts) for variant in request.variants)
        # What a lost site keeps from us may still end in time.
        if now <= (deadline if reign.live(job.id) else deadline - timedelta(minutes=minutes)):
            return None
        detail = f"deadline {deadline.isoformat()} cannot be met: it takes {minutes:g} minutes"
        cost = job.cost_cny if job.attempt else Decimal(0)
        return (MoveJob(job=job.moved(JobState.EXPIRED, now, detail=detail, cost_cny=cost)),)
    if job.state == JobState.CANCELLING or now <= deadline:
        return None
    detail = f"deadline {deadline.isoformat()} passed before it ended"
    return (MoveJob(job=job.moved(JobState.CANCELLING, now, detail=detail)),)
