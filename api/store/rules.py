"""What becomes of a write, decided purely from the rows it looks at: the same on every database.

A group of writes shares one `Desk`: the rows that were read for them, and what they change. Each write
works on a `Draft` of its own, which joins the desk only when every change of the write was allowed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

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


class Draft:
    """What one write would change, kept apart until all of it is allowed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rows: dict[Place, Any] = {}
        self._fresh: list[Place] = []
        self.sweeps: list[datetime] = []
        self.secret = desk.secret

    def find(self, kind: type[R], *key: Any) -> R | None:
        """The record as this write sees it."""
        place = (kind, key)
        found: R | None = self._rows[place] if place in self._rows else self._desk.rows.get(place)
        return found

    def put(self, record: Any) -> None:
        """Store a record under its key, whatever was there."""
        table = TABLES[type(record)]
        table.require_storable(record)
        place = (table.kind, table.key_of(record))
        if place not in self._rows and self._desk.rows.get(place) is None:
            self._fresh.append(place)
        self._rows[place] = record

    def join(self) -> None:
        """Make the draft part of the desk."""
        desk = self._desk
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
    _require_room(draft, tenant, job)
    _count(draft, job, jobs=0 if job.finished else 1, cny=job.cost_cny)
    for name, value in job.labels.items():
        draft.put(JobLabel(tenant=job.tenant, name=name, value=value, job=job.id))
    draft.put(job)
    _announce_job(draft, job)


def _require_room(draft: Draft, tenant: Tenant, job: Job) -> None:
    live = draft.find(Tally, tenant.name, "") or Tally(tenant=tenant.name, period="")
    if tenant.jobs_max is not None and not job.finished and live.jobs_live >= tenant.jobs_max:
        raise QuotaExceededError(tenant=tenant.name, jobs_max=tenant.jobs_max, jobs_live=live.jobs_live)
    month = draft.find(Tally, tenant.name, job.month) or Tally(tenant=tenant.name, period=job.month)
    budget = tenant.budget_cny_per_month
    if budget is not None and job.cost_cny and month.committed_cny + job.cost_cny > budget:
        raise BudgetExceededError(
            tenant=tenant.name,
            month=job.month,
            budget_cny=budget,
            committed_cny=month.committed_cny,
            asked_cny=job.cost_cny,
        )


def _count(draft: Draft, job: Job, *, jobs: int, cny: Decimal) -> None:
    if jobs:
        live = draft.find(Tally, job.tenant, "") or Tally(tenant=job.tenant, period="")
        draft.put(replace(live, jobs_live=live.jobs_live + jobs))
    if cny:
        month = draft.find(Tally, job.tenant, job.month) or Tally(tenant=job.tenant, period=job.month)
        draft.put(replace(month, committed_cny=month.committed_cny + cny))


def _move_job(draft: Draft, change: MoveJob) -> None:
    job = change.job
    old = draft.find(Job, job.id)
    if old is None or old.tenant != job.tenant:
        raise NotThereError("Job", job.id)
    if old.version != job.version - 1:
        raise StaleError("Job", job.id, f"version {old.version}", f"version {job.version - 1}")
    if change.states and old.state not in change.states:
        raise StaleError("Job", job.id, old.state, " or ".join(change.states))
    if (old.month, old.labels) != (job.month, job.labels):
        raise StaleError("Job", job.id, (old.month, old.labels), (job.month, job.labels))
    _count(draft, job, jobs=int(old.finished) - int(job.finished), cny=job.cost_cny - old.cost_cny)
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
    text = json.dumps(document, separators=(",", ":"))
    kind = f"job.{job.state}"
    _announce(draft, Announce(at=job.updated_at, kind=kind, subject=job.id, document=text, tenant=job.tenant))


def _announce(draft: Draft, change: Announce) -> None:
    head = draft.find(Head, "events") or Head(name="events")
    event = Event(
        seq=head.number + 1,
        at=change.at,
        tenant=change.tenant,
        kind=change.kind,
        subject=change.subject,
        document=change.document,
    )
    draft.put(event)
    draft.put(Head(name="events", number=event.seq))


def _audit(draft: Draft, change: Audit) -> None:
    row, head = chain(change, draft.find(Head, "audit") or Head(name="audit"), draft.secret)
    draft.put(row)
    draft.put(head)


def _enthrone(draft: Draft, change: Enthrone) -> None:
    head = draft.find(Head, "leader") or Head(name="leader")
    draft.put(replace(head, number=head.number + 1, holder=change.holder))


def _sweep(draft: Draft, change: Sweep) -> None:
    draft.sweeps.append(change.now)


_APPLY: Mapping[type, Callable[[Draft, Any], None]] = {
    AddJob: _add_job,
    MoveJob: _move_job,
    Put: _put,
    Announce: _announce,
    Audit: _audit,
    Sweep: _sweep,
    Enthrone: _enthrone,
}
