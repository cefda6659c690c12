"""PostgreSQL: one writer at a time by advisory lock, so that events are seen in order; news by NOTIFY."""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict

from api.store.database import AsyncConnection, Connection, Lock
from api.store.errors import (
    AlreadyExistsError,
    RefusedError,
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreReadOnlyError,
    StoreSilentError,
    UnavailableError,
    WrongSchemaError,
)
from api.store.tables import Row, Table, Value

# Any two numbers do, as long as nothing else in the database locks by them.
WRITER_LOCK = 0x45445743_0001
LEADER_LOCK = 0x45445743_0002
CHANNEL = "edwc_events"
CONNECT_SECONDS = 10
ANSWER_SECONDS = 10.0
LISTEN_SECONDS = 30.0
RECONNECT_SECONDS = 0.5

# A network that swallows everything is noticed in a quarter of a minute, not in the quarter of an hour TCP takes by
# itself. What the URL says goes first.
_LINE = {
    "connect_timeout": str(CONNECT_SECONDS),
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "15000",
}

# A writer that stops half-way must not hold the others for ever.
_SESSION = (
    "SET synchronous_commit = on; SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '10s'"
)

_CAUSES: tuple[tuple[type[Exception], type[UnavailableError], str], ...] = (
    (pg.DiskFull, StoreFullError, "make room on the server's disk"),
    (pg.ReadOnlySqlTransaction, StoreReadOnlyError, "connect to the primary server"),
    (pg.InsufficientPrivilege, StoreReadOnlyError, "grant the user the rights to write"),
    (pg.LockNotAvailable, StoreLockedError, "end the other process that holds the lock"),
    (pg.DataCorrupted, StoreCorruptError, "restore the database from a backup"),
    (pg.IndexCorrupted, StoreCorruptError, "restore the database from a backup"),
    (pg.UndefinedTable, WrongSchemaError, "run `edwc admin migrate`"),
    (pg.UndefinedColumn, WrongSchemaError, "run `edwc admin migrate`"),
)


@contextmanager
def postgres_errors(where: str) -> Iterator[None]:
    """Tell PostgreSQL's errors in the store's words."""
    try:
        yield
    except psycopg.Error as error:
        raise _translated(error, where) from error


def _translated(error: psycopg.Error, where: str) -> StoreError:
    said = str(error).strip().replace("\n", " ")
    if isinstance(error, pg.UniqueViolation):
        return AlreadyExistsError("record", error.diag.message_detail or said)
    for cause, kind, remedy in _CAUSES:
        if isinstance(error, cause):
            return kind(f"store {where}: {said}; {remedy}")
    if isinstance(error, psycopg.DataError | psycopg.IntegrityError):
        return RefusedError(f"store {where}: {said}")
    return UnavailableError(f"store {where}: {said}; see that the server runs and takes connections")


class PostgresConnection:
    """A Connection to a PostgreSQL database."""

    def __init__(self, url: str, where: str) -> None:
        self._where = where
        with postgres_errors(where):
            self._connection = psycopg.connect(**_how(url), autocommit=True)
            self._connection.execute(_SESSION)

    def begin(self) -> None:
        """Begin and wait for the one writer's place; what is read then is what the last writer left."""
        self.run(f"BEGIN; SELECT pg_advisory_xact_lock({WRITER_LOCK})")

    def commit(self, seq: int) -> None:
        """Commit, synced by the server, and notify."""
        self.run(f"NOTIFY {CHANNEL}, '{seq}'; COMMIT")

    def rollback(self) -> None:
        """Forget the transaction, if the server still answers."""
        with suppress(psycopg.Error):
            self._connection.execute("ROLLBACK")

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Run one statement; its rows, if it has any."""
        with postgres_errors(self._where):
            cursor = self._connection.execute(_psycopg(sql), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def look_up(self, table: Table[Any], keys: Sequence[Row]) -> list[Row]:
        """The rows that are there under the keys, in any order."""
        wanted = _records(table, table.key)
        return self.run(
            f"SELECT {', '.join(table.names)} FROM {table.name} "  # noqa: S608 - names are ours
            f"JOIN {wanted} USING ({', '.join(table.key)})",
            (_as_json(table.key, keys),),
        )

    def insert(self, table: Table[Any], rows: Sequence[Row]) -> None:
        """Add rows that are new, by COPY: the least work on both sides."""
        sql = f"COPY {table.name} ({', '.join(table.names)}) FROM STDIN"
        with postgres_errors(self._where), self._connection.cursor().copy(sql.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def replace(self, table: Table[Any], rows: Sequence[Row]) -> None:
        """Store rows under their keys, over what is there: one statement however many."""
        names = ", ".join(table.names)
        others = [name for name in table.names if name not in table.key]
        action = f"UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in others)}" if others else "NOTHING"
        self.run(
            f"INSERT INTO {table.name} ({names}) "  # noqa: S608 - names are ours
            f"SELECT {names} FROM {_records(table, table.names)} "
            f"ON CONFLICT ({', '.join(table.key)}) DO {action}",
            (_as_json(table.names, rows),),
        )

    def notices(self, bell_rope: socket.socket) -> Iterator[str]:
        """What was notified; when nothing was, sleeps until something is or the rope is pulled."""
        with postgres_errors(self._where):
            heard = [notice.payload for notice in self._connection.notifies(timeout=0)]
            if not heard:
                select.select([self._connection.fileno(), bell_rope.fileno()], [], [], LISTEN_SECONDS)
        yield from heard

    def hang_up(self) -> None:
        """End what another thread waits for, as if the server had gone."""
        _hang_up(self._connection)

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()


class PostgresAsyncConnection:
    """An AsyncConnection to a PostgreSQL database."""

    def __init__(self, connection: psycopg.AsyncConnection[Row], where: str) -> None:
        self._connection, self._where, self._hung_up = connection, where, False

    async def run(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Run one statement; its rows.

        Raises:
            StoreSilentError: There is no answer within ANSWER_SECONDS.
        """
        timer = asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._hang_up)
        try:
            with postgres_errors(self._where):
                cursor = await self._connection.execute(_psycopg(sql), parameters or None)
                return await cursor.fetchall()
        except UnavailableError:
            if self._hung_up:
                raise StoreSilentError(
                    f"store {self._where}: no answer in {ANSWER_SECONDS:g} s; see that the server runs"
                ) from None
            raise
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        """End the wait for an answer: to the driver it is as if the server had gone."""
        self._hung_up = True
        with (
            suppress(OSError, psycopg.Error),
            socket.socket(fileno=os.dup(self._connection.fileno())) as twin,
        ):
            twin.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """Let go of the server."""
        await self._connection.close()


