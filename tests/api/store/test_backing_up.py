"""A copy made while the store works is whole, and can be put back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api.store import AddJob, BadAddressError, Jobs, StoreCorruptError, StoreLockedError, WrongSchemaError
from api.store.backup import backup, restore
from tests.api.store.builders import job, jobs, tenant
from tests.api.store.places import SqlitePlace, opened


@pytest.fixture
def sqlite_place(tmp_path: Path) -> SqlitePlace:
    return SqlitePlace(tmp_path / "store.db")


def test_a_copy_made_during_writes_holds_whole_writes(sqlite_place: SqlitePlace, tmp_path: Path) -> None:
    async def act() -> None:
        async with opened(sqlite_place, tenant()) as store:
            await store.write(*(AddJob(job=j) for j in jobs(10)))
            writing = asyncio.gather(*(store.write(*(AddJob(job=j) for j in jobs(10))) for _ in range(20)))
            await asyncio.to_thread(backup, sqlite_place.url, tmp_path / "copy.db")
            await writing

    asyncio.run(act())
    assert sorted(p.name for p in tmp_path.glob("copy*")) == ["copy.db"]
    count = asyncio.run(_count(SqlitePlace(tmp_path / "copy.db")))
    assert 10 <= count <= 210
    assert count % 10 == 0


def test_a_copy_put_back_is_the_store_as_it_was(sqlite_place: SqlitePlace, tmp_path: Path) -> None:
    async def add(count: int) -> None:
        async with opened(sqlite_place, tenant()) as store:
            await store.write(*(AddJob(job=j) for j in jobs(count)))

    asyncio.run(add(3))
    backup(sqlite_place.url, tmp_path / "copy.db")
    asyncio.run(add(4))
    assert asyncio.run(_count(sqlite_place)) == 7
    restore(sqlite_place.url, tmp_path / "copy.db")
    assert asyncio.run(_count(sqlite_place)) == 3
    asyncio.run(add(1))
    assert asyncio.run(_count(sqlite_place)) == 4


def test_a_damaged_copy_is_refused_and_the_store_stays(sqlite_place: SqlitePlace, tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    backup(sqlite_place.url, broken)
    content = bytearray(broken.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\x5a" * (4096 * 3)
    broken.write_bytes(content)
    with pytest.raises(StoreCorruptError):
        restore(sqlite_place.url, broken)
    assert asyncio.run(_count(sqlite_place)) == 0


def test_a_copy_of_a_newer_program_is_refused(sqlite_place: SqlitePlace, tmp_path: Path) -> None:
    sqlite_place.run("INSERT INTO migrations VALUES (9999, 'later', '')")
    with pytest.raises(WrongSchemaError):
        backup(sqlite_place.url, tmp_path / "copy.db")


def test_a_store_in_use_is_not_overwritten(sqlite_place: SqlitePlace, tmp_path: Path) -> None:
    async def act() -> None:
        async with opened(sqlite_place, tenant()) as store:
            await store.write(AddJob(job=job()))
            leadership = await store.lead("a")
            assert leadership is not None
            backup(sqlite_place.url, tmp_path / "copy.db")
            with pytest.raises(StoreLockedError, match="stop the service"):
                restore(sqlite_place.url, tmp_path / "copy.db")
            await leadership.release()

    asyncio.run(act())


def test_only_files_are_copied(sqlite_place: SqlitePlace, tmp_path: Path) -> None:
    with pytest.raises(BadAddressError, match="pg_dump"):
        backup("postgresql://edwc:hidden@host/name", tmp_path / "copy.db")
    with pytest.raises(BadAddressError, match="no such file"):
        restore(sqlite_place.url, tmp_path / "missing.db")


async def _count(place: SqlitePlace) -> int:
    async with opened(place) as store:
        return len((await store.read(Jobs(limit=1000))).items)
