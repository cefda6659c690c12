"""Cancellation: what the wish to cancel a job does to it, in every state."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from api.loop.verdict import OPEN_STATES
from api.store import Job
from scheduler.lifecycle import JobState, check_job_move


def cancelled(job: Job, now: datetime) -> Job | None:
    """Return the job after its owner asked to cancel it; None when there is nothing left to do.

    What waits is cancelled at once. What was handed to a backend is `cancelling` until the backend says that it
    has ended; if it ended well before the word arrived, it has succeeded.

    Write it as `MoveJob(job=...)`; on StaleError read the job again and ask again.
    """
    if job.finished or job.cancel_asked:
        return None
    if job.state in OPEN_STATES:
        cost = job.cost_cny if job.attempt else Decimal(0)
        return job.moved(
            JobState.CANCELLED, now, cancel_asked=True, cost_cny=cost, detail="cancelled on request"
        )
    if job.state != JobState.CANCELLING:
        check_job_move(job.id, job.state, JobState.CANCELLING)
    return job.moved(JobState.CANCELLING, now, cancel_asked=True, detail="cancel asked")
