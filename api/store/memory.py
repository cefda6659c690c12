"""The store in memory, for tests and trials: it decides by the same rules and forgets all at its end."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import singledispatchmethod
from typing import Any, TypeVar

from api.store.bell import Bell
from api.store.changes import AddJob, Change, Receipt
from api.store.errors import BadQueryError, StoreClosedError
from api.store.queries import (
    Committed,
    Events,
    JobCounts,
    Jobs,
    LastSeq,
    Many,
    One,
    Page,
    Query,
    fold_case,
    is_public,
    read_cursor,
    write_cursor,
)
from api.store.records import Event, IdempotencyRecord, Job, Quote, Tally
from api.store.rules import AUDIT, EVENTS, LEADER, Desk, Enthrone, Place, Write, decide, places_of
from api.store.store import Leadership
from api.store.tables import Table, key_kinds, table_of

A = TypeVar("A")


class MemoryStore:
    """A Store whose tables are dictionaries."""

    def __init__(self, *, secret: bytes = b"") -> None:
        self._rows: dict[Place, Any] = {}
        self._secret = secret
        self._bell = Bell(0)
        self._lock = threading.Lock()
        self._leads = threading.Lock()
        self._closed = False

    async def write(
        self, *changes: Change, epoch: int | None = None, once: IdempotencyRecord | None = None
    ) -> Receipt:
        """Store all changes or none; see Store.write."""
        receipt = self._commit(Write(changes=changes, epoch=epoch, once=once))
        self._bell.ring(receipt.seq)
        return receipt

    async def read(self, query: Query[A]) -> A:
        """Answer a query; see Store.read."""
        self._require_open()
        with self._lock:
            answer: A = self._answer(query)
            return answer

    async def wait_for_change(self, after_seq: int, timeout_s: float) -> int:
        """Sleep until an event after `after_seq`; see Store.wait_for_change."""
        self._require_open()
        return await self._bell.wait(after_seq, timeout_s)

    async def lead(self, holder: str) -> Leadership | None:
        """Become the leader, or None while another leads; see Store.lead."""
        self._require_open()
        if not self._leads.acquire(blocking=False):
            return None
        self._commit(Write(changes=(Enthrone(holder=holder),)))
        return _MemoryLeadership(self._rows[LEADER].number, self._leads)

    async def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _require_open(self) -> None:
        if self._closed:
            raise StoreClosedError("the store is closed; open it again")

    def _commit(self, write: Write) -> Receipt:
        self._require_open()
        with self._lock:
            places = {EVENTS, AUDIT, LEADER, *places_of(write)}
            # No unique key stands behind these rules here, so jobs to be added are looked up as well.
            places |= {(Job, (change.job.id,)) for change in write.changes if isinstance(change, AddJob)}
            desk = Desk({place: self._rows.get(place) for place in places}, self._secret)
            receipt = decide(write, desk)
            self._rows.update((place, desk.rows[place]) for place in desk.changed)
            for now in desk.sweeps:
                for place, record in list(self._rows.items()):
                    if _is_swept(record) and record.expires_at <= now:
                        del self._rows[place]
            return receipt

    @singledispatchmethod
    def _answer(self, query: Any) -> Any:
        raise BadQueryError(f"{type(query).__name__} is no question the store knows")

    @_answer.register
    def _(self, query: One) -> Any:  # type: ignore[type-arg]
        table: Table[Any] = table_of(query.kind)
        key = query.key if isinstance(query.key, tuple) else (query.key,)
        table.write_key(key)
        if query.tenant is not None:
            table.require_field("tenant")
        found = self._rows.get((query.kind, key))
        if query.tenant is not None and found is not None and found.tenant != query.tenant:
            return None
        return found

    @_answer.register
    def _(self, query: Many) -> Any:  # type: ignore[type-arg]
        table: Table[Any] = table_of(query.kind)
        for name in query.where:
            table.require_field(name)
        fits = [
            record
            for record in self._of(query.kind)
            if all(
                getattr(record, name) in (value if isinstance(value, tuple) else (value,))
                for name, value in query.where.items()
            )
        ]
        page = _page(fits, lambda r: table.write_key(table.key_of(r)), key_kinds(table, table.key), query)
        bare = dict.fromkeys(query.without, "")
        return replace(page, items=tuple(replace(record, **bare) for record in page.items)) if bare else page

    @_answer.register
    def _(self, query: Jobs) -> Any:
        table = table_of(Job)
        fits = [job for job in self._of(Job) if _fits(job, query)]
        order = ("created_at", "id")
        return _page(
            fits,
            lambda job: (table.write_value("created_at", job.created_at), job.id),
            key_kinds(table, order),
            query,
        )

    @_answer.register
    def _(self, query: Events) -> Any:
        events = (
            e
            for e in self._of(Event)
            if e.seq > query.after and (query.tenant in (None, e.tenant) or (query.public and is_public(e)))
        )
        return tuple(sorted(events, key=lambda e: e.seq)[: query.limit])

    @_answer.register
    def _(self, _query: LastSeq) -> Any:
        return self._rows[EVENTS].number if self._rows.get(EVENTS) else 0

    @_answer.register
    def _(self, query: JobCounts) -> Any:
        return dict(Counter(job.state for job in self._of(Job) if query.tenant in (None, job.tenant)))

    @_answer.register
    def _(self, query: Committed) -> Any:
        tally = self._rows.get((Tally, (query.tenant, query.period)))
        return tally or Tally(tenant=query.tenant, period=query.period)

    def _of(self, kind: type) -> Iterable[Any]:
        return [record for place, record in self._rows.items() if place[0] is kind and record is not None]


@dataclass(frozen=True, slots=True)
class _MemoryLeadership:
    epoch: int
    _leads: threading.Lock

    async def held(self) -> bool:
        return self._leads.locked()

    async def release(self) -> None:
        if self._leads.locked():
            self._leads.release()


def _is_swept(record: object) -> bool:
    return isinstance(record, IdempotencyRecord) or (isinstance(record, Quote) and not record.job)


def _fits(job: Job, query: Jobs) -> bool:
    return (
        query.tenant in (None, job.tenant)
        and (not query.states or job.state in query.states)
        and query.name in (None, job.name)
        and fold_case(query.search) in fold_case(job.name)
        and query.site in (None, job.site)
        and (not query.ids or job.id in query.ids)
        and (query.label is None or job.labels.get(query.label[0]) == query.label[1])
        and (query.since is None or job.created_at >= query.since)
    )


def _page(
    records: list[Any], key: Callable[[Any], Any], kinds: tuple[type, ...], query: Jobs | Many[Any]
) -> Page[Any]:
    after = None if query.after is None else read_cursor(query.after, kinds)
    records.sort(key=key, reverse=query.newest_first)
    if after is not None:
        records = [r for r in records if (key(r) < after if query.newest_first else key(r) > after)]
    items = tuple(records[: query.limit])
    more = len(records) > query.limit
    return Page(items=items, cursor=write_cursor(key(items[-1])) if more else None)
