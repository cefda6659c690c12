"""How fast the console draws: python -m tests.benchmarks.console [--jobs 100000] [--planned 20000] [--store sqlite]

A real Chromium on this machine's processors, beside the server. Time is from the user's act to the first frame after
it, as the page itself measures it; where the act asks the service, that answer is in it. "Drawing" is the longest
stretch in which the page did not answer: what the user feels as a hitch. The content policy is off in these runs,
because the clock is handed to the page as text. Jobs are written into the store, not submitted and planned.
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

from playwright.sync_api import Browser, Page

from tests.api.console.scene import Visitor, chromium
from tests.api.http.server import Server
from tests.api.store.server import running_server
from tests.benchmarks.full_pool import fill

TIMES = 11
PAGE = 50
SECRET = "a-console-bench-of-many-jobs-0123456789"
# Runs an act, then waits for what it leads to and for the next frame; the longest task meanwhile is what hitches.
_CLOCK = """
async ([act, wanted]) => {
  let longest = 0;
  const watch = new PerformanceObserver((list) => {
    for (const task of list.getEntries()) longest = Math.max(longest, task.duration);
  });
  watch.observe({ type: 'longtask' });
  const begun = performance.now();
  new Function(act)();
  for (let look = 0; look < 6000; look += 1) {
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    if (new Function(`return ${wanted}`)()) break;
    if (look === 5999) throw new Error(`never: ${wanted}`);
  }
  const took = performance.now() - begun;
  await new Promise((wake) => setTimeout(wake, 30));
  watch.disconnect();
  return [took, longest];
}
"""
_SHOWN = "document.querySelector('[data-page={}][data-shown]')"
_LISTED = "document.getElementById('job-list').dataset.asked === '{}'"
_INPUT = "const c = document.getElementById('{}'); c.value = '{}'; c.dispatchEvent(new Event('{}', {{bubbles: true}}))"

Timing = tuple[float, float]


def timed(page: Page, act: str, wanted: str) -> Timing:
    """Milliseconds from an act in the page until something is true and drawn, and of its longest task."""
    took, longest = page.evaluate(_CLOCK, [act, wanted])
    return float(took), float(longest)


def row(what: str, timings: list[Timing]) -> None:
    """Print one act; a page that never hitched for 50 ms shows that."""
    took = sorted(each for each, _ in timings)
    longest = max(each for _, each in timings)
    drawing = "under 50 ms" if longest < 50 else f"{longest:.0f} ms"
    print(f"| {what} | {median(took):.0f} ms | {took[-1]:.0f} ms | {drawing} |", flush=True)


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
        server.start()
        stack.callback(server.stop)
        yield server


def measure_jobs(page: Page, jobs: int) -> None:
    """The list of jobs: opened, turned over, filtered, searched."""

    def filtered(control: str, event: str, *values: str) -> Callable[[int], Timing]:
        def act(turn: int) -> Timing:
            wanted = values[turn % len(values)]
            before = int(page.evaluate("document.getElementById('job-list').dataset.asked"))
            return timed(page, _INPUT.format(control, wanted, event), _LISTED.format(before + 1))

        return act

    def turned(turn: int) -> Timing:
        rows = page.locator("#jobs tbody tr").count()
        wanted = f"document.querySelectorAll('#jobs tbody tr').length >= {rows + PAGE}"
        return timed(page, "document.getElementById('more').click()", wanted)

    away = "location.hash = '#/submit'"
    timed(page, away, _SHOWN.format("submit"))

    def opened(turn: int) -> Timing:
        timed(page, away, _SHOWN.format("submit"))
        return timed(page, "location.hash = '#/jobs'", _SHOWN.format("jobs"))

    row("jobs: first page, opened", times(opened))
    row("jobs: a further page", times(turned))
    row("jobs: filter by state", times(filtered("filter-state", "change", "failed", "planned", "succeeded")))
    page.evaluate(_INPUT.format("filter-state", "", "change"))
    often = [f"{kind}-0" for kind in ("training", "batch", "tuning")]
    row(
        "jobs: search, many hits (300 ms of waiting for the next key in it)",
        times(filtered("filter-name", "input", *often)),
    )
    seldom = [f"{number:06d}" for number in (3, jobs // 2, jobs - 7)]
    row("jobs: search, one hit of all (the same)", times(filtered("filter-name", "input", *seldom)))
    row("jobs: search, no hit (the same)", times(filtered("filter-name", "input", "zebra", "yak", "gnu")))
    page.evaluate(_INPUT.format("filter-name", "", "input"))


def measure_plan(page: Page) -> None:
    """Map and plan: opened whole, another hour, the Gantt chart, the heat map."""

    def opened(name: str) -> Callable[[int], Timing]:
        def act(_: int) -> Timing:
            timed(page, "location.hash = '#/submit'", _SHOWN.format("submit"))
            return timed(page, f"location.hash = '#/{name}'", _SHOWN.format(name))

        return act

    def slid(turn: int) -> Timing:
        hour = turn + 1
        return timed(
            page,
            _INPUT.format("hour", hour, "input"),
            f"document.querySelector('svg.atlas').dataset.hour === '{hour}'",
        )

    row("map: opened whole", times(opened("map"), 5))
    row("map: another hour", times(slid))
    row("plan: opened whole (Gantt, heat map, history, shadow prices)", times(opened("plan"), 5))

    def of_site(turn: int) -> Timing:
        site = ("zhongwei", "horinger", "beijing-metro")[turn % 3]
        return timed(
            page,
            _INPUT.format("gantt-site", site, "change"),
            f"document.getElementById('gantt-box').dataset.site === '{site}'",
        )

    row("plan: Gantt chart of one site", times(of_site))


def measure(browser: Browser, store: str, jobs: int, planned: int) -> None:
    with serving(store, jobs, planned) as server:
        print(f"\n{store}: {jobs:,} jobs stored, {planned:,} of them planned over two days, 68 sites\n")
        print("| act | median | worst | longest hitch |\n|---|---|---|---|")
        who = Visitor(browser, server, bypass_csp=True)
        who.sign_in()
        measure_plan(who.page)
        measure_jobs(who.page, jobs)
        who.leave()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.console")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--planned", type=int, default=20_000)
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    given = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}")
    with chromium() as browser:
        for store in ("sqlite", "postgres") if given.store == "both" else (given.store,):
            measure(browser, store, given.jobs, given.planned)
    return 0


if __name__ == "__main__":
    sys.exit(main())
