"""What it takes to plan again: python -m tests.benchmarks.replanning [--quick] [--only PART] [--repeat N]

    insert   100 new jobs into a plan of 10,000 of which some run already; goal: 10 ms
    repair   a hub fails under a plan of 10,000; goal: within 1 % of a cold plan after 2 s
    price    one job against that plan; goal: p99 of 50 us
    day      a day of the openb and the Philly trace, planned again every hour and every quarter of an hour, against
             one plan that knew the whole day

Reads ../shared: the instance maker and the traces lie there. Some twenty minutes; `--quick` takes three: a
tenth of the jobs and one trace by the hour. The load of the machine is printed, since it decides the time.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from pricing import build_price_book
from scheduler import Job, Policy, open_market, price, schedule
from scheduler import Market as DomainMarket
from scheduler.optimizer import (
    Assignment,
    Market,
    Problem,
    Solution,
    insert_in_order,
    plain_assignment,
    solve,
)
from scheduler.optimizer.warmup import compile_kernels
from scheduler.world import World
from simulations.workload import WorkloadRequest, draw_workload
from tests.benchmarks.instance_file import read_instance
from tests.benchmarks.rolling import print_days
from tests.benchmarks.row_choice import some_jobs
from tests.benchmarks.spread import spread_of
from topology import Horizon, Network, load_catalogue

SHARED = Path(__file__).resolve().parents[3] / "shared"
PLAN_S = 30.0  # the plan that things happen to
REPAIR_S = 2.0
NEW = 100
ASKED = 2_000
ROUNDS = 7
NUMBERS = range(2_000)  # their sum takes some 30 us
NOW = 8  # slot in which new jobs arrive: what began before it runs
COLD_FACTORS = (1, 10)  # a cold plan gets as much time as the repair, and ten times as much


def instance(folder: Path, jobs: int) -> Problem:
    """The seeded instance of so many jobs on forty sites at 90 % load."""
    path = folder / f"j{jobs}.npz"
    words = ["--jobs", str(jobs), "--sites", "40", "--load", "0.9", "--out", str(path)]
    subprocess.run([sys.executable, str(SHARED / "bench/instances.py"), *words], check=True)
    return read_instance(path)


def timed(action: Callable[[], object], times: int) -> np.ndarray:
    """Seconds that each of `times` calls took."""
    took = np.empty(times)
    for k in range(times):
        began = time.perf_counter()
        action()
        took[k] = time.perf_counter() - began
    return took


def print_insertion(problem: Problem, plan: Solution, arrivals: int) -> None:
    """The last jobs of the problem arrive when the others are planned."""
    known = problem.jobs - arrivals
    later = replace(
        problem, release=np.where(problem.row_job < known, problem.release, np.maximum(problem.release, NOW))
    )
    pad = np.full(arrivals, -1)
    held = plan.assignment
    start = plain_assignment(
        later, row=np.concatenate([held.row, pad]), site=np.concatenate([held.site, pad]),
        start=np.concatenate([held.start, pad]),
    )  # fmt: skip
    order = np.arange(known, problem.jobs)
    found: list[Assignment] = []
    busy = time.thread_time()
    took = 1e3 * timed(
        lambda: found.append(insert_in_order(later, order, prices=plan.prices, warm_start=start)), 30
    )
    busy_ms = 1e3 * (time.thread_time() - busy) / 30
    placed, kept = int(found[-1].placed[known:].sum()), bool((found[-1].start[:known] == held.start).all())
    print(
        f"insert {arrivals} into {known:,} ({placed} placed, the others {'untouched' if kept else 'MOVED'}): "
        f"median and range of 30: {spread_of(took, '.1f')} ms, "
        f"processor time {busy_ms:.1f} ms (goal 10 ms)",
        flush=True,
    )


def print_repair(problem: Problem, plan: Solution, repeat: int) -> None:
    """The hub that carries most loses everything."""
    counts = np.bincount(plan.assignment.site[plan.assignment.placed], minlength=problem.sites)
    hub = int(counts.argmax())
    capacity = problem.capacity.copy()
    capacity[hub] = 0.0
    lost = replace(problem, capacity=capacity)
    print(
        f"\na hub fails under {problem.jobs:,} jobs: {counts[hub]:,} lose their place; runs of each: {repeat}"
    )
    print("|  | s | objective | gap | the repaired plan above it |\n|---|---|---|---|---|")
    repairs = [solve(lost, time_limit_s=REPAIR_S, warm_start=plan, gap=0.0) for _ in range(repeat)]
    for phase, seconds, objective, _ in repairs[0].milestones:
        print(f"| repair: {phase} | {seconds:.2f} | {objective:,.0f} | | |")
    print_solutions("repaired", repairs)
    for factor in COLD_FACTORS:
        colds = [solve(lost, time_limit_s=factor * REPAIR_S, gap=0.0) for _ in range(repeat)]
        print_solutions("cold", colds, repairs)
    moved = [
        int(
            (
                each.placed & plan.assignment.placed & (plan.assignment.site != hub)
                & ((each.site != plan.assignment.site) | (each.start != plan.assignment.start))
            ).sum()
        )
        for each in (repaired.assignment for repaired in repairs)
    ]  # fmt: skip
    print(
        f"{spread_of(moved, ',.0f')} jobs that had not lost their place moved (no move costs anything here)"
    )


def print_solutions(what: str, found: list[Solution], repairs: Sequence[Solution] = ()) -> None:
    """One row of that table."""
    above = [mine.objective / other.objective - 1 for mine, other in zip(repairs, found, strict=False)]
    print(
        f"| {what} | {spread_of([each.seconds for each in found], '.2f')} "
        f"| {spread_of([each.objective for each in found], ',.0f')} "
        f"| {spread_of([each.gap for each in found], '.2%')} | {spread_of(above, '+.2%') if above else ''} |",
        flush=True,
    )


def print_prices(problem: Problem, plan: Solution) -> None:
    """One job after the other against the plan, through the public functions."""
    candidates = some_jobs(problem, np.arange(0, problem.jobs, max(1, problem.jobs // 1000)))
    market = Market(
        some_jobs(problem, np.arange(len(plan.assignment.row))),
        plan.assignment,
        plan.prices,
        candidates=candidates,
    )
    asked = iter(np.tile(np.arange(candidates.jobs), 4).tolist())
    took = 1e6 * timed(lambda: market.price_job(next(asked)), 4 * candidates.jobs)
    print(
        f"\nprice one job, arrays: p50 {np.percentile(took, 50):.0f} us, p99 {np.percentile(took, 99):.0f} us "
        "(goal: p99 50 us)"
    )


def print_domain_prices(jobs: int) -> None:
    """The same with jobs, sites and rules: what a quote costs before it is sent."""
    catalogue = load_catalogue()
    request = WorkloadRequest(count=jobs + ASKED, seed=1)
    drawn = draw_workload(request, catalogue).jobs
    world = World(
        catalogue=catalogue, network=Network(catalogue),
        prices=build_price_book(catalogue, Horizon(start=request.start, slots=96)),
    )  # fmt: skip
    plan = schedule(drawn[:jobs], world, policy=Policy(name="cheapest"))
    took = np.array(
        [priced_once(drawn[jobs:], open_market(plan, drawn[:jobs], world)) for _ in range(ROUNDS)]
    )
    print(
        f"\nprice one job, `scheduler.price` beside {jobs:,} jobs on {len(catalogue.sites)} sites: {ASKED:,} jobs "
        f"asked for the first time of a market just opened, {ROUNDS} markets (goal: p99 50 us)\n"
        "| us | p50: median, range | p99: median, range | each job's median: p50, p99 | each job's best: p99 |\n"
        "|---|---|---|---|---|"
    )
    for row, what in enumerate(("price", "price, and read every offer", "a fixed sum of whole numbers")):
        low, high = np.percentile(took[:, row], [50, 99], axis=1)
        middle, best = np.median(took[:, row], axis=0), took[:, row].min(axis=0)
        print(
            f"| {what} | {spread_of(low)} | {spread_of(high)} | {np.percentile(middle, 50):.0f}, "
            f"{np.percentile(middle, 99):.0f} | {np.percentile(best, 99):.0f} |"
        )
    print(
        "The sum always takes the same work: what its p99 adds to its p50 is the machine's doing.", flush=True
    )


def priced_once(asked: Sequence[Job], market: DomainMarket) -> np.ndarray:
    """[3, jobs] microseconds to price each job, to price it and read all offers, and to sum some numbers."""
    took = np.empty((3, len(asked)))
    for number, job in enumerate(asked):
        began = time.perf_counter()
        offers = price(job, market)
        priced = time.perf_counter()
        tuple(offers)
        read = time.perf_counter()
        sum(NUMBERS)
        took[:, number] = priced - began, read - began, time.perf_counter() - read
    return 1e6 * took


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--quick", action="store_true", help="a tenth of the jobs and one trace by the hour")
    ask.add_argument("--only", choices=("arrays", "day", "price"), help="one part of it")
    ask.add_argument(
        "--repeat", type=int, default=1, help="times that a lost hub is repaired and planned cold"
    )
    options = ask.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"{SHARED}: not here; the instance maker and the traces lie there")
    print(" ".join(["python -m tests.benchmarks.replanning", *sys.argv[1:]]))
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, load of the machine {os.getloadavg()[0]:.1f}\n"
    )
    compile_kernels()
    jobs = 1_000 if options.quick else 10_000
    if options.only in {None, "arrays"}:
        with tempfile.TemporaryDirectory() as name:
            problem = instance(Path(name), jobs + NEW)
        planned = some_jobs(problem, np.arange(jobs))
        plan = solve(planned, time_limit_s=PLAN_S / 3 if options.quick else PLAN_S, gap=0.0)
        print(f"the plan: {jobs:,} jobs, gap {plan.gap:.2%} after {plan.seconds:.0f} s")
        print_insertion(problem, plan, NEW)
        print_repair(planned, plan, options.repeat)
        print_prices(problem, plan)
    if options.only in {None, "arrays", "price"}:
        print_domain_prices(jobs)
    if options.only in {None, "day"}:
        print_days(SHARED / "data/traces", quick=options.quick)


if __name__ == "__main__":
    main()
