"""Cancellation: what the wish to cancel a job does to it, in every state, and how it is written down."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from api.loop.settlement import Settlement
from api.loop.verdict import OPEN_STATES
from api.store import Job, MoveJob, Store
from scheduler.lifecycle import JobState, check_job_move


def cancelled(job: Job, now: datetime) -> Job | None:
    """Return the job after its owner asked to cancel it; None when there is nothing left to do.

    What waits is cancelled at once. What was handed to a backend is `cancelling` until the backend says that it
    has ended; if it ended well before the word arrived, it has succeeded.
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


async def cancel(store: Store, job: Job, now: datetime) -> Job | None:
    """Write down that a job's owner asked to cancel it; the job as it is then, None when nothing is left to do.

    What is cancelled at once although it was tried before counts with what it used, no longer with its estimate.

    Raises:
        StaleError: it was changed meanwhile; read it again and ask again.
    """
    moved = cancelled(job, now)
    if moved is None:
        return None
    moved = await Settlement(store).settled_job(moved)
    await store.write(MoveJob(job=moved))
    return moved
