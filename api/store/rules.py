"""What becomes of a write, decided purely from the rows it looks at: the same on every database.

A group of writes shares one `Desk`: the rows that were read for them, and what they change. Each write
works on a `Draft` of its own, which joins the desk only when every change of the write was allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic_core import to_json

from api.store.audit import chain
from api.store.changes import ANYTHING, AddJob, Announce, Audit, Change, MoveJob, Put, Receipt, Sweep
from api.store.errors import (
    AlreadyExistsError,
    BudgetExceededError,
    IdempotencyConflictError,
    NotThereError,
    QuotaExceededError,
    StaleError,
    StaleLeaderError,
)
from api.store.records import Event, Head, IdempotencyRecord, Job, JobLabel, Tally, Tenant
from api.store.tables import TABLES

R = TypeVar("R")

Place = tuple[type, tuple[Any, ...]]
EVENTS: Place = (Head, ("events",))
AUDIT: Place = (Head, ("audit",))
LEADER: Place = (Head, ("leader",))


@dataclass(frozen=True, kw_only=True, slots=True)
class Enthrone:
    """Begin a new leader's reign: the epoch grows by one. Only the store's own election asks for it."""

    holder: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """One request to write: its changes, and the conditions it was made under."""

    changes: tuple[Change | Enthrone, ...]
    epoch: int | None = None
    once: IdempotencyRecord | None = None


class Desk:
    """The rows a group of writes looks at, and what the group changes."""

    def __init__(self, rows: Mapping[Place, Any], secret: bytes) -> None:
        self.rows: dict[Place, Any] = dict(rows)
        self.secret = secret
        self.fresh: dict[Place, None] = {}
        self.changed: dict[Place, None] = {}
        self.sweeps: list[datetime] = []

    @property
    def seq(self) -> int:
        """The newest event's number."""
        head: Head | None = self.rows.get(EVENTS)
        return 0 if head is None else head.number

    def fresh_records(self) -> dict[type, list[Any]]:
        """New records by kind."""
        return self._by_kind(self.fresh)

    def changed_records(self) -> dict[type, list[Any]]:
        """Records that were there and are now different, by kind."""
        return self._by_kind(place for place in self.changed if place not in self.fresh)

    def _by_kind(self, places: Iterable[Place]) -> dict[type, list[Any]]:
        kinds: dict[type, list[Any]] = {}
        for place in places:
            kinds.setdefault(place[0], []).append(self.rows[place])
        return kinds


@dataclass(slots=True)
class _Count:
    """A tally while a write adds to it: a batch touches the same two hundreds of times."""

    jobs_live: int
    committed_cny: Decimal


class Draft:
    """What one write would change, kept apart until all of it is allowed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rows: dict[Place, Any] = {}
        self._fresh: list[Place] = []
        self.sweeps: list[datetime] = []
        self.secret = desk.secret
        self.seq = desk.seq
        self._counts: dict[tuple[str, str], _Count] = {}

    def find(self, kind: type[R], *key: Any) -> R | None:
        """The record as this write sees it."""
        place = (kind, key)
        found: R | None = self._rows[place] if place in self._rows else self._desk.rows.get(place)
        return found

    def put(self, record: Any) -> None:
        """Store a record under its key, whatever was there."""
        table = TABLES[type(record)]
        place = (table.kind, table.key_of(record))
        if place not in self._rows and self._desk.rows.get(place) is None:
            self._fresh.append(place)
        self._rows[place] = record

    def count(self, tenant: str, period: str) -> _Count:
        """The tally of a tenant's period, to be read and added to."""
        found = self._counts.get((tenant, period))
        if found is None:
            tally = self.find(Tally, tenant, period) or Tally(tenant=tenant, period=period)
            found = _Count(tally.jobs_live, tally.committed_cny)
            self._counts[tenant, period] = found
        return found

    def append(self, event: Event) -> None:
        """Add the next event."""
        self.seq = event.seq
        self.put(event)

    def join(self) -> None:
        """Make the draft part of the desk."""
        desk = self._desk
        if self.seq > desk.seq:
            self.put(Head(name="events", number=self.seq))
        for (tenant, period), sums in self._counts.items():
            tally = Tally(
                tenant=tenant, period=period, jobs_live=sums.jobs_live, committed_cny=sums.committed_cny
            )
            self.put(tally)
        desk.rows.update(self._rows)
        desk.fresh.update(dict.fromkeys(self._fresh))
        desk.changed.update(dict.fromkeys(self._rows))
        desk.sweeps += self.sweeps


def places_of(write: Write) -> Iterable[Place]:
    """Which rows must be on the desk before `decide`; jobs to be added are new by their key."""
    if write.once is not None:
        yield IdempotencyRecord, (write.once.tenant, write.once.key)
    for change in write.changes:
        if isinstance(change, AddJob | MoveJob):
            job = change.job
            yield Tally, (job.tenant, "")
            yield Tally, (job.tenant, job.month)
            yield (Tenant, (job.tenant,)) if isinstance(change, AddJob) else (Job, (job.id,))
        elif isinstance(change, Put):
            table = TABLES[type(change.record)]
            yield table.kind, table.key_of(change.record)


