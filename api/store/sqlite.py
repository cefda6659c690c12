"""SQLite: one file in write-ahead mode, synced at every commit."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

from api.store.database import AsyncConnection, Connection, Lock
from api.store.errors import (
    AlreadyExistsError,
    RefusedError,
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreReadOnlyError,
    UnavailableError,
    WrongSchemaError,
)
from api.store.tables import Row, Table, Value

BUSY_SECONDS = 5.0

# Each call gives up the interpreter's lock and waits to regain it: few calls, and few sizes, for few statements.
_ROWS_PER_STATEMENT = (500, 50, 5, 1)

# The log is carried into the file every 32 MiB: the same few pages of each index change in every transaction, and are
# then copied once for many of them.
_WAL_PAGES = 8_000

_CAUSES: tuple[tuple[tuple[str, ...], type[UnavailableError], str], ...] = (
    (("SQLITE_FULL", "SQLITE_IOERR_WRITE"), StoreFullError, "make room on the disk"),
    (("SQLITE_BUSY", "SQLITE_LOCKED"), StoreLockedError, "end the other process that writes to it"),
    (
        ("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH"),
        StoreReadOnlyError,
        "make the file and its folder writable",
    ),
    (("SQLITE_CORRUPT", "SQLITE_NOTADB"), StoreCorruptError, "restore a backup with `edwc admin restore`"),
    (("SQLITE_CANTOPEN",), UnavailableError, "create the store with `edwc admin migrate`, or check the path"),
)


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Tell SQLite's errors in the store's words."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, path) from error


def _translated(error: sqlite3.Error, path: Path) -> StoreError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name in ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_ROWID"):
        return AlreadyExistsError("record", str(error))
    if "no such table" in str(error) or "no such column" in str(error):
        return WrongSchemaError(f"store {path}: {error}; run `edwc admin migrate`")
    for prefixes, kind, remedy in _CAUSES:
        if name.startswith(prefixes):
            return kind(f"store {path}: {error} ({name}); {remedy}")
    if isinstance(error, sqlite3.IntegrityError | sqlite3.InterfaceError | sqlite3.ProgrammingError):
        return RefusedError(f"store {path}: {error}; give each field a value of its own kind")
    return UnavailableError(f"store {path}: {error} ({name})")


class SqliteConnection:
    """A Connection to one SQLite file."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self._path = path
        mode = "rwc" if create else "rw"
        with sqlite_errors(path):
            self._connection = sqlite3.connect(
                f"file:{quote(str(path))}?mode={mode}",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
                self._connection.execute("PRAGMA cache_size = -65536")
                self._connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
            except BaseException:
                self._connection.close()
                raise

    def begin(self) -> None:
        """Take the file's one place for a writer."""
        self.run("BEGIN IMMEDIATE")

    def commit(self, seq: int) -> None:  # noqa: ARG002 - nobody listens in other processes
        """Commit and sync."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Forget the transaction, if there still is one."""
        try:
            self._connection.rollback()
        except sqlite3.Error:
            # The cause is already on its way; the connection is closed next.
            return

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Run one statement; its rows, if it has any."""
        with sqlite_errors(self._path):
            return self._connection.execute(sql, parameters).fetchall()

    def look_up(self, table: Table[Any], keys: Sequence[Row]) -> list[Row]:
        """The rows that are there under the keys, in any order."""
        found: list[Row] = []
        marks = f"({', '.join('?' * len(table.key))})"
        select = f"SELECT {', '.join(table.names)} FROM {table.name} "  # noqa: S608 - names are ours
        for first in range(0, len(keys), _ROWS_PER_STATEMENT[0]):
            some = list(keys[first : first + _ROWS_PER_STATEMENT[0]])
            size = min(n for n in _ROWS_PER_STATEMENT if n >= len(some))
            some += [some[-1]] * (size - len(some))  # the last once more, where the statement has room for it
            sql = f"{select} WHERE ({', '.join(table.key)}) IN (VALUES {', '.join([marks] * size)})"
            found += self.run(sql, list(chain.from_iterable(some)))
        return found

    def insert(self, table: Table[Any], rows: Sequence[Row]) -> None:
        """Add rows that are new."""
        self._store(table, rows, "")

    def replace(self, table: Table[Any], rows: Sequence[Row]) -> None:
        """Store rows under their keys, over what is there."""
        others = [name for name in table.names if name not in table.key]
        assignments = ", ".join(f"{name} = excluded.{name}" for name in others)
        action = f"UPDATE SET {assignments}" if others else "NOTHING"
        self._store(table, rows, f" ON CONFLICT ({', '.join(table.key)}) DO {action}")

    def backup_to(self, target: sqlite3.Connection) -> None:
        """Copy the whole database while others read and write it."""
        with sqlite_errors(self._path):
            self._connection.backup(target)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _store(self, table: Table[Any], rows: Sequence[Row], tail: str) -> None:
        marks = f"({', '.join('?' * len(table.names))})"
        head = f"INSERT INTO {table.name} ({', '.join(table.names)}) VALUES "  # noqa: S608 - names are ours
        done = 0
        for size in _ROWS_PER_STATEMENT:
            sql = head + ", ".join([marks] * size) + tail
            while len(rows) - done >= size:
                self.run(sql, list(chain.from_iterable(rows[done : done + size])))
                done += size


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """A Database in one file."""

    path: Path

    def connect(self) -> Connection:
        """A new connection to a file that is there."""
        return SqliteConnection(self.path)

    async def connect_async(self) -> AsyncConnection:
        """A connection that answers at once: a look-up by key takes some twenty microseconds, any wait more."""
        return _PromptConnection(SqliteConnection(self.path))

    def elect(self) -> Lock | None:
        """A lock on a file beside the database: the kernel frees it when its holder dies."""
        descriptor = os.open(f"{self.path}.leader", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return _FileLock(descriptor)

    def listen(self, ring: Callable[[int], None]) -> Callable[[], None]:  # noqa: ARG002
        """Nothing to hear: one process serves a SQLite file."""
        return lambda: None


class _PromptConnection:
    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection

    async def run(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        return self._connection.run(sql, parameters)

    async def close(self) -> None:
        self._connection.close()


class _FileLock:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def held(self) -> bool:
        return self._descriptor >= 0

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
