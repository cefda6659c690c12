"""Copies of the embedded store, made while it works, and put back when it does not.

A PostgreSQL database is copied by its own tools, also while it works:

    pg_dump --format=custom --file=edwc.dump postgresql://user@host/name
    pg_restore --clean --if-exists --single-transaction --dbname=postgresql://user@host/name edwc.dump
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from api.store.errors import BadAddressError, StoreCorruptError, StoreLockedError
from api.store.migrations import require_current
from api.store.opening import database_at
from api.store.sqlite import SqliteConnection, SqliteDatabase, sqlite_errors


def backup(url: str, target: Path) -> None:
    """Write a consistent copy of the SQLite store at a URL to a file, which is replaced only by a whole copy.

    Raises:
        BadAddressError: The URL names no SQLite store.
        UnavailableError: The store cannot be read, or the file not written.
    """
    source = SqliteConnection(_sqlite(url).path)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with sqlite_errors(part):
            copy = sqlite3.connect(part)
            try:
                source.backup_to(copy)
            finally:
                copy.close()
        _require_sound(part)
        _publish(part, target)
    finally:
        source.close()
        part.unlink(missing_ok=True)


def restore(url: str, backup_file: Path) -> None:
    """Put a copy back as the SQLite store at a URL. Nothing may be using the store.

    Raises:
        BadAddressError: The URL names no SQLite store, or there is no such copy.
        StoreCorruptError: The copy is damaged; the store is as it was.
        StoreLockedError: A service is using the store.
        WrongSchemaError: The copy is of another version of the program; the store is as it was.
    """
    database = _sqlite(url)
    if not backup_file.is_file():
        raise BadAddressError(
            f"backup {str(backup_file)!r}: there is no such file; name one that `backup` wrote"
        )
    lock = database.elect()
    if lock is None:
        raise StoreLockedError(
            f"store {database.path}: a service leads on it; stop the service, then restore"
        )
    part = database.path.with_name(database.path.name + ".part")
    try:
        part.write_bytes(backup_file.read_bytes())
        _require_sound(part)
        # The old file's log would be taken for the new one's.
        for suffix in ("-wal", "-shm"):
            database.path.with_name(database.path.name + suffix).unlink(missing_ok=True)
        _publish(part, database.path)
    finally:
        part.unlink(missing_ok=True)
        lock.release()


def _sqlite(url: str) -> SqliteDatabase:
    database = database_at(url)
    if not isinstance(database, SqliteDatabase):
        raise BadAddressError(
            f"store {url.rpartition('@')[2]!r} is not in a SQLite file; use pg_dump and pg_restore"
        )
    return database


def _require_sound(file: Path) -> None:
    connection = SqliteConnection(file)
    try:
        ((said,),) = connection.run("PRAGMA integrity_check(1)")
        if said != "ok":
            raise StoreCorruptError(f"backup {file}: {said}; take another copy")
        require_current(connection, str(file))
        connection.run("PRAGMA journal_mode = DELETE")  # leaves one file, without a log beside it
    finally:
        connection.close()


def _publish(part: Path, target: Path) -> None:
    """Make the file take its place durably: the file first, then its name."""
    for path in (part, part.parent):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        if path is part:
            os.replace(part, target)
