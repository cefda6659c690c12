"""Work: how much of a job is done and kept by its checkpoints, and how much is left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from api.store import Attempt
from scheduler import Job, Variant

LEAST_LEFT = 0.02
"""What has not ended has at least this share left, however long it has run."""


def saved_share(attempts: Iterable[Attempt]) -> float:
    """Return the share of a job's work, 0 to 1, that its checkpoints keep."""
    return min(sum(attempt.saved for attempt in attempts), 1.0 - LEAST_LEFT)


def minutes_left(request: Job, variant: Variant, attempts: Iterable[Attempt]) -> float:
    """Return how long a variant still has to run, with the minutes that resuming takes."""
    saved = saved_share(attempts)
    if saved <= 0 or request.interruptible is None:
        return variant.runtime_minutes
    return variant.runtime_minutes * (1.0 - saved) + request.interruptible.restart_minutes


def share_done(
    request: Job, variant: Variant, begun: datetime, until: datetime, *, resumed: bool, time_scale: float
) -> float:
    """Return the share of the whole work that a run did.

    Args:
        request: the job.
        variant: the way it ran.
        begun: when the run began.
        until: when it ended.
        resumed: whether it began from a checkpoint, which takes its time.
        time_scale: simulated work takes runtime * this.
    """
    minutes = (until - begun).total_seconds() / 60 / (1.0 if request.command else time_scale)
    if resumed and request.interruptible is not None:
        minutes -= request.interruptible.restart_minutes
    return min(max(minutes / variant.runtime_minutes, 0.0), 1.0)


def checkpoint_site(attempts: Iterable[Attempt]) -> str:
    """Return where the latest checkpoint is, "" when there is none."""
    return next((each.site for each in reversed(list(attempts)) if each.saved > 0), "")
