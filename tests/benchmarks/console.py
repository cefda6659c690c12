"""How fast the console draws: python -m tests.benchmarks.console [--jobs 100000] [--planned 3000]

A real Chromium on this machine's processors, beside the server. Time is from the user's act to the first frame after
it, as the page itself measures it; where the act asks the service, that answer is in it. The content policy is off in
these runs, because the clock is handed to the page as text.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx
from playwright.sync_api import Browser, Page

from tests.api.console.scene import Visitor, chromium, submit, work
from tests.api.http.server import Server

BATCH = 500
TIMES = 15
# Runs an act, then waits for what it leads to and for the next frame.
_CLOCK = """
async ([act, wanted]) => {
  const begun = performance.now();
  new Function(act)();
  for (let look = 0; look < 2000; look += 1) {
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    if (new Function(`return ${wanted}`)()) break;
  }
  return performance.now() - begun;
}
"""


def timed(page: Page, act: str, wanted: str) -> float:
    """Milliseconds from an act in the page until something is true and drawn."""
    return float(page.evaluate(_CLOCK, [act, wanted]))


def row(what: str, times_ms: list[float], goal: str) -> None:
    ranked = sorted(times_ms)
    print(f"| {what} | {median(ranked):.0f} ms | {ranked[-1]:.0f} ms | {goal} |", flush=True)


def slide(page: Page) -> list[float]:
    """Move the map's clock by an hour, many times."""
    return [
        timed(
            page,
            f"const s = document.getElementById('hour'); s.value = {hour}; s.dispatchEvent(new Event('input'))",
            f"document.querySelector('svg.atlas').dataset.hour === '{hour}'",
        )
        for hour in range(1, TIMES + 1)
    ]


def page_on(page: Page, pages: int) -> list[float]:
    """Turn to further pages of the list of jobs."""
    more = "document.getElementById('more').click()"
    return [
        timed(page, more, f"document.querySelectorAll('#jobs tbody tr').length >= {50 * (turn + 2)}")
        for turn in range(pages)
    ]


@contextmanager
def serving(command: str, jobs: int, **fields: object) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), command=command)
        server.start()
        try:
            with server.client() as client:
                for first in range(0, jobs, BATCH):
                    batch = range(first, min(first + BATCH, jobs))
                    submit(client, *[work(f"bench-{number:06d}", **fields) for number in batch])
                if command == "serve":
                    wait_for_plan(client)
            yield server
        finally:
            server.stop()


def wait_for_plan(client: httpx.Client) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if not client.get("/v1/jobs", params={"state": "queued", "limit": 1}).json()["jobs"]:
            return
        time.sleep(1)


def measure_lists(browser: Browser, jobs: int) -> None:
    with serving("api", jobs) as server:
        who = Visitor(browser, server, bypass_csp=True)
        who.sign_in()
        first = [
            timed(who.page, f"location.hash = '#/jobs?state=queued&n={k}'", _SHOWN.format("jobs"))
            for k in range(TIMES)
        ]
        row(f"list of jobs, {jobs:,} stored: first page, with its question", first, "-")
        who.show("map")
        who.show("jobs")
        row(
            f"list of jobs, {jobs:,} stored: the next page, with its question",
            page_on(who.page, TIMES),
            "100 ms",
        )
        who.leave()


_SHOWN = "document.querySelector('[data-page={}][data-shown]')"


def measure_map(browser: Browser, planned: int) -> None:
    with serving("serve", planned, tasks=4) as server:
        who = Visitor(browser, server, bypass_csp=True)
        who.sign_in()
        who.show("map")
        row(f"map of 68 sites, {planned:,} jobs planned: another hour", slide(who.page), "100 ms")
        away, back = [], []
        for _ in range(5):
            away.append(timed(who.page, "location.hash = '#/plan'", _SHOWN.format("plan")))
            back.append(timed(who.page, "location.hash = '#/map'", _SHOWN.format("map")))
        row("plan page, opened whole, with its questions", away, "-")
        row("map page, opened whole, with its questions", back, "-")
        who.leave()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.console")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--planned", type=int, default=3_000)
    given = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}")
    print("| act | median | worst | goal |\n|---|---|---|---|")
    with chromium() as browser:
        measure_map(browser, given.planned)
        measure_lists(browser, given.jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
