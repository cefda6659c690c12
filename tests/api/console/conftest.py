"""One server and one browser for all that look at the console."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser

from tests.api.console.scene import Visitor, chromium, need_chromium
from tests.api.http.server import Server
from tests.api.store.conftest import postgres_url, skip_or_fail

__all__ = ["postgres_url", "skip_or_fail"]

# Simulated work of half an hour takes nine seconds.
TIME_SCALE = "0.005"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


# The runner may leave the package and come back: then it is another server, and a store shows its first key only once.
@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Server]:
    need_chromium()
    folder: Path = tmp_path_factory.mktemp("console")
    base, name = postgres_url.rsplit("/", 1)[0], f"edwc_{folder.name}_{os.getpid()}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    made = Server(
        folder,
        command="serve",
        store=f"{base}/{name}",
        secret="console" * 8,
        data=str(folder / "data"),
        time_scale=TIME_SCALE,
    )
    made.start()
    try:
        yield made
    finally:
        made.stop()
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def visitor(browser: Browser, server: Server) -> Iterator[Visitor]:
    """Somebody signed in. What the browser complains of fails the test."""
    who = Visitor(browser, server)
    who.sign_in()
    yield who
    complaints = who.complaints
    who.leave()
    assert not complaints
