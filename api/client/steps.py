"""Steps: what a script asks its driver to do. Scripts decide and never touch a socket; drivers do and never decide."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        status: HTTP status.
        headers: names in lower case.
        body: all of it; empty while a stream is open.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def request_id(self) -> str:
        """The id of the request it answers, "" when it does not say."""
        return self.headers.get("x-request-id", "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """No answer.

    Attributes:
        reason: in words.
        sent: whether the request may have arrived.
        refused: nobody listens there.
    """

    reason: str
    sent: bool
    refused: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[T]):
    """One thing to ask of the service, wherever it is.

    Attributes:
        method: HTTP method.
        path: below the base URL, from `/v1`.
        read: makes the result of an answer below 400.
        params: query parameters.
        body: JSON, or None.
        headers: besides those of every request.
        repeatable: whether doing it twice is as good as doing it once.
    """

    method: str
    path: str
    read: Callable[[Reply], T]
    params: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """Send a request and bring back the whole answer: Reply or Failure.

    Attributes:
        url: base URL.
        call: what to ask.
        headers: of this try.
        connect_s: for the connection [s].
        read_s: for each piece of the answer [s].
        total_s: for all of it [s].
    """

    url: str
    call: Call[Any]
    headers: Mapping[str, str]
    connect_s: float
    read_s: float
    total_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Open(Exchange):
    """Send a request and leave the answer open for Read when its status is below 400: Reply or Failure.

    What is open is shut by the next Open and by the end of the script.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """Bring the next bytes of the open answer, or a Failure; no bytes mean its end.

    Attributes:
        silence_s: how long to wait for them [s].
    """

    silence_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """Do nothing for a while.

    Attributes:
        seconds: how long [s].
    """

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """Find out beside everything else whether an endpoint is ready again, and tell the endpoints.

    Attributes:
        url: base URL.
        patience_s: for its answer [s].
    """

    url: str
    patience_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Emit:
    """Hand a value to the caller before the script has ended."""

    value: Any


Step = Exchange | Read | Pause | Probe | Emit
Script = Generator[Step, Any, T]
