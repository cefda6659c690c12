"""Retry: what the end of an attempt means for its job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from api.dispatch import Observation
from api.loop.reign import Group, Reign
from api.loop.settings import LoopSettings
from api.store import Attempt, Change, Job, MoveJob, Put
from scheduler.lifecycle import AttemptState, JobState

_A, _J = AttemptState, JobState


def ended(
    reign: Reign,
    job: Job,
    attempt: Attempt,
    state: AttemptState,
    *,
    now: datetime,
    settings: LoopSettings,
    seen: Observation | None = None,
    detail: str = "",
    metered: tuple[Change, ...] = (),
) -> Group:
    """Return the changes that end an attempt and bring its job on: to its own end, or to another attempt.

    Args:
        reign: what was tried before.
        job: whose attempt it is.
        attempt: as stored.
        state: how it ended.
        now: the instant of the move.
        settings: of the loop.
        seen: what the backend saw.
        detail: one sentence for people.
        metered: its usage, stored in the same write.
    """
    over = replace(
        attempt,
        state=state,
        ended_at=(seen.ended_at if seen else None) or now,
        started_at=(seen.started_at if seen else None) or attempt.started_at,
        exit_code=seen.exit_code if seen else None,
        signal=seen.signal if seen else None,
        measured=json.dumps(dict(seen.measured)) if seen and seen.measured else attempt.measured,
        metered_until=_metered_until(metered, attempt),
        detail=detail,
    )
    tries = [*reign.attempts.get(job.id, ())[:-1], over]
    after, why = _next_state(job, tries, settings, detail)
    fields: dict[str, object] = {"detail": why}
    if after is _J.QUEUED:
        fields |= {"retry_at": now + backoff(attempt.number, settings), "site": "", "placement": ""}
        fields |= {"starts_at": None, "ends_at": None, "reasons": {}}
    return (MoveJob(job=job.moved(after, now, **fields)), Put(record=over, expect=attempt), *metered)


def backoff(number: int, settings: LoopSettings) -> timedelta:
    """Return how long to wait after so many attempts: twice as long each time."""
    return timedelta(seconds=min(settings.retry_s * 2.0 ** min(number - 1, 32), settings.retry_s_max))


def _next_state(job: Job, tries: list[Attempt], settings: LoopSettings, detail: str) -> tuple[JobState, str]:
    state, number = tries[-1].state, len(tries)
    if state == _A.SUCCEEDED:
        return _J.SUCCEEDED, detail
    if job.state == _J.CANCELLING:
        return (_J.CANCELLED, detail) if job.cancel_asked else (_J.EXPIRED, job.detail or "deadline passed")
    failed = sum(attempt.state == _A.FAILED for attempt in tries)
    if state == _A.FAILED and failed >= settings.command_attempts:
        return _J.FAILED, detail
    if number >= settings.attempts_max:
        return _J.FAILED, f"gave up after {number} attempts; the last: {detail or state}"
    return (
        _J.QUEUED,
        f"attempt {tries[-1].number} {state}: {detail}" if detail else f"attempt {tries[-1].number} {state}",
    )


def _metered_until(metered: tuple[Change, ...], attempt: Attempt) -> datetime | None:
    ends: list[datetime] = [each.record.ended_at for each in metered if isinstance(each, Put)]  # type: ignore[union-attr,misc]
    return max(ends, default=attempt.metered_until)


def outcome_of(seen: Observation) -> tuple[AttemptState, str]:
    """Return how an attempt that is over ended, and a sentence about it."""
    if seen.succeeded:
        return _A.SUCCEEDED, seen.detail
    words: Mapping[str, str] = {
        "exited": f"exit code {seen.exit_code}",
        "signalled": f"ended by signal {seen.signal}",
        "timeout": "took too long",
        "cancelled": "ended on request",
        "not_started": "could not be started",
    }
    said = words[seen.ending] if seen.ending is not None else ""
    sentence = f"{said}: {seen.detail}" if seen.detail else said
    return (_A.CANCELLED if seen.ending == "cancelled" else _A.FAILED), sentence
