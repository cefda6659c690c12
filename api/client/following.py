"""Following: the event stream as a script that survives broken connections, and waiting for jobs on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from api.client import calls
from api.client.conversation import Conversation, Tries
from api.client.errors import NoAnswerError, TimeLimitError, refusal
from api.client.event_stream import EventReader
from api.client.models import Event, JobStatus
from api.client.patience import may_repeat, read_retry_after
from api.client.steps import Emit, Failure, Open, Pause, Read, Reply, Script

SINGLE_READS_MAX = 20
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Opened:
    """The stream stands, and begins now: what happened before is not in it."""


def follow(talk: Conversation, *, after: int | None = None, until: float = NEVER) -> Script[None]:
    """Emit every event from now on (or after a sequence number), none lost and none twice.

    A broken stream is opened again, at another endpoint where there is one, after the last event seen. While no
    event was seen yet there is nothing to resume from: then `Opened` is emitted each time.

    Args:
        talk: with whom.
        after: go on after this event; None is from now on.
        until: when to end, by the monotonic clock [s].

    Raises:
        ServiceError: the service refused the stream.
        NoAnswerError: there was no contact for `patience.lost_s`.
        TimeLimitError: `until` has come.
    """
    last, heard_at = after, talk.clock()
    tries = Tries(name=talk.new_id(), until=until)
    while True:
        call = calls.events(last)
        got = yield from talk.try_once(call, tries, Open)
        if isinstance(got, Reply) and got.status < 400:
            heard_at, tries.failures = talk.clock(), 0
            if last is None:
                yield Emit(value=Opened())
            last, heard_at = yield from _read_through(talk, last, until, heard_at)
        elif isinstance(got, Reply):
            error = refusal(got)
            if not may_repeat(got.status, repeatable=True, problem_type=error.type):
                raise error
        yield from _pause(talk, tries, heard_at)


def _read_through(
    talk: Conversation, last: int | None, until: float, heard_at: float
) -> Script[tuple[int | None, float]]:
    """Emit what an open stream says until it breaks; return the last event's number and when it was heard."""
    reader = EventReader()
    try:
        while True:
            left_s = until - talk.clock()
            if left_s <= 0:
                raise TimeLimitError("the time to wait is over")
            piece = yield Read(silence_s=min(talk.patience.silence_s, left_s))
            if isinstance(piece, Failure) or not piece:
                return last, heard_at
            heard_at = talk.clock()
            for event in reader.feed(piece):
                if last is None or event.seq > last:
                    last = event.seq
                    yield Emit(value=event)
    except (ValueError, ValidationError):
        return last, heard_at  # cut or mangled on the way: resumed after the last whole event


def _pause(talk: Conversation, tries: Tries, heard_at: float) -> Script[None]:
    tries.failures += 1
    now = talk.clock()
    if now - heard_at > talk.patience.lost_s:
        reason = f"no contact with {', '.join(talk.endpoints.urls)} for {talk.patience.lost_s:g} s"
        raise NoAnswerError(reason, request_id=tries.request_id)
    asked_s = read_retry_after(tries.last.headers, talk.now()) if isinstance(tries.last, Reply) else 0.0
    pause_s = talk.patience.pause_before_next(tries.failures, talk.chance(), asked_s)
    if now + pause_s >= tries.until:
        yield Pause(seconds=max(0.0, tries.until - now))
        raise TimeLimitError("the time to wait is over", request_id=tries.request_id)
    yield Pause(seconds=pause_s)


def wait_for(talk: Conversation, ids: Collection[str], *, timeout_s: float | None = None) -> Script[None]:
    """Emit each event of the jobs, and each job (JobStatus) once when it has ended; end when all have.

    The stream is opened first and the states are read after, so that no end falls between the two.

    Raises:
        NotFoundError: there is no such job.
        TimeLimitError: the time is over.
        NoAnswerError: there was no contact for `patience.lost_s`.
    """
    outstanding = dict.fromkeys(ids)
    if not outstanding:
        return
    until = NEVER if timeout_s is None else talk.clock() + timeout_s
    stream = follow(talk, until=until)
    try:
        step = next(stream)
        while True:
            answer = None
            if not isinstance(step, Emit):
                answer = yield step
            elif isinstance(step.value, Opened):
                yield from _look(talk, outstanding)
            elif step.value.subject in outstanding:
                yield from _tell(talk, step.value, outstanding)
            if not outstanding:
                return
            step = stream.send(answer)
    finally:
        stream.close()


def _tell(talk: Conversation, event: Event, outstanding: dict[str, None]) -> Script[None]:
    yield Emit(value=event)
    if event.ended:
        job = yield from talk.ask(calls.show(event.subject))
        yield from _settle([job], outstanding)


def _look(talk: Conversation, outstanding: dict[str, None]) -> Script[None]:
    """Read how the jobs stand: each by itself when they are few, by pages from the newest when they are many."""
    if len(outstanding) <= SINGLE_READS_MAX:
        for name in tuple(outstanding):
            job = yield from talk.ask(calls.show(name))
            yield from _settle([job], outstanding)
        return
    oldest, cursor, missing = min(outstanding), None, set(outstanding)
    while True:
        page = yield from talk.ask(calls.list_jobs(cursor=cursor, limit=1000))
        missing.difference_update(job.id for job in page.jobs)
        yield from _settle(page.jobs, outstanding)
        cursor = page.cursor
        # Ids ascend with time: past the oldest wanted there is nothing to find.
        if cursor is None or not missing or page.jobs[-1].id < oldest:
            break
    for name in missing:
        job = yield from talk.ask(calls.show(name))  # raises NotFoundError
        yield from _settle([job], outstanding)


def _settle(jobs: Iterable[JobStatus], outstanding: dict[str, None]) -> Script[None]:
    for job in jobs:
        if job.ended and job.id in outstanding:
            del outstanding[job.id]
            yield Emit(value=job)
