"""How fast the service is: python -m tests.benchmarks.service [--store sqlite|postgres] [--seconds 5]

Server and load share this machine's processors. Everything is on loopback and bounded: some two minutes a store.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from api.client import Client, Patience
from tests.api.store.server import NoServerError, running_server
from tests.benchmarks.load import Load, folder_for, put
from tests.benchmarks.serving import Served, serving

PLANNED = 10_000
PLAN_WAIT_S = 120.0
BATCH = 500


def job(number: int, *, later: bool = False) -> dict[str, Any]:
    """A small job, now or tonight."""
    release = {"release": (datetime.now(UTC) + timedelta(hours=6)).isoformat()} if later else {}
    name, demand = f"bench-{number}", {"cpu_cores": 4, "memory_gib": 16}
    return {
        "name": name,
        "demand": demand,
        "variants": [{"runtime_minutes": 30}],
        "origin": "shanghai",
        **release,
    }


class Bench:
    """The rows of one store."""

    def __init__(self, store: str, seconds: float) -> None:
        self.store, self.seconds = store, seconds

    def measure(self, server: Served, what: str, load: Load, *, unit: str, times: int, goal: str) -> None:
        """Put a load on the server and print a row."""
        before = server.processor_s()
        measured = put(load)
        each_us = (server.processor_s() - before) * 1e6 / max(1, measured.requests * times)
        rate = f"{measured.per_second * times:,.0f} {unit}/s"
        latency = f"p50 {measured.p50_ms:.1f} ms, p99 {measured.p99_ms:.1f} ms"
        failed = f", {measured.failed} failed" if measured.failed else ""
        row = (
            self.store,
            what,
            rate,
            latency + failed,
            f"{each_us:,.0f} us",
            f"{os.getloadavg()[0]:.1f}",
            goal,
        )
        print(f"| {' | '.join(row)} |", flush=True)

    def submissions(self, server: Served) -> None:
        """Single and batched submissions, and reads, of the API alone."""
        url, key, seconds = f"{server.url}/v1/jobs", server.key, self.seconds
        one, many = json.dumps(job(0)), json.dumps([job(number) for number in range(BATCH)])
        load = Load(url=url, key=key, method="POST", body=one, seconds=seconds, keyed=True)
        self.measure(server, "durable submissions", load, unit="jobs", times=1, goal="2,000/s, p99 < 150 ms")
        load = Load(url=url, key=key, method="POST", body=many, seconds=seconds, connections=4, keyed=True)
        self.measure(server, f"batches of {BATCH}", load, unit="jobs", times=BATCH, goal="20,000 jobs/s")
        with Client(server.url, key) as client:
            name = client.submit(job(1)).id
        load = Load(url=f"{url}/{name}", key=key, seconds=seconds, connections=4)
        self.measure(server, "GET of a job", load, unit="requests", times=1, goal="p99 < 5 ms")

    def planning(self, server: Served) -> None:
        """Quotes with 10,000 jobs planned, and reads while the loop solves."""
        with Client(server.url, server.key, patience=Patience(read_s=30.0)) as client:
            first = client.submit_many([job(number, later=True) for number in range(PLANNED)])[0].id
            planned = _wait_planned(client)
            load = Load(
                url=f"{server.url}/v1/quotes",
                key=server.key,
                method="POST",
                body=json.dumps(job(0)),
                seconds=self.seconds,
                connections=1,
            )
            put(replace(load, seconds=1.0))
            self.measure(
                server, f"quotes, {planned:,} planned", load, unit="quotes", times=1, goal="p99 < 20 ms"
            )
            read = Load(
                url=f"{server.url}/v1/jobs/{first}", key=server.key, seconds=self.seconds, connections=4
            )
            self.measure(server, "GET, loop at rest", read, unit="requests", times=1, goal="p99 < 5 ms")
            client.submit_many([job(PLANNED + number, later=True) for number in range(PLANNED)])
            self.measure(
                server,
                f"GET, loop takes in {PLANNED:,}",
                read,
                unit="requests",
                times=1,
                goal="p99 < twice at rest",
            )
            held = _wait_planned(client, 2 * PLANNED)
            client.submit(job(2 * PLANNED, later=True))
            _wait_solving(server)
            self.measure(
                server,
                f"GET, {held:,} being solved",
                read,
                unit="requests",
                times=1,
                goal="p99 < twice at rest",
            )


def _wait_solving(server: Served) -> None:
    """Wait until a planner is at work: then its question has been asked, and its answer has not been given."""
    end = time.monotonic() + PLAN_WAIT_S
    while server.solving_share() < 0.8:
        if time.monotonic() > end:
            raise RuntimeError(f"no planner was at work within {PLAN_WAIT_S:g} s")


def _wait_planned(client: Client, wanted: int = PLANNED) -> int:
    """Wait until the latest plan holds every job and rests; return how many are planned."""
    end, held, since = time.monotonic() + PLAN_WAIT_S, -1, time.monotonic()
    while time.monotonic() < end:
        page = sum(1 for _ in client.jobs(states=["planned"], page_size=1000))
        if page != held:
            held, since = page, time.monotonic()
        if held >= wanted and time.monotonic() - since > 10.0:
            break
        time.sleep(1.0)
    return held


def run(store: str, seconds: float) -> None:
    """Measure one store."""
    bench = Bench(store, seconds)
    for command, measure in (("api", bench.submissions), ("serve", bench.planning)):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(folder_for("bench")))
            sqlite = f"sqlite:///{folder / 'edwc.db'}"
            url = stack.enter_context(running_server(sync=True)).url() if store == "postgres" else sqlite
            measure(stack.enter_context(serving(command, url, folder)))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine()
    )


def _loader() -> str:
    return "wrk" if shutil.which("wrk") else "a driver in Python"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    print(
        f"`{' '.join(['python -m tests.benchmarks.service', *sys.argv[1:]])}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )
    print(
        f"{os.cpu_count()} cores of {_processor()}, Python {platform.python_version()}, load by {_loader()}"
    )
    print("on the server's own processors; processor time is that of the server's process, for each\n")
    print(
        "| store | what | rate | latency | processor | load average | goal |\n|---|---|---|---|---|---|---|"
    )
    for store in ("sqlite", "postgres") if given.store == "both" else (given.store,):
        try:
            run(store, given.seconds)
        except NoServerError as error:
            print(f"| {store} | not measured: {error} | | | | | |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
