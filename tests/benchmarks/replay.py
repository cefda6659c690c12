"""How fast days are replayed: python -m tests.benchmarks.replay [--quick]

    greedy     1,000,000 jobs over 30 days under "cheapest"; goal: 3 minutes, 2 GiB
    optimizer    100,000 jobs over 7 days under "optimal"; goal: 10 minutes

One generated day of jobs is released every day anew, job by job as the simulated clock gets there. Each row runs in a
process of its own, so that its peak memory is its own. The load of the machine is printed, since it decides the time.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pricing import build_price_book
from scheduler import Job, Policy
from simulations.engine import Progress, Replay, simulate, span_of
from simulations.workload import WorkloadRequest, draw_workload
from topology import load_catalogue


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the table: jobs over days under a policy, and the goal [min]."""

    policy: str
    jobs: int
    days: int
    goal_minutes: float


ROWS = {
    "greedy": Row(policy="cheapest", jobs=1_000_000, days=30, goal_minutes=3),
    "optimizer": Row(policy="optimal", jobs=100_000, days=7, goal_minutes=10),
    "greedy-quick": Row(policy="cheapest", jobs=33_334, days=1, goal_minutes=0.1),
    "optimizer-quick": Row(policy="optimal", jobs=3_572, days=1, goal_minutes=0.5),
}

HEADINGS = (
    *("policy", "jobs", "days", "sites", "s", "CPU s", "jobs/s", "peak MiB"),
    *("completed", "rejected", "mean gap", "faults", "goal s"),
)


def every_day(jobs: tuple[Job, ...], days: int) -> Iterator[Job]:
    """The jobs of one day, on every day anew."""
    for day in range(days):
        later = timedelta(days=day)
        for job in jobs:
            release = None if job.release is None else job.release + later
            deadline = None if job.deadline is None else job.deadline + later
            yield replace(job, name=f"{job.name}-day{day}", release=release, deadline=deadline)


def measure(row: Row, load: float | None) -> str:
    """Run a row and return its line."""
    catalogue = load_catalogue()
    request = WorkloadRequest(count=-(-row.jobs // row.days), seed=1, load=load)
    jobs = draw_workload(request, catalogue).jobs
    book = build_price_book(catalogue, span_of(request.start, 24 * row.days, drain_hours=24))
    replay = Replay(
        catalogue=catalogue, jobs=every_day(jobs, row.days), actual=book, policy=Policy(name=row.policy)
    )
    simulate(replace(replay, jobs=jobs[:20]))  # compiles what is to be compiled
    began, cpu = time.perf_counter(), time.process_time()
    outcome = simulate(replay, progress=_Shown())
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = outcome.summary
    return (
        f"| {row.policy} | {found.jobs:,} | {row.days} | {len(catalogue.sites)} | {seconds:.0f} | {cpu:.0f} "
        f"| {found.jobs / seconds:,.0f} | {peak_mib:,.0f} | {found.completed:,} | {found.rejected:,} "
        f"| {found.gap_mean:.2%} | {len(outcome.faults)} | {row.goal_minutes * 60:.0f} |"
    )


class _Shown:
    """Says on standard error how far a run is, every half minute."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, news: Progress) -> None:
        if news.seconds - self._last >= 30:
            self._last = news.seconds
            print(
                f"{news.fraction:.1%}, {news.jobs:,} jobs, {news.seconds:.0f} s, {news.seconds_left:.0f} s left",
                file=sys.stderr,
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how fast days are replayed.")
    parser.add_argument("--quick", action="store_true", help="a day instead of weeks")
    parser.add_argument("--load", type=float, help="size gangs to this load, such as 0.5")
    parser.add_argument("--row", choices=sorted(ROWS), help="run this row in this process")
    options = parser.parse_args()
    if options.row:
        print(measure(ROWS[options.row], options.load))
        return
    now, load = datetime.now(UTC), os.getloadavg()[0]
    print(f"python -m tests.benchmarks.replay{' --quick' if options.quick else ''}")
    print(f"{now:%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, load of the machine {load:.1f}\n")
    print(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}")
    for name in ROWS:
        if name.endswith("-quick") == options.quick:
            words = ["--row", name, *(["--load", str(options.load)] if options.load else [])]
            subprocess.run([sys.executable, "-m", "tests.benchmarks.replay", *words], check=True)


if __name__ == "__main__":
    main()
