"""Conversation: one call with all its tries, as a script; the same for the sync and the async client."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from api.client.endpoints import Endpoints
from api.client.errors import NoAnswerError, TimeLimitError, refusal
from api.client.patience import Patience, may_repeat, read_retry_after
from api.client.steps import Call, Exchange, Failure, Pause, Probe, Reply, Script

T = TypeVar("T")
PROBE_S = 2.0


@dataclass(kw_only=True, slots=True)
class Tries:
    """What has happened to one call so far.

    Attributes:
        name: of the call; the request id of a try is this and its number.
        until: when its total time is over, by the monotonic clock [s].
        count: tries begun.
        failures: tries that brought nothing.
        visited: endpoints asked lately; the others are asked first.
        url: endpoint of the last try.
        last: what the last try brought.
        request_id: of the last try.
    """

    name: str
    until: float
    count: int = 0
    failures: int = 0
    visited: tuple[str, ...] = ()
    url: str = ""
    last: Reply | Failure | None = None
    request_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """What every script needs to know.

    Attributes:
        endpoints: whom to ask.
        patience: how long and how often.
        headers: of every request.
        clock: monotonic seconds.
        now: the present instant, aware.
        chance: a throw in [0, 1).
        new_id: a fresh name of a call.
    """

    endpoints: Endpoints
    patience: Patience
    headers: Mapping[str, str]
    clock: Callable[[], float]
    now: Callable[[], datetime]
    chance: Callable[[], float]
    new_id: Callable[[], str]

    def ask(self, call: Call[T], *, total_s: float | None = None) -> Script[T]:
        """Ask until there is an answer, the tries are used up or the total time is over.

        Raises:
            ServiceError: the service refused.
            NoAnswerError: nobody answered.
        """
        total_s = self.patience.total_s if total_s is None else total_s
        tries = Tries(name=self.new_id(), until=self.clock() + total_s)
        while True:
            got = yield from self.try_once(call, tries, Exchange)
            if isinstance(got, Reply) and got.status < 400:
                return call.read(got)
            yield from self.pause_or_raise(call, tries)

    def try_once(self, call: Call[Any], tries: Tries, kind: type[Exchange]) -> Script[Reply | Failure]:
        """Send the call once; an answer that bears another request's id is dropped and counts as none."""
        for url in self.endpoints.due_probes():
            yield Probe(url=url, patience_s=min(PROBE_S, self.patience.read_s))
        left_s = max(0.001, tries.until - self.clock())
        url = self.endpoints.begin(tries.visited)
        tries.count += 1
        tries.request_id = f"{tries.name}-{tries.count}"
        others = len(self.endpoints.urls) - 1
        tries.url, tries.visited = url, (*tries.visited, url)[-others:] if others else ()
        got: Reply | Failure | None = None
        try:
            got = yield kind(
                url=url,
                call=call,
                headers={**self.headers, **call.headers, "x-request-id": tries.request_id},
                connect_s=min(self.patience.connect_s, left_s),
                read_s=min(self.patience.read_s, left_s),
                total_s=left_s,
            )
            got = _ours(got, tries.request_id)
        finally:
            self._count(url, got)
        tries.last = got
        return got

    def _count(self, url: str, got: Reply | Failure | None) -> None:
        if isinstance(got, Reply):
            self.endpoints.answered(url)
        elif isinstance(got, Failure):
            self.endpoints.failed(url, refused=got.refused)
        else:
            self.endpoints.left(url)

    def pause_or_raise(self, call: Call[Any], tries: Tries) -> Script[None]:
        """After a try that brought nothing: pause when another makes sense.

        Raises:
            ServiceError: the service refused for good.
            NoAnswerError: no further try is safe, or all are used up.
            TimeLimitError: the pause would outlast the total time.
        """
        tries.failures += 1
        asked_s = 0.0
        if isinstance(tries.last, Reply):
            error = refusal(tries.last)
            if not may_repeat(error.status, repeatable=call.repeatable, problem_type=error.type):
                raise error
            asked_s = read_retry_after(tries.last.headers, self.now())
        pause_s = self.patience.pause_before_next(tries.failures, self.chance(), asked_s)
        self._check(call, tries, pause_s)
        yield Pause(seconds=pause_s)

    def _check(self, call: Call[Any], tries: Tries, pause_s: float) -> None:
        over = self.clock() + pause_s >= tries.until
        exhausted = tries.failures >= self.patience.tries_max
        last = tries.last
        if isinstance(last, Reply):
            if over or exhausted:
                raise refusal(last)
            return
        assert last is not None
        repeatable = call.repeatable or not last.sent
        if repeatable and not over and not exhausted:
            return
        kind = TimeLimitError if over and repeatable else NoAnswerError
        raise kind(self._words(call, tries, last), request_id=tries.request_id, maybe_done=last.sent)

    def _words(self, call: Call[Any], tries: Tries, last: Failure) -> str:
        times = f"{tries.failures} tr{'ies' if tries.failures > 1 else 'y'}"
        doubt = "; it may have been done all the same" if last.sent and call.method != "GET" else ""
        return f"no answer to {call.method} {call.path} from {tries.url} after {times}: {last.reason}{doubt}"


def _ours(got: Reply | Failure, request_id: str) -> Reply | Failure:
    """Return the answer, or a failure when it is the late answer to another request.

    What a proxy says on its own account bears no id, and is taken for a refusal only.
    """
    if isinstance(got, Failure) or got.request_id == request_id:
        return got
    if not got.request_id and got.status >= 400:
        return got
    return Failure(reason=f"the answer was to request {got.request_id[:60] or 'without id'!r}", sent=True)


def read_json(reply: Reply) -> Any:
    """Return the document of an answer.

    Raises:
        NoAnswerError: the body is no JSON: whoever answered was not the service.
    """
    try:
        return json.loads(reply.body)
    except ValueError:
        raise NoAnswerError(
            f"the answer of status {reply.status} is no JSON; is the base URL that of the service?",
            request_id=reply.request_id,
        ) from None
