"""A real server on PostgreSQL and a real Chromium that looks at it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.api.http.server import Server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
# A closed machine: nothing but our own server is to be asked.
QUIET = (
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
PATIENCE_MS = 60_000
PICTURES = (
    Path(os.environ.get("EDWC_ARTEFACTS", Path(__file__).resolve().parents[3] / "artefacts")) / "console"
)


def need_chromium() -> None:
    """Skip where there is no browser; fail where one is asked for."""
    if CHROMIUM:
        return
    if "browser" in os.environ.get("EDWC_REQUIRE", "").split(","):
        pytest.fail("Chromium not exercised, though EDWC_REQUIRE asks for it: install Debian's chromium")
    pytest.skip("Chromium not exercised: no chromium on this machine")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium, closed at the end."""
    need_chromium()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """Somebody in front of the console; remembers whatever the browser complains of."""

    def __init__(self, browser: Browser, server: Server, *, language: str = "en-GB", **how: Any) -> None:
        self.server = server
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self._context = browser.new_context(
            locale=language, **{"viewport": {"width": 1280, "height": 900}, **how}
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "trace"}:
            self.complaints.append(message.text)

    def open(self, page: str = "map") -> Page:
        """Go to a page of the console and wait until it is drawn."""
        self.page.goto(f"{self.server.url}/#/{page}")
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def sign_in(self, key: str | None = None) -> None:
        self.open()
        self.page.fill("#key", key or self.server.key)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector("#sign-out")

    def show(self, page: str) -> Page:
        """Go to a page of somebody signed in, and wait for its heading."""
        # What is shown now is not what is waited for, even where it is a page of the same name.
        self.page.evaluate(
            "to => { if (location.hash !== to) delete document.querySelector('.view')?.dataset.shown; }",
            f"#/{page}",
        )
        self.page.goto(f"{self.server.url}/#/{page}")
        part = re.split(r"[/?]", page)[0]
        self.page.wait_for_selector(f"[data-page={part}][data-shown] h1")
        return self.page

    def picture(self, name: str) -> Path:
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def save(self, button: str) -> bytes:
        """Press a button that saves, and read the file."""
        with self.page.expect_download() as coming:
            self.page.click(button)
        return Path(coming.value.path()).read_bytes()

    def leave(self) -> None:
        self._context.close()


def submit(client: httpx.Client, *jobs: dict[str, Any]) -> list[str]:
    """Send jobs in one batch; their ids."""
    answer = client.post("/v1/jobs", json=list(jobs))
    assert answer.status_code == 201, answer.text
    return [job["id"] for job in answer.json()["jobs"]]


def work(name: str, **fields: Any) -> dict[str, Any]:
    """Half an hour of sixteen cores for users in Shanghai."""
    return {
        "name": name, "demand": {"cpu_cores": 16, "memory_gib": 64}, "variants": [{"runtime_minutes": 30}],
        "origin": "shanghai", **fields,
    }  # fmt: skip
