"""Where the stores under test live: one place a database, clean for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest

from tests.api.store.places import KINDS, MemoryPlace, Place, PostgresPlace, SqlitePlace
from tests.api.store.server import NoServerError, running_server

NOT_HERE = "PostgreSQL not exercised"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of an empty database on a real server, shared by the tests of this process."""
    given = os.environ.get("EDWC_TEST_POSTGRES_URL")
    if given:
        name = f"edwc_test_{os.getpid()}"
        with psycopg.connect(given, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}")
            yield given.rsplit("/", 1)[0] + "/" + name
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        return
    try:
        with running_server() as server:
            yield server.url()
    except NoServerError as missing:
        skip_or_fail(str(missing))


def skip_or_fail(reason: str) -> None:
    if "postgres" in os.environ.get("EDWC_REQUIRE", "").split(","):
        pytest.fail(f"{NOT_HERE}, though EDWC_REQUIRE asks for it: {reason}")
    pytest.skip(f"{NOT_HERE}: {reason}")


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest) -> Place:
    """A clean place of each kind."""
    return _place(request.param, request)


@pytest.fixture(params=("sqlite", "postgres"))
def durable_place(request: pytest.FixtureRequest) -> Place:
    """A clean place of each kind that outlives its process."""
    return _place(request.param, request)


def _place(kind: str, request: pytest.FixtureRequest) -> Place:
    if kind == "memory":
        return MemoryPlace()
    if kind == "sqlite":
        return SqlitePlace(request.getfixturevalue("tmp_path") / "store.db")
    return PostgresPlace(request.getfixturevalue("postgres_url"))
