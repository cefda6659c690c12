"""When the database does not work, the error says what, where and what to do; what was stored stays."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from api.store import (
    AddJob,
    Announce,
    BadAddressError,
    Events,
    Jobs,
    One,
    Store,
    StoreCorruptError,
    StoreFullError,
    StoreLockedError,
    StoreReadOnlyError,
    StoreSilentError,
    Tenant,
    UnavailableError,
    migrate,
    open_store,
    postgres,
    sqlite,
)
from tests.api.store.builders import NOON, job, jobs, tenant
from tests.api.store.conftest import skip_or_fail
from tests.api.store.places import PostgresPlace, SqlitePlace, opened
from tests.api.store.server import NoServerError, running_server

BAD_URLS = {
    "": "no scheme is no kind of store",
    "store.db": "no scheme",
    "mysql://host/name": "mysql is no kind of store",
    "sqlite://store.db": "three slashes",
    "sqlite:///": "three slashes",
    "sqlite:///store.db?mode=ro": "nothing after it",
    "sqlite:////no/such/folder/store.db": "there is no folder /no/such/folder",
    "sqlite:////tmp": "is a folder",
    "postgresql://user:hidden@host": "no database is named",
    "postgresql://user:hidden@host:port/name": "it is no URL",
    "postgresql://[host/name": "it is no URL",
}


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(BadAddressError, match=BAD_URLS[url]) as refusal:
        open_store(url)
    assert "hidden" not in str(refusal.value)


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="create the store with `edwc admin migrate`"):
        open_store(f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database at all, but long enough to look at" * 100)
    for act in (open_store, lambda url: migrate(url, now=NOON)):
        with pytest.raises(StoreCorruptError, match=r"x\.db.*restore a backup"):
            act(f"sqlite:///{tmp_path}/x.db")


def test_a_damaged_file_is_corrupt(tmp_path: Path) -> None:
    place = SqlitePlace(tmp_path / "store.db")

    async def fill() -> None:
        async with opened(place, tenant()) as store:
            await store.write(*(AddJob(job=j) for j in jobs(200)))

    async def look() -> None:
        async with opened(place) as store:
            await store.read(Jobs(newest_first=False, limit=1000))

    asyncio.run(fill())
    content = bytearray(place.path.read_bytes())
    content[4096 * 4 :] = os.urandom(len(content) - 4096 * 4)
    place.path.write_bytes(content)
    with pytest.raises(StoreCorruptError, match="restore a backup"):
        asyncio.run(look())


def test_a_full_disk_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    place = SqlitePlace(tmp_path / "store.db")

    async def act() -> None:
        stored = 0
        async with opened(place, tenant()) as store:
            with file_limit(2_000_000):
                error = None
                while error is None:
                    try:
                        await store.write(*(AddJob(job=j) for j in jobs(100)))
                        stored += 100
                    except StoreFullError as full:
                        error = full
            assert "make room on the disk" in str(error)
            assert stored > 0
            # Room again: the same store works on, and nothing is missing or half there.
            await store.write(AddJob(job=job()))
            assert len((await store.read(Jobs(limit=10_000))).items) == stored + 1
            assert len(await store.read(Events(limit=10_000))) == stored + 1

    asyncio.run(act())


def test_a_file_that_may_not_be_written_is_read_only() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        place = SqlitePlace(Path(folder) / "store.db")
        connection = sqlite3.connect(place.path)
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        place.path.chmod(0o444)
        os.chmod(folder, 0o555)
        try:
            with as_nobody(), pytest.raises(StoreReadOnlyError, match="writable"):
                place.open()
        finally:
            os.chmod(folder, 0o755)


def test_a_file_that_another_program_holds_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    place = SqlitePlace(tmp_path / "store.db")
    holder = sqlite3.connect(place.path, isolation_level=None)

    async def act() -> None:
        async with opened(place, tenant()) as store:
            holder.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreLockedError, match="end the other process"):
                await store.write(AddJob(job=job()))
            assert await store.read(One(Tenant, "default")) is not None  # readers are not held up
            holder.execute("ROLLBACK")
            await store.write(AddJob(job=job()))

    asyncio.run(act())
    holder.close()


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(
        UnavailableError, match=r"postgresql://127\.0\.0\.1:1/name.*see that the server runs"
    ) as no:
        open_store("postgresql://edwc:hidden@127.0.0.1:1/name")
    assert "hidden" not in str(no.value)


def test_a_server_that_may_only_be_read_says_so(postgres_url: str) -> None:
    place = PostgresPlace(postgres_url)

    async def act(store: Store) -> None:
        with pytest.raises(StoreReadOnlyError, match="primary server"):
            await store.write(Announce(at=NOON, kind="x", subject="y"))

    with psycopg.connect(postgres_url, autocommit=True) as admin:
        name = admin.info.dbname
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        try:
            asyncio.run(_with(place, act))
        finally:
            admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())


def test_a_server_that_falls_silent_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "ANSWER_SECONDS", 0.3)

    async def act(url: str) -> None:
        store = open_store(url)
        assert await store.read(One(Tenant, "default")) is None
        with psycopg.connect(url, autocommit=True) as admin:
            others = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
            pids = [pid for (pid,) in admin.execute(others)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(StoreSilentError, match=r"no answer in 0\.3 s; see that the server runs"):
                await store.read(One(Tenant, "default"))
            assert await store.read(One(Tenant, "default")) is None  # a new connection is answered
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        await store.close()

    try:
        with running_server() as server:
            migrate(server.url(), now=NOON)
            asyncio.run(act(server.url()))
    except NoServerError as missing:
        skip_or_fail(str(missing))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:sec%zzret@127.0.0.1:1/db",
        "postgresql://u:sec/zzret@127.0.0.1/db",
        "postgresql://u:sec[zzret@127.0.0.1:1/db",
        "postgresql://u@127.0.0.1:1/db?password=seczzret&x=1",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadAddressError, match="write what is special in a password as %XX") as no:
        open_store(url)
    assert "zzret" not in str(no.value)


def test_connections_that_were_cut_are_made_anew(postgres_url: str) -> None:
    place = PostgresPlace(postgres_url)

    async def act(store: Store) -> None:
        await store.write(Announce(at=NOON, kind="x", subject="1"))
        await store.read(Events())
        place.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert len(await store.read(Events())) == 1  # a read may simply be repeated
        with pytest.raises(UnavailableError):  # a write may not: who asked decides, by the idempotency key
            await store.write(Announce(at=NOON, kind="x", subject="2"))
        waiting = asyncio.create_task(store.wait_for_change(1, 10))
        await store.write(Announce(at=NOON, kind="x", subject="3"))
        assert await waiting == 2

    asyncio.run(_with(place, act))


async def _with(place: PostgresPlace, act: object) -> None:
    async with opened(place) as store:
        await act(store)  # type: ignore[operator]


@contextmanager
def file_limit(size: int) -> Iterator[None]:
    """No file of this process may grow beyond the size: what a full disk looks like."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everything: be someone else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
