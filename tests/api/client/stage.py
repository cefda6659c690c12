"""A stage for scripts: no sockets, no sleep; a test says what each step brings, and time is a number."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from api.client.conversation import Conversation
from api.client.endpoints import Endpoints
from api.client.patience import Patience
from api.client.steps import Emit, Exchange, Failure, Pause, Probe, Read, Reply, Script

Answer = Callable[[Exchange], Reply | Failure]


def reply(status: int = 200, document: Any = None, **headers: str) -> Answer:
    """Answers a request with its own id."""

    def answer(step: Exchange) -> Reply:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        ours = {"x-request-id": step.headers["x-request-id"], **names}
        return Reply(status=status, headers=ours, body=json.dumps(document).encode())

    return answer


def lost(*, sent: bool = True, refused: bool = False) -> Answer:
    return lambda _: Failure(reason="it broke", sent=sent, refused=refused)


class Stage:
    """Performs scripts; requests are answered from a list, then by `last`."""

    def __init__(self, *urls: str, patience: Patience | None = None) -> None:
        self.now = 0.0
        self.answers: list[Answer] = []
        self.last: Answer | None = None
        self.pieces: list[bytes | Failure] = []
        self.asked: list[Exchange] = []
        self.pauses: list[float] = []
        self.probes: list[str] = []
        ids = count(1)
        self.talk = Conversation(
            endpoints=Endpoints(urls or ("http://a",), clock=lambda: self.now),
            patience=patience or Patience(),
            headers={},
            clock=lambda: self.now,
            now=lambda: datetime(2026, 7, 1, tzinfo=UTC),
            chance=lambda: 0.5,
            new_id=lambda: f"call{next(ids)}",
        )

    def run(self, script: Script[Any]) -> tuple[list[Any], Any]:
        """Return what the script emitted, and its result."""
        emitted: list[Any] = []
        answer: Any = None
        while True:
            try:
                step = script.send(answer)
            except StopIteration as end:
                return emitted, end.value
            answer = None
            match step:
                case Emit(value=value):
                    emitted.append(value)
                case Pause(seconds=seconds):
                    self.pauses.append(seconds)
                    self.now += seconds
                case Probe(url=url):
                    self.probes.append(url)
                case Read(silence_s=silence_s):
                    answer = self._read(silence_s)
                case Exchange():
                    self.asked.append(step)
                    answerer = self.answers.pop(0) if self.answers else self.last
                    assert answerer is not None, f"nobody expected {step.call.method} {step.call.path}"
                    answer = answerer(step)

    def _read(self, silence_s: float) -> bytes | Failure:
        if self.pieces:
            return self.pieces.pop(0)
        self.now += silence_s
        return Failure(reason="silence", sent=True)
