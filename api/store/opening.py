"""From a store's URL to the store: `memory://`, `sqlite:///path`, `postgresql://...`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from api.store.database import Connection
from api.store.errors import BadAddressError
from api.store.memory import MemoryStore
from api.store.migrations import Migration, bring_forward, require_current
from api.store.postgres import PostgresConnection, PostgresDatabase
from api.store.sql import SqlStore
from api.store.sqlite import SqliteConnection, SqliteDatabase
from api.store.store import Store

_SQLITE_DIALECT = {"text": "TEXT", "seq": "INTEGER"}
_POSTGRES_DIALECT = {"text": 'TEXT COLLATE "C"', "seq": "BIGINT"}
_UNREADABLE = "it is no URL; write what is special in a password as %XX"
_POSTGRES_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")


def open_store(url: str, *, secret: bytes = b"") -> Store:
    """Open the store at a URL; its database must have been migrated.

    Args:
        url: `memory://`, `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user@host:port/name`.
        secret: Seals the end of the audit chain; the same at every opening.

    Raises:
        BadAddressError: The URL names no store.
        WrongSchemaError: The database is newer than this program, or was never migrated.
        UnavailableError: The database cannot be reached or read.
    """
    database = database_at(url)
    if database is None:
        return MemoryStore(secret=secret)
    where = database.where if isinstance(database, PostgresDatabase) else str(database.path)
    connection = database.connect()
    try:
        require_current(connection, where)
    finally:
        connection.close()
    return SqlStore(database, secret=secret)


def migrate(url: str, *, now: datetime) -> tuple[Migration, ...]:
    """Bring the database at a URL to the present shape, creating the file if need be; the steps taken now.

    Raises:
        BadAddressError: The URL names no store.
        WrongSchemaError: The database is newer than this program.
        UnavailableError: The database cannot be reached or written.
    """
    database = database_at(url)
    if database is None:
        return ()
    connection: Connection
    if isinstance(database, SqliteDatabase):
        connection, dialect = SqliteConnection(database.path, create=True), _SQLITE_DIALECT
    else:
        connection, dialect = PostgresConnection(database.url, database.where), _POSTGRES_DIALECT
    try:
        return bring_forward(connection, dialect, now)
    finally:
        connection.close()


def database_at(url: str) -> SqliteDatabase | PostgresDatabase | None:
    """The database that a URL names; None for the memory.

    Raises:
        BadAddressError: The URL names no store.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad(url, _UNREADABLE) from None  # the parser's own words quote parts of the password
    if url == "memory://":
        return None
    if parts.scheme == "sqlite":
        return SqliteDatabase(_sqlite_path(url, parts.netloc, parts.path, parts.query))
    if parts.scheme in _POSTGRES_SCHEMES:
        if not parts.path.strip("/"):
            raise _bad(url, "no database is named")
        address = "postgresql" + url[len(parts.scheme) :]
        try:
            conninfo_to_dict(address)
        except ProgrammingError:
            raise _bad(url, _UNREADABLE) from None
        where = f"postgresql://{parts.hostname or ''}{f':{port}' if port else ''}{parts.path}"
        return PostgresDatabase(address, where)
    raise _bad(url, f"{parts.scheme or 'no scheme'} is no kind of store")


def _sqlite_path(url: str, netloc: str, path: str, query: str) -> Path:
    if netloc or query or len(path) < 2 or path.endswith("/"):
        raise _bad(url, "three slashes and a file's path are needed, and nothing after it")
    # The first slash belongs to the URL: what follows is the path, relative unless it begins with another.
    file = Path(unquote(path[1:]))
    if not file.parent.is_dir():
        raise _bad(url, f"there is no folder {file.parent}")
    if file.is_dir():
        raise _bad(url, f"{file} is a folder")
    return file


def _bad(url: str, reason: str) -> BadAddressError:
    shown = url if "@" not in url else f"{url.split('://', maxsplit=1)[0]}://...@{url.rsplit('@', 1)[1]}"
    shown = shown.split("?", 1)[0]  # what follows may be a password, too
    return BadAddressError(
        f"store {shown!r}: {reason}; give memory://, sqlite:///path.db or postgresql://user@host/name"
    )
