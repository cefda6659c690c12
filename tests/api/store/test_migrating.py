"""A database is brought forward step by step, beside a service that works, and never backward."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.store import Announce, Events, WrongSchemaError, migrate, open_store
from api.store.migrations import Migration, bring_forward, migrations
from api.store.opening import database_at
from tests.api.store.builders import NOON
from tests.api.store.places import Place, opened

STEP = Migration(
    number=9000, name="notes", sql="-- A step to come.\nCREATE TABLE notes (id {text} PRIMARY KEY);\n"
)
DIALECT = {"text": "TEXT"}


def test_migrating_twice_takes_each_step_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    assert migrate(url, now=NOON) == migrations()
    assert migrate(url, now=NOON) == ()


def test_the_memory_needs_no_migration() -> None:
    assert migrate("memory://", now=NOON) == ()


def test_steps_are_numbered_without_gaps() -> None:
    assert [step.number for step in migrations()] == list(range(1, len(migrations()) + 1))


def test_many_migrate_at_once_and_one_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: migrate(url, now=NOON), range(8)))
    assert sorted(len(steps) for steps in taken) == [0] * 7 + [len(migrations())]


def test_a_database_that_was_never_migrated_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(WrongSchemaError, match="run `edwc admin migrate`"):
        open_store(f"sqlite:///{tmp_path}/empty.db")


def test_a_database_newer_than_the_program_is_refused(durable_place: Place) -> None:
    durable_place.run("INSERT INTO migrations VALUES (9999, 'later', '')")
    try:
        for act in (lambda: migrate(durable_place.url, now=NOON), durable_place.open):
            with pytest.raises(WrongSchemaError, match=r"migration 9999 .* run the newer program"):
                act()
    finally:
        durable_place.run("DELETE FROM migrations WHERE number = 9999")


def test_a_step_is_taken_beside_a_working_service(durable_place: Place) -> None:
    def step() -> None:
        database = database_at(durable_place.url)
        assert database is not None
        connection = database.connect()
        try:
            assert bring_forward(connection, DIALECT, NOON, (*migrations(), STEP)) == (STEP,)
        finally:
            connection.close()

    async def act() -> None:
        async with opened(durable_place) as store:
            notes = [store.write(Announce(at=NOON, kind="x", subject="y")) for _ in range(100)]
            await asyncio.gather(*notes[:50], asyncio.to_thread(step), *notes[50:])
            assert len(await store.read(Events())) == 100

    try:
        asyncio.run(act())
    finally:
        durable_place.run("DROP TABLE notes")
        durable_place.run("DELETE FROM migrations WHERE number = 9000")


def test_a_step_that_fails_leaves_nothing(durable_place: Place) -> None:
    broken = Migration(number=9000, name="broken", sql="CREATE TABLE half (id {text}); CREATE NONSENSE;")
    database = database_at(durable_place.url)
    assert database is not None
    connection = database.connect()
    try:
        with pytest.raises(Exception, match="NONSENSE"):
            bring_forward(connection, DIALECT, NOON, (*migrations(), broken))
        # The half of it that worked is gone, so the whole can be taken again.
        mended = Migration(number=9000, name="mended", sql="CREATE TABLE half (id {text}); DROP TABLE half;")
        assert bring_forward(connection, DIALECT, NOON, (*migrations(), mended)) == (mended,)
    finally:
        connection.close()
        durable_place.run("DELETE FROM migrations WHERE number = 9000")