def _hang_up(connection: psycopg.Connection[Row] | psycopg.AsyncConnection[Row]) -> None:
    """Close a connection's line, whoever waits at it: the driver finds that the server has gone."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as twin:
        twin.shutdown(socket.SHUT_RDWR)


def _how(url: str) -> dict[str, Any]:
    """How to connect to what a URL names."""
    return {**_LINE, **conninfo_to_dict(url)}


@lru_cache(maxsize=1_000)
def _psycopg(sql: str) -> bytes:
    """A statement as psycopg takes it."""
    return sql.replace("?", "%s").encode()


def _records(table: Table[Any], names: Sequence[str]) -> str:
    """SQL for rows that come as JSON: one parameter, and one statement to prepare, however many rows."""
    types = ", ".join(f"{name} {table.require_field(name).sql_type}" for name in names)
    return f"json_to_recordset(?::json) AS given({types})"


def _as_json(names: Sequence[str], rows: Sequence[Row]) -> str:
    return json.dumps([dict(zip(names, row, strict=True)) for row in rows])


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """A Database on a PostgreSQL server. `where` names it in messages, without the password."""

    url: str
    where: str

    def connect(self) -> Connection:
        """A new connection."""
        return PostgresConnection(self.url, self.where)

    async def connect_async(self) -> AsyncConnection:
        """A connection whose answers an event loop waits for itself: a thread's turn takes longer than a look-up."""
        with postgres_errors(self.where):
            connection = await psycopg.AsyncConnection.connect(**_how(self.url), autocommit=True)
        return PostgresAsyncConnection(connection, self.where)

    def elect(self) -> Lock | None:
        """A session's advisory lock: the server frees it when the connection ends."""
        connection = PostgresConnection(self.url, self.where)
        ((won,),) = connection.run(f"SELECT pg_try_advisory_lock({LEADER_LOCK})::int")
        if not won:
            connection.close()
            return None
        return _SessionLock(connection)

    def listen(self, ring: Callable[[int], None]) -> Callable[[], None]:
        """Listen in a thread of its own until told to end."""
        ended, (near, far) = threading.Event(), socket.socketpair()
        thread = threading.Thread(
            target=self._listen, args=(ring, ended, far), name="edwc-store-listener", daemon=True
        )
        thread.start()

        def end() -> None:
            ended.set()
            near.close()  # wakes the thread from its sleep
            thread.join()
            far.close()

        return end

    def _listen(self, ring: Callable[[int], None], ended: threading.Event, rope: socket.socket) -> None:
        while not ended.is_set():
            with suppress(StoreError):
                self._listen_on(PostgresConnection(self.url, self.where), ring, ended, rope)
            ended.wait(RECONNECT_SECONDS)

    @staticmethod
    def _listen_on(
        connection: PostgresConnection,
        ring: Callable[[int], None],
        ended: threading.Event,
        rope: socket.socket,
    ) -> None:
        try:
            connection.run(f"LISTEN {CHANNEL}")
            # What was committed before we listened was not notified to us.
            for (seq,) in connection.run("SELECT number FROM heads WHERE name = 'events'"):
                ring(int(seq or 0))
            while not ended.is_set():
                for payload in connection.notices(rope):
                    ring(int(payload))
        finally:
            connection.close()


class _SessionLock:
    def __init__(self, connection: PostgresConnection) -> None:
        self._connection: PostgresConnection | None = connection

    def held(self) -> bool:
        if self._connection is None:
            return False
        try:
            self._connection.run("SELECT 1")
        except StoreError:
            self.release()
        return self._connection is not None

    def release(self) -> None:
        if self._connection is not None:
            # The server notices a closed connection in its own time: said aloud, the place is free at once.
            timer = threading.Timer(ANSWER_SECONDS, self._connection.hang_up)
            timer.start()
            with suppress(StoreError):
                self._connection.run(f"SELECT pg_advisory_unlock({LEADER_LOCK})")
            timer.cancel()
            self._connection.close()
            self._connection = None
