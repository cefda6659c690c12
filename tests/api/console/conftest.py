"""One server and one browser for all that look at the console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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


# One for all of the package: a store shows its first key once, to the first server on it.
@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Server]:
    need_chromium()
    folder: Path = tmp_path_factory.mktemp("console")
    made = Server(
        folder,
        command="serve",
        store=postgres_url,
        secret="console" * 8,
        data=str(folder / "data"),
        time_scale=TIME_SCALE,
    )
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def visitor(browser: Browser, server: Server) -> Iterator[Visitor]:
    """Somebody signed in. What the browser complains of fails the test."""
    who = Visitor(browser, server)
    who.sign_in()
    yield who
    complaints = who.complaints
    who.leave()
    assert not complaints