def decide(write: Write, desk: Desk) -> Receipt:
    """Apply a write to the desk, wholly or not at all.

    Raises:
        RefusedError: A rule was broken; the desk is as it was.
    """
    once = write.once
    if once is not None:
        first: IdempotencyRecord | None = desk.rows.get((IdempotencyRecord, (once.tenant, once.key)))
        if first is not None and first.expires_at > once.created_at:
            if first.body_digest != once.body_digest:
                raise IdempotencyConflictError(once.key)
            return Receipt(seq=desk.seq, replay=first)
    draft = Draft(desk)
    if write.epoch is not None:
        leader = draft.find(Head, "leader")
        if leader is None or leader.number != write.epoch:
            raise StaleLeaderError(write.epoch, 0 if leader is None else leader.number)
    for change in write.changes:
        _APPLY[type(change)](draft, change)
    if once is not None:
        _require_storable(once)
        draft.put(once)
    draft.join()
    return Receipt(seq=desk.seq)


def _add_job(draft: Draft, change: AddJob) -> None:
    job = change.job
    tenant = draft.find(Tenant, job.tenant)
    if tenant is None:
        raise NotThereError("Tenant", job.tenant)
    if draft.find(Job, job.id) is not None:
        raise AlreadyExistsError("Job", job.id)
    _require_storable(job)
    live, month = draft.count(job.tenant, ""), draft.count(job.tenant, job.month)
    _require_room(tenant, job, live.jobs_live, month.committed_cny)
    live.jobs_live += not job.finished
    month.committed_cny += job.cost_cny
    for name, value in job.labels.items():
        label = JobLabel(tenant=job.tenant, name=name, value=value, created_at=job.created_at, job=job.id)
        _require_storable(label)
        draft.put(label)
    draft.put(job)
    _announce_job(draft, job)


def _require_room(tenant: Tenant, job: Job, live: int, committed_cny: Decimal) -> None:
    if tenant.jobs_max is not None and not job.finished and live >= tenant.jobs_max:
        raise QuotaExceededError(tenant=tenant.name, jobs_max=tenant.jobs_max, jobs_live=live)
    budget = tenant.budget_cny_per_month
    if budget is not None and job.cost_cny and committed_cny + job.cost_cny > budget:
        raise BudgetExceededError(
            tenant=tenant.name,
            month=job.month,
            budget_cny=budget,
            committed_cny=committed_cny,
            asked_cny=job.cost_cny,
        )


def _move_job(draft: Draft, change: MoveJob) -> None:
    job = change.job
    old = draft.find(Job, job.id)
    if old is None or old.tenant != job.tenant:
        raise NotThereError("Job", job.id)
    if old.version != job.version - 1:
        raise StaleError("Job", job.id, f"version {old.version}", f"version {job.version - 1}")
    if change.states and old.state not in change.states:
        raise StaleError("Job", job.id, old.state, " or ".join(change.states))
    born, said = (old.created_at, old.month, old.labels), (job.created_at, job.month, job.labels)
    if born != said:  # what tallies and labels rest on never changes
        raise StaleError("Job", job.id, born, said)
    _require_storable(job)
    draft.count(job.tenant, "").jobs_live += old.finished - job.finished
    draft.count(job.tenant, job.month).committed_cny += job.cost_cny - old.cost_cny
    draft.put(job)
    _announce_job(draft, job)


def _put(draft: Draft, change: Put) -> None:
    if change.expect is not ANYTHING:
        table = TABLES[type(change.record)]
        key = table.key_of(change.record)
        old = draft.find(table.kind, *key)
        if change.expect is None and old is not None:
            raise AlreadyExistsError(table.kind.__name__, key)
        if change.expect is not None and old is None:
            raise NotThereError(table.kind.__name__, key)
        if change.expect is not None and old != change.expect:
            raise StaleError(table.kind.__name__, key, old, change.expect)
    _require_storable(change.record)
    draft.put(change.record)


def _announce_job(draft: Draft, job: Job) -> None:
    document = {
        "id": job.id,
        "name": job.name,
        "state": job.state,
        "version": job.version,
        "site": job.site,
        "attempt": job.attempt,
        "reasons": dict(job.reasons),
        "detail": job.detail,
        "starts_at": job.starts_at and job.starts_at.isoformat(),
        "ends_at": job.ends_at and job.ends_at.isoformat(),
    }
    draft.append(
        Event(
            seq=draft.seq + 1,
            at=job.updated_at,
            tenant=job.tenant,
            kind=f"job.{job.state}",
            subject=job.id,
            document=to_json(document).decode(),
        )
    )


def _announce(draft: Draft, change: Announce) -> None:
    event = Event(
        seq=draft.seq + 1,
        at=change.at,
        tenant=change.tenant,
        kind=change.kind,
        subject=change.subject,
        document=change.document,
    )
    _require_storable(event)
    draft.append(event)


def _audit(draft: Draft, change: Audit) -> None:
    row, head = chain(change, draft.find(Head, "audit") or Head(name="audit"), draft.secret)
    _require_storable(row)
    draft.put(row)
    draft.put(head)


def _enthrone(draft: Draft, change: Enthrone) -> None:
    head = draft.find(Head, "leader") or Head(name="leader")
    head = replace(head, number=head.number + 1, holder=change.holder)
    _require_storable(head)
    draft.put(head)


def _sweep(draft: Draft, change: Sweep) -> None:
    draft.sweeps.append(change.now)


def _require_storable(record: object) -> None:
    """What comes from outside is checked; what the store makes of it needs no second look."""
    TABLES[type(record)].require_storable(record)


_APPLY: Mapping[type, Callable[[Draft, Any], None]] = {
    AddJob: _add_job,
    MoveJob: _move_job,
    Put: _put,
    Announce: _announce,
    Audit: _audit,
    Sweep: _sweep,
    Enthrone: _enthrone,
}
