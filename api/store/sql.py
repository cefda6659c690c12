"""The store on an SQL database: reads from a few threads, writes by group commit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from api.store.bell import Bell
from api.store.changes import Change, Receipt
from api.store.database import Connection, Database, Lock
from api.store.errors import RefusedError, StoreError, UnavailableError
from api.store.look_ups import LookUps
from api.store.queries import Committed, Events, LastSeq, One, Query
from api.store.reader import ReaderPool
from api.store.records import Head, IdempotencyRecord
from api.store.rules import AUDIT, EVENTS, LEADER, Desk, Enthrone, Place, Write, decide, places_of
from api.store.statements import Statement, statement_of
from api.store.store import Leadership
from api.store.tables import TABLES
from api.store.writer import GroupWriter, Outcome

A = TypeVar("A")

_SWEEPS = (
    "DELETE FROM idempotency WHERE expires_at <= ?",
    "DELETE FROM quotes WHERE expires_at <= ? AND job = ''",
)


class SqlStore:
    """A Store on SQLite or PostgreSQL; see Store for what each method promises."""

    def __init__(self, database: Database, *, secret: bytes = b"") -> None:
        self._database = database
        self._secret = secret
        self._connection: Connection | None = None
        self._readers = ReaderPool(database)
        self._look_ups = LookUps(database)
        self._bell = Bell(self._last_seq())
        self._writer = GroupWriter(self._commit, "edwc-store-writer")
        self._stop_listening = database.listen(self._bell.ring)
        self._closed = False

    async def write(
        self, *changes: Change, epoch: int | None = None, once: IdempotencyRecord | None = None
    ) -> Receipt:
        """Store all changes or none; see Store.write."""
        return await self._writer.submit(Write(changes=changes, epoch=epoch, once=once))

    async def read(self, query: Query[A]) -> A:
        """Answer a query; see Store.read."""
        statement = statement_of(query)
        answer: A = (
            statement.answer(await self._look_ups.rows(statement))
            if _is_look_up(query)
            else await self._readers.run(lambda: self._answer(statement))
        )
        return answer

    async def wait_for_change(self, after_seq: int, timeout_s: float) -> int:
        """Sleep until an event after `after_seq`; see Store.wait_for_change."""
        seq = await self._bell.wait(after_seq, timeout_s)
        if seq <= after_seq:
            # Another process may have written without our hearing of it.
            self._bell.ring(await self.read(LastSeq()))
        return self._bell.seq

    async def lead(self, holder: str) -> Leadership | None:
        """Become the leader, or None while another leads; see Store.lead."""
        lock = await self._readers.run(self._database.elect)
        if lock is None:
            return None
        try:
            await self._writer.submit(Write(changes=(Enthrone(holder=holder),)))
            head = await self.read(One(Head, "leader"))
        except BaseException:
            await asyncio.shield(asyncio.to_thread(lock.release))
            raise
        assert head is not None
        return _SqlLeadership(head.number, lock)

    async def close(self) -> None:
        """Finish the writes under way and let go of the database."""
        if self._closed:
            return
        self._closed = True
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._stop_listening)
        await asyncio.to_thread(self._readers.close)
        await self._look_ups.close()
        if self._connection is not None:
            self._connection.close()

    def _last_seq(self) -> int:
        seq: int = self._answer(statement_of(LastSeq()))
        return seq

    def _answer(self, statement: Statement) -> Any:
        return statement.answer(self._readers.rows(statement))

    def _commit(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Commit a group of writes in one transaction; runs in the writer's thread."""
        connection = self._connection = self._connection or self._database.connect()
        try:
            connection.begin()
            desk = Desk(_load(connection, writes), self._secret)
            outcomes = [_outcome(write, desk) for write in writes]
            if desk.changed or desk.sweeps:
                _flush(connection, desk)
                connection.commit(desk.seq)
            else:
                connection.rollback()
        except UnavailableError:
            connection.rollback()
            connection.close()
            self._connection = None
            raise
        except BaseException:
            connection.rollback()
            raise
        self._bell.ring(desk.seq)
        return outcomes


def _is_look_up(query: object) -> bool:
    """True for what an index answers within a millisecond, however much is stored."""
    return isinstance(query, One | Committed | LastSeq) or (isinstance(query, Events) and query.limit <= 100)


@dataclass(frozen=True, slots=True)
class _SqlLeadership:
    epoch: int
    _lock: Lock

    async def held(self) -> bool:
        return await asyncio.to_thread(self._lock.held)

    async def release(self) -> None:
        await asyncio.to_thread(self._lock.release)


def _outcome(write: Write, desk: Desk) -> Outcome:
    try:
        return decide(write, desk)
    except RefusedError as refusal:
        return refusal
    except StoreError:
        raise
    except Exception as error:
        # A fault in one write's values is that write's alone.
        unfit = RefusedError(f"the write cannot be understood: {type(error).__name__}: {error}")
        unfit.__cause__ = error
        return unfit


def _load(connection: Connection, writes: Iterable[Write]) -> dict[Place, Any]:
    """The rows that a group of writes looks at."""
    places = {EVENTS, AUDIT, LEADER}
    for write in writes:
        places.update(places_of(write))
    kinds: dict[type, list[tuple[Any, ...]]] = {}
    for kind, key in places:
        kinds.setdefault(kind, []).append(key)
    rows: dict[Place, Any] = {}
    for kind, keys in kinds.items():
        table = TABLES[kind]
        for row in connection.look_up(table, sorted(map(table.write_key, keys))):
            record = table.from_row(row)
            rows[kind, table.key_of(record)] = record
    return rows


def _flush(connection: Connection, desk: Desk) -> None:
    """Write down what the group changed."""
    for kind, records in desk.fresh_records().items():
        connection.insert(TABLES[kind], list(map(TABLES[kind].to_row, records)))
    for kind, records in desk.changed_records().items():
        connection.replace(TABLES[kind], list(map(TABLES[kind].to_row, records)))
    for now in desk.sweeps:
        (micros,) = (TABLES[IdempotencyRecord].write_value("expires_at", now),)
        for sql in _SWEEPS:
            connection.run(sql, (micros,))
