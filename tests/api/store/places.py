"""The three homes of a store, seen from a test: open one there, look behind its back, play a story in it."""

from __future__ import annotations

import asyncio
import inspect
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

from api.store import Put, Store, Tenant, migrate, open_store
from tests.api.store.builders import NOON, tenant

KINDS = ("memory", "sqlite", "postgres")
SECRET = b"the test's secret"


class Place(Protocol):
    kind: str
    url: str

    def open(self) -> Store: ...

    def run(self, sql: str) -> None:
        """Change the database behind the store's back."""


class MemoryPlace:
    kind, url = "memory", "memory://"

    def __init__(self) -> None:
        self._store = open_store(self.url, secret=SECRET)

    def open(self) -> Store:
        return self._store

    def run(self, sql: str) -> None:  # noqa: ARG002
        raise AssertionError("there is no SQL in memory")


class SqlitePlace:
    kind = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path, self.url = path, f"sqlite:///{path}"
        migrate(self.url, now=NOON)

    def open(self) -> Store:
        return open_store(self.url, secret=SECRET)

    def run(self, sql: str) -> None:
        connection = sqlite3.connect(self.path)
        with connection:
            connection.execute(sql)
        connection.close()


class PostgresPlace:
    kind = "postgres"

    def __init__(self, url: str) -> None:
        self.url = url
        migrate(url, now=NOON)
        with psycopg.connect(url, autocommit=True) as connection:
            tables = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            names = [name for (name,) in tables if name != "migrations"]
            connection.execute("; ".join(f"DELETE FROM {name}" for name in names).encode())

    def open(self) -> Store:
        return open_store(self.url, secret=SECRET)

    def run(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.encode())


@asynccontextmanager
async def opened(place: Place, *tenants: Tenant) -> AsyncIterator[Store]:
    """The place's store, with the tenants in it."""
    store = place.open()
    try:
        if tenants:
            await store.write(*(Put(record=t) for t in tenants))
        yield store
    finally:
        await store.close()


def story(play: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Make `async def test(store)` or `(store, place)` a test over every place, with the tenant `default`."""
    wants_place = "place" in inspect.signature(play).parameters

    def test(place: Any) -> None:
        async def act() -> None:
            async with opened(place, tenant()) as store:
                await (play(store, place) if wants_place else play(store))

        asyncio.run(act())

    test.__name__, test.__doc__, test.__module__ = play.__name__, play.__doc__, play.__module__
    return test
