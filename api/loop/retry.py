"""Retry: what the ends and silences of its attempts mean for a job."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from api.dispatch import Observation
from api.loop.placed import placed_for
from api.loop.replicas import is_live, losses, tips
from api.loop.settings import LoopSettings
from api.loop.verdict import OPEN_STATES
from api.store import Attempt, Change, Job, Put
from scheduler.lifecycle import AttemptState, JobState

_A, _J = AttemptState, JobState
UNPLACED: Mapping[str, object] = {
    "site": "",
    "placement": "",
    "starts_at": None,
    "ends_at": None,
    "reasons": {},
}
"""The fields of a job that waits to be planned anew."""


def over(
    attempt: Attempt,
    state: AttemptState,
    *,
    now: datetime,
    seen: Observation | None = None,
    detail: str = "",
    metered: tuple[Change, ...] = (),
    saved: float = 0.0,
) -> Attempt:
    """Return an attempt at its end.

    Args:
        attempt: as stored.
        state: how it ended.
        now: the instant of the move.
        seen: what the backend saw.
        detail: one sentence for people.
        metered: its usage, stored in the same write.
        saved: share of the work that a checkpoint keeps of it.
    """
    return replace(
        attempt,
        state=state,
        ended_at=(seen.ended_at if seen else None) or now,
        started_at=(seen.started_at if seen else None) or attempt.started_at,
        exit_code=seen.exit_code if seen else None,
        signal=seen.signal if seen else None,
        measured=json.dumps(dict(seen.measured)) if seen and seen.measured else attempt.measured,
        metered_until=_metered_until(metered, attempt),
        detail=detail,
        saved=saved,
    )


def brought_on(
    job: Job, attempts: Sequence[Attempt], silent: Collection[str], *, now: datetime, settings: LoopSettings
) -> Job | None:
    """Return the job after its attempts have changed, or None when that changes nothing for it.

    The first replica that succeeds is the job's success; a job has failed when its last replica has.

    Args:
        job: as stored.
        attempts: all of its attempts as they are now, oldest first.
        silent: ids of attempts of which nothing is known at present.
        now: the instant of the move.
        settings: of the loop.
    """
    if job.finished or not attempts:
        return None
    won = next((attempt for attempt in attempts if attempt.state == _A.SUCCEEDED), None)
    if won is not None:
        return job.moved(_J.SUCCEEDED, now, detail=won.detail, **_place_of(job, won))
    if job.state == _J.CANCELLING:
        return None if any(map(is_live, attempts)) else ended_as_asked(job, attempts[-1].detail, now)
    newest = tips(attempts)
    if job.state in OPEN_STATES:
        return _taken_back(job, newest, silent, now, settings)
    if not any(map(is_live, newest.values())):
        return _tried_again(job, attempts, now, settings)
    return _as_seen(job, attempts, silent, now, settings)


def ended_as_asked(job: Job, detail: str, now: datetime) -> Job:
    """Return a job that was asked to end at its end: cancelled, for which `detail` gives a sentence, or expired."""
    if job.cancel_asked:
        return job.moved(_J.CANCELLED, now, detail=detail)
    return job.moved(_J.EXPIRED, now, detail=job.detail or "deadline passed")


def backoff(number: int, settings: LoopSettings) -> timedelta:
    """Return how long to wait after so many attempts: twice as long each time."""
    return timedelta(seconds=min(settings.retry_s * 2.0 ** min(max(number, 1) - 1, 32), settings.retry_s_max))


def given_up(attempts: Sequence[Attempt], replica: int, settings: LoopSettings) -> str:
    """Return why a replica whose newest attempt is over is not tried again; "" when it is."""
    tries = [attempt for attempt in attempts if attempt.replica == replica]
    last, number = tries[-1], losses(tries, replica)
    failed = sum(attempt.state == _A.FAILED for attempt in tries)
    if last.state == _A.FAILED and failed >= settings.command_attempts:
        return last.detail or last.state
    if number >= settings.attempts_max:
        return f"gave up after {number} attempts; the last: {last.detail or last.state}"
    return ""


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


def _taken_back(
    job: Job, newest: Mapping[int, Attempt], silent: Collection[str], now: datetime, settings: LoopSettings
) -> Job | None:
    """A job that was to begin anew, since its site was lost, and whose work is seen again."""
    heard = [each for each in newest.values() if is_live(each) and each.id not in silent]
    if not heard:
        why = [given_up(list(newest.values()), replica, settings) for replica in newest]
        ended = not any(map(is_live, newest.values()))
        return job.moved(_J.FAILED, now, **{**UNPLACED, "detail": why[0]}) if ended and all(why) else None
    back = max(heard, key=lambda attempt: attempt.number)
    running = [attempt for attempt in heard if attempt.state == _A.RUNNING]
    detail = f"{back.site} is back, and the job still there"
    state = _J.RUNNING if running else _J.STARTING
    return job.moved(state, now, detail=detail, retry_at=None, reasons={}, **_place_of(job, back))


def _tried_again(job: Job, attempts: Sequence[Attempt], now: datetime, settings: LoopSettings) -> Job:
    """Nothing of the job runs any more: it is planned anew, or has failed."""
    last = attempts[-1]
    why = {replica: given_up(attempts, replica, settings) for replica in tips(attempts)}
    if all(why.values()):
        return job.moved(_J.FAILED, now, detail=why[last.replica])
    detail = (
        f"attempt {last.number} {last.state}: {last.detail}"
        if last.detail
        else f"attempt {last.number} {last.state}"
    )
    retry_at: datetime | None = now + backoff(losses(attempts, last.replica), settings)
    if last.saved > 0:
        detail, retry_at = last.detail, None
    return job.moved(_J.QUEUED, now, **{**UNPLACED, "detail": detail, "retry_at": retry_at})


def _as_seen(
    job: Job, attempts: Sequence[Attempt], silent: Collection[str], now: datetime, settings: LoopSettings
) -> Job | None:
    """The state of a job of which something runs, or may run: it runs when all of its replicas do."""
    newest = tips(attempts)
    live = [attempt for attempt in newest.values() if is_live(attempt)]
    gone = sum(not is_live(tip) and bool(given_up(attempts, each, settings)) for each, tip in newest.items())
    wanted = len(placed_for(job, live[0]).sites)
    running = [attempt for attempt in live if attempt.state == _A.RUNNING and attempt.id not in silent]
    quiet = sorted(attempt.site for attempt in live if attempt.id in silent)
    if len(running) >= wanted - gone or (running and job.state != _J.STARTING):
        state = _J.RUNNING
    else:
        state = _J.UNKNOWN if len(quiet) == len(live) else _J.STARTING
    silence = f"{' and '.join(quiet)} {'do' if len(quiet) > 1 else 'does'} not answer" if quiet else ""
    if wanted == 1:
        return job.moved(state, now, detail=silence) if state != job.state else None
    count = f"{len(running)} of {wanted} replicas run" if running and len(running) < wanted else ""
    detail = "; ".join(part for part in (count, silence) if part)
    return job.moved(state, now, detail=detail) if (state, detail) != (job.state, job.detail) else None


def _place_of(job: Job, attempt: Attempt) -> dict[str, object]:
    """Return the fields that put a job which is being planned anew back to where an attempt of it is."""
    if job.state not in OPEN_STATES:
        return {}
    placed = placed_for(job, attempt)
    return {
        "site": placed.site,
        "placement": attempt.placement,
        "starts_at": placed.start,
        "ends_at": placed.end,
    }


def _metered_until(metered: tuple[Change, ...], attempt: Attempt) -> datetime | None:
    ends: list[datetime] = [each.record.ended_at for each in metered if isinstance(each, Put)]  # type: ignore[union-attr,misc]
    return max(ends, default=attempt.metered_until)
