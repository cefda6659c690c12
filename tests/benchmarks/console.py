"""How fast the console draws: python -m tests.benchmarks.console [--jobs 100000] [--planned 20000] [--store sqlite]

A real Chromium on this machine's processors, beside the server. Time is from the user's act to the first frame after
it, as the page itself measures it; where the act asks the service, that answer is in it. "Drawing" is the processor
time of the page's own thread in that act, all of its scripts, layout and painting: what it has to share with nobody.
The content policy is off in these runs, because the clock is handed to the page as text. Jobs are written into the
store, not submitted and planned.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psycopg
from playwright.sync_api import Page

from tests.api.console.scene import Visitor, chromium
from tests.api.http.server import Server
from tests.api.store.server import running_server
from tests.benchmarks.full_pool import fill

TIMES = 11
PAGE = 50
SECRET = "a-console-bench-of-many-jobs-0123456789"
# Runs an act, then waits for what it leads to and for the next frame.
_CLOCK = """
async ([act, wanted]) => {
  const begun = performance.now();
  new Function(act)();
  for (let look = 0; look < 6000; look += 1) {
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    if (new Function(`return ${wanted}`)()) return performance.now() - begun;
  }
  throw new Error(`never: ${wanted}`);
}
"""
_SHOWN = "document.querySelector('[data-page={}][data-shown]')"
_LISTED = "document.getElementById('job-list').dataset.drawn === '{}'"
_INPUT = "const c = document.getElementById('{}'); c.value = '{}'; c.dispatchEvent(new Event('{}', {{bubbles: true}}))"

Timing = tuple[float, float]


class Stopwatch:
    """Times acts in a page by the wall and by the processor time of its main thread."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def __call__(self, act: str, wanted: str) -> Timing:
        """Milliseconds from an act until something is true and drawn, and of the thread's work in it."""
        before = self._worked_ms()
        took = float(self._page.evaluate(_CLOCK, [act, wanted]))
        return took, self._worked_ms() - before

    def _worked_ms(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return 1e3 * float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def row(what: str, timings: list[Timing]) -> None:
    """Print one act."""
    took, worked = (sorted(column) for column in zip(*timings, strict=True))
    print(
        f"| {what} | {median(took):.0f} ms | {took[-1]:.0f} ms | {median(worked):.0f} ms | {worked[-1]:.0f} ms |",
        flush=True,
    )


def times(act: Callable[[int], Timing], count: int = TIMES) -> list[Timing]:
    """The same act again and again, after one that warms up."""
    act(count)
    return [act(turn) for turn in range(count)]


@contextmanager
def serving(store: str, jobs: int, planned: int) -> Iterator[Server]:
    """A server without a controller: what is planned stays planned, so that every run sees the same pool."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = (
            stack.enter_context(running_server()).url()
            if store == "postgres"
            else f"sqlite:///{folder / 'edwc.db'}"
        )
        server = Server(folder, command="api", store=url, secret=SECRET)
        server.start()  # makes tenant and key
        server.stop()
        fill(url, SECRET.encode(), jobs=jobs, planned=planned)
        if store == "postgres":
            # What its own housekeeping does within a minute; until then it knows nothing of so many new rows.
            with psycopg.connect(url, autocommit=True) as database:
                database.execute("VACUUM ANALYZE jobs")
        server.start()
        stack.callback(server.stop)
        yield server


def measure_jobs(page: Page, timed: Stopwatch, jobs: int) -> None:
    """The list of jobs: opened, turned over, filtered, searched."""

    def filtered(control: str, event: str, *values: str) -> Callable[[int], Timing]:
        def act(turn: int) -> Timing:
            wanted = values[turn % len(values)]
            before = int(page.evaluate("document.getElementById('job-list').dataset.drawn"))
            return timed(_INPUT.format(control, wanted, event), _LISTED.format(before + 1))

        return act

    def turned(turn: int) -> Timing:
        rows = page.locator("#jobs tbody tr").count()
        wanted = f"document.querySelectorAll('#jobs tbody tr').length >= {rows + PAGE}"
        return timed("document.getElementById('more').click()", wanted)

    away = "location.hash = '#/submit'"
    timed(away, _SHOWN.format("submit"))

    def opened(turn: int) -> Timing:
        timed(away, _SHOWN.format("submit"))
        return timed("location.hash = '#/jobs'", _SHOWN.format("jobs"))

    row("jobs: first page, opened", times(opened))
    row("jobs: a further page", times(turned))
    row("jobs: filter by state", times(filtered("filter-state", "change", "failed", "planned", "succeeded")))
    page.evaluate(_INPUT.format("filter-state", "", "change"))
    often = [f"{kind}-0" for kind in ("training", "batch", "tuning")]
    row(
        "jobs: search, many hits (150 ms of waiting for the next key in it)",
        times(filtered("filter-name", "input", *often)),
    )
    seldom = [f"{number:06d}" for number in (3, jobs // 2, jobs - 7)]
    row("jobs: search, one hit of all (the same)", times(filtered("filter-name", "input", *seldom)))
    row("jobs: search, no hit (the same)", times(filtered("filter-name", "input", "zebra", "yak", "gnu")))
    page.evaluate(_INPUT.format("filter-name", "", "input"))


def measure_plan(timed: Stopwatch) -> None:
    """Map and plan: opened whole, another hour, the Gantt chart, the heat map."""

    def opened(name: str) -> Callable[[int], Timing]:
        def act(_: int) -> Timing:
            timed("location.hash = '#/submit'", _SHOWN.format("submit"))
            return timed(f"location.hash = '#/{name}'", _SHOWN.format(name))

        return act

    def slid(turn: int) -> Timing:
        hour = turn + 1
        return timed(
            _INPUT.format("hour", hour, "input"),
            f"document.querySelector('svg.atlas[data-hour]').dataset.hour === '{hour}'",
        )

    row("map: opened whole", times(opened("map"), 5))
    row("map: another hour", times(slid))
    row("plan: opened whole (Gantt, heat map, history, shadow prices)", times(opened("plan"), 5))

    def of_site(turn: int) -> Timing:
        site = ("zhongwei", "horinger", "beijing-metro")[turn % 3]
        return timed(
            _INPUT.format("gantt-site", site, "change"),
            f"document.getElementById('gantt-box').dataset.site === '{site}'",
        )

    row("plan: Gantt chart of one site", times(of_site))


def measure(store: str, jobs: int, planned: int) -> None:
    with serving(store, jobs, planned) as server, chromium() as browser:
        print(f"\n{store}: {jobs:,} jobs stored, {planned:,} of them planned over two days, 68 sites\n")
        print("| act | median | worst | drawing, median | worst |\n|---|---|---|---|---|")
        who = Visitor(browser, server, bypass_csp=True)
        who.sign_in()
        timed = Stopwatch(who.page)
        measure_plan(timed)
        measure_jobs(who.page, timed, jobs)
        who.leave()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.console")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--planned", type=int, default=20_000)
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    given = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}")
    for store in ("sqlite", "postgres") if given.store == "both" else (given.store,):
        measure(store, given.jobs, given.planned)
    return 0


if __name__ == "__main__":
    sys.exit(main())
