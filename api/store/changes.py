"""What a write may ask for. The changes of one write are stored together or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from api.store.records import (
    Attempt,
    BillLine,
    IdempotencyRecord,
    Job,
    Key,
    Plan,
    Quote,
    SiteState,
    Tenant,
    Usage,
    require_utc,
)

Puttable = Tenant | Key | Attempt | Plan | Usage | BillLine | Quote | SiteState


class Whatever(Enum):
    """The one value ANYTHING: a put that does not care what was there before."""

    ANYTHING = "anything"


ANYTHING = Whatever.ANYTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class AddJob:
    """Store a new job, counted against its tenant's quota of live jobs and budget of the month.

    Makes a `job.<state>` event.
    """

    job: Job


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveJob:
    """Replace a job by its next version (`job.moved(...)`); makes a `job.<state>` event.

    Refused as StaleError unless the stored version is `job.version - 1`; if `states` is given the stored
    state must be among them.
    """

    job: Job
    states: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Put:
    """Store a record under its key.

    `expect=ANYTHING` overwrites; `expect=None` demands that none is there (AlreadyExistsError);
    `expect=record` demands that what is stored equals it (StaleError, or NotThereError).
    """

    record: Puttable
    expect: Puttable | Whatever | None = ANYTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class Announce:
    """Append an event that is no job's move, for example a site's cordon.

    An empty tenant is the system's own.
    """

    at: datetime
    kind: str
    subject: str
    document: str = "{}"
    tenant: str = ""

    def __post_init__(self) -> None:
        require_utc(self, at=self.at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """Append a row to the audit chain."""

    at: datetime
    actor: str
    action: str
    target: str
    tenant: str = ""
    document: str = "{}"

    def __post_init__(self) -> None:
        require_utc(self, at=self.at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """Forget idempotency records and unused quotes that have expired by `now`."""

    now: datetime

    def __post_init__(self) -> None:
        require_utc(self, now=self.now)


Change = AddJob | MoveJob | Put | Announce | Audit | Sweep


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """The answer to a committed write.

    `seq` is the last event's number once the write was committed. `replay` is the first answer when the
    idempotency key was seen before with the same body: then nothing was stored now.
    """

    seq: int
    replay: IdempotencyRecord | None = None
