"""The seam between the loop and what runs the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from topology import Resources


class Sight(StrEnum):
    """What a backend can say of an attempt. Only ENDED and LOST are reasons to act.

    NEVER: it was not started here, and is certainly not running. WAITING: accepted, not begun.
    ENDED: over, with an outcome. LOST: begun, certainly no longer running, outcome not known.
    UNKNOWN: it may be anything.
    """

    NEVER = "never"
    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    LOST = "lost"
    UNKNOWN = "unknown"


class Ending(StrEnum):
    """Why an attempt is over."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """All a backend needs to run one attempt.

    Attributes:
        attempt: id; starting the same id again starts nothing.
        job: id of the job.
        number: which attempt of the job, from 1.
        token: fencing token; a backend refuses one lower than it has seen of the job.
        site: where.
        tenant: who pays.
        runtime_minutes: how long the work is expected to take.
        wall_limit_minutes: after this it is ended.
        command: what to run; empty for simulated time.
        image: container image, or None.
        tasks: gang size.
        resources: of one task.
        environment: what the command finds in its environment beside the names every backend sets.
    """

    attempt: str
    job: str
    number: int
    token: int
    site: str
    tenant: str
    runtime_minutes: float
    wall_limit_minutes: float
    command: tuple[str, ...] = ()
    image: str | None = None
    tasks: int = 1
    resources: Resources = field(default_factory=Resources)
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """What the command finds in its environment wherever it runs; nothing hides what it is called by."""
        return {
            **self.environment,
            "EDWC_ATTEMPT": self.attempt,
            "EDWC_JOB": self.job,
            "EDWC_ATTEMPT_NUMBER": str(self.number),
            "EDWC_SITE": self.site,
            "EDWC_TASKS": str(self.tasks),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """What a backend saw of one attempt.

    Attributes:
        sight: how it stands.
        ending: why it is over, when it is.
        exit_code: of the command, when it exited.
        signal: that ended it, when one did.
        started_at: when it began, where known.
        ended_at: when it ended, where known.
        measured: amounts by name with unit, such as cpu_seconds and memory_peak_mib, and `nodes`, where it ran.
        detail: one sentence for people.
    """

    sight: Sight
    ending: Ending | None = None
    exit_code: int | None = None
    signal: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    measured: Mapping[str, float | str] = field(default_factory=dict)
    detail: str = ""

    def __post_init__(self) -> None:
        if (self.sight is Sight.ENDED) != (self.ending is not None):
            raise ValueError(
                f"sight {self.sight} with ending {self.ending}: what ended, and only that, has an ending"
            )

    @property
    def succeeded(self) -> bool:
        """Whether it ran to its end and said that all went well."""
        return self.ending is Ending.EXITED and self.exit_code == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class LogPiece:
    """A stretch of an attempt's output.

    Attributes:
        data: bytes from the asked offset on; empty when there are none yet.
        next_offset: where the next piece begins.
        complete: nothing will follow what `next_offset` points behind.
        dropped_bytes: output beyond the cap that was not kept.
    """

    data: bytes
    next_offset: int
    complete: bool
    dropped_bytes: int = 0


class Backend(Protocol):
    """Runs attempts at one or more sites. Whatever it cannot find out is UNKNOWN, or raises BackendSilent."""

    async def start(self, launch: Launch) -> str:
        """Start an attempt, or find that it was started; its handle, the backend's own name for it.

        Raises:
            StaleAttempt: A later attempt of the job was started here.
            StartRefused: It can never run here.
            BackendSilent: No answer; it may have been started. Ask again with the same attempt.
        """

    async def poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        """What is seen of attempts; one left out of the answer is UNKNOWN.

        Raises:
            BackendSilent: No answer; all are UNKNOWN.
        """

    async def cancel(self, attempt: str) -> None:
        """Ask an attempt to end, and see to it that it does; `poll` tells when it has. May be repeated.

        One that was never started never will be: a start that comes later starts nothing.

        Raises:
            BackendSilent: No answer; ask again.
        """

    async def logs(self, attempt: str, offset: int = 0, stream: str = "stdout") -> LogPiece:
        """A piece of what an attempt wrote to "stdout" or "stderr".

        Raises:
            UnknownAttempt: It was never started here.
            BackendSilent: No answer.
        """

    async def capacity(self) -> Mapping[str, Resources]:
        """What each site really holds now, as far as the backend knows; sites left out have what is written.

        Raises:
            BackendSilent: No answer.
        """

    async def close(self) -> None:
        """Let go. What runs runs on."""
