"""Lifecycle: the states of a job and of an attempt, and every move that is allowed between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from scheduler.errors import SchedulerError


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    PLANNED = "planned"
    STARTING = "starting"
    RUNNING = "running"
    UNKNOWN = "unknown"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"


class AttemptState(StrEnum):
    """Where one try at running a job stands."""

    STARTING = "starting"
    ACCEPTED = "accepted"
    RUNNING = "running"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


_J, _A = JobState, AttemptState
_ENDS = (_J.SUCCEEDED, _J.FAILED, _J.CANCELLED, _J.EXPIRED)
_ATTEMPT_ENDS = (_A.SUCCEEDED, _A.FAILED, _A.CANCELLED, _A.LOST)

JOB_MOVES: Mapping[JobState, tuple[JobState, ...]] = {
    # Accepted, without a place in a plan; it may stay so with fresh reasons. What a lost site kept from us may be
    # found running, or done, when the site is back.
    _J.QUEUED: (_J.QUEUED, _J.PLANNED, _J.STARTING, _J.RUNNING, *_ENDS, _J.REJECTED),
    # A place in the plan, which may change until the start, or be lost again.
    _J.PLANNED: (_J.PLANNED, _J.QUEUED, _J.STARTING, _J.RUNNING, *_ENDS, _J.REJECTED),
    # Handed to a backend, which has not said that it runs; short work may end before it is seen running. One of its
    # replicas may be placed anew meanwhile, here and below.
    _J.STARTING: (_J.STARTING, _J.RUNNING, _J.UNKNOWN, _J.CANCELLING, _J.QUEUED, *_ENDS),
    # A batch system may put it back into its queue.
    _J.RUNNING: (_J.RUNNING, _J.STARTING, _J.UNKNOWN, _J.CANCELLING, _J.QUEUED, *_ENDS),
    # The backend does not answer; only its own word, or the loss of the site, brings the job on.
    _J.UNKNOWN: (_J.UNKNOWN, _J.STARTING, _J.RUNNING, _J.CANCELLING, _J.QUEUED, *_ENDS),
    # It was asked to end; what ended well before the word arrived has succeeded.
    _J.CANCELLING: _ENDS,
    _J.SUCCEEDED: (),
    _J.FAILED: (),
    _J.CANCELLED: (),
    _J.EXPIRED: (),
    _J.REJECTED: (),
}

ATTEMPT_MOVES: Mapping[AttemptState, tuple[AttemptState, ...]] = {
    # Written down before the backend hears of it, so that a crash in between is mended by asking again.
    _A.STARTING: (_A.ACCEPTED, _A.RUNNING, _A.UNKNOWN, *_ATTEMPT_ENDS),
    _A.ACCEPTED: (_A.RUNNING, _A.UNKNOWN, *_ATTEMPT_ENDS),
    _A.RUNNING: (_A.ACCEPTED, _A.UNKNOWN, *_ATTEMPT_ENDS),  # a batch system may put it back into its queue
    _A.UNKNOWN: (_A.STARTING, _A.ACCEPTED, _A.RUNNING, *_ATTEMPT_ENDS),
    _A.SUCCEEDED: (),
    _A.FAILED: (),
    _A.CANCELLED: (),
    _A.LOST: (),
}

FINAL_JOB_STATES = frozenset(state for state, onward in JOB_MOVES.items() if not onward)
FINAL_ATTEMPT_STATES = frozenset(state for state, onward in ATTEMPT_MOVES.items() if not onward)
LIVE_JOB_STATES = tuple(state for state in JobState if state not in FINAL_JOB_STATES)
LIVE_ATTEMPT_STATES = tuple(state for state in AttemptState if state not in FINAL_ATTEMPT_STATES)

HELD_STATES = (_J.STARTING, _J.RUNNING, _J.UNKNOWN, _J.CANCELLING)
"""States of a job in which it holds, or may hold, room at a site."""


class IllegalMove(SchedulerError, ValueError):  # noqa: N818  (named like UnknownJob)
    """A move the table does not allow.

    Attributes:
        subject: the job or attempt.
        before: its state.
        after: the state it was to have.
        allowed: the states it may have next.
    """

    def __init__(self, subject: str, before: StrEnum, after: StrEnum, allowed: tuple[StrEnum, ...]) -> None:
        """Name the subject, where it stands, where it was to go and where it may go."""
        self.subject, self.before, self.after, self.allowed = subject, before, after, allowed
        onward = f"allowed: {', '.join(allowed)}" if allowed else f"{before} is final"
        super().__init__(f"{subject}: {before} -> {after} is not allowed; {onward}")


def check_job_move(job: str, before: str, after: str) -> JobState:
    """Return the new state of a job.

    Raises:
        IllegalMove: the table does not allow it.
        ValueError: a state that does not exist.
    """
    old, new = JobState(before), JobState(after)
    if new not in JOB_MOVES[old]:
        raise IllegalMove(f"job {job}", old, new, JOB_MOVES[old])
    return new


def check_attempt_move(attempt: str, before: str, after: str) -> AttemptState:
    """Return the new state of an attempt.

    Raises:
        IllegalMove: the table does not allow it.
        ValueError: a state that does not exist.
    """
    old, new = AttemptState(before), AttemptState(after)
    if new not in ATTEMPT_MOVES[old]:
        raise IllegalMove(f"attempt {attempt}", old, new, ATTEMPT_MOVES[old])
    return new


def render_moves(
    moves: Mapping[JobState, tuple[JobState, ...]] | Mapping[AttemptState, tuple[AttemptState, ...]],
) -> str:
    """Return a table of moves as Markdown, one row a state."""
    rows = [
        f"| `{state}` | {', '.join(f'`{to}`' for to in onward) or 'final'} |"
        for state, onward in moves.items()
    ]
    return "\n".join(["| from | may become |", "|---|---|", *rows])
