"""The tour: the service end to end, as `make run` shows it.

    python -m api.tour

The real service starts on a new store with its local backend; a customer submits a sample day of jobs through the
client, takes a quote, and watches them until all are done. The day takes half a minute: once it is planned, the
service's clock goes on by a slot whenever what was due has started. Exit 0 when every job has
succeeded, or was refused with its reasons; else 1.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from rich.console import Console

from api.app import build_app, wrap
from api.bootstrap import lifespan_of, open_service, prepare_store, welcome
from api.cli.serve import settings_of
from api.client import AsyncClient, Event, JobStatus, NotFoundError, Receipt
from api.client.jobs_file import read_job_documents
from api.logs import configure_logs
from api.service import Service
from api.serving import Server
from api.store import Announce, Jobs
from api.tour_report import show_bill, show_explanation, show_placements, show_quote, show_savings
from topology import CHINA_TIME

BEGIN = datetime(2026, 7, 1, 0, 0, tzinfo=CHINA_TIME)
JOBS = 60
SEED = 2026
# A refusal with its reasons is an answer too: moving a job's data may cost more than the job is worth.
ANSWERED = ("succeeded", "rejected")
SLOT = timedelta(minutes=15)
STEP_S = 0.2
STEP_WAIT_S = 5.0
PLAN_WAIT_S = 20.0
LIMIT_S = 120.0
START_S = 30.0


class DayClock:
    """A clock of a day that stands until it is moved on."""

    def __init__(self, begin: datetime) -> None:
        """Stand at the beginning of the day."""
        self.now = begin.astimezone(UTC)

    def __call__(self) -> datetime:
        """The present instant of the day; a little later at each look, so that things have an order."""
        self.now += timedelta(microseconds=10)
        return self.now

    def next_slot(self) -> None:
        """Move on to the next quarter of an hour."""
        hour = self.now.replace(minute=0, second=0, microsecond=0)
        self.now = hour + ((self.now - hour) // SLOT + 1) * SLOT


def draw_day(folder: Path) -> list[dict[str, object]]:
    """Return the jobs of a sample day, drawn by the command that customers use."""
    path = folder / "day.jsonl"
    command = [sys.executable, "-m", "edwc", "jobs-sample", "--count", str(JOBS), "--seed", str(SEED)]
    command += ["--start", BEGIN.isoformat(), "--out", str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  (our own door)
    return read_job_documents(path)


@asynccontextmanager
async def serving(folder: Path, clock: DayClock) -> AsyncIterator[tuple[Service, str, str]]:
    """Run the service; yields it, its base URL and a key."""
    settings = settings_of(store=f"sqlite:///{folder / 'tour.db'}")
    prepare_store(settings, clock())
    service = open_service(settings, clock=clock, loop=True)
    key = await welcome(service.store, service.secret, clock())
    assert key is not None
    app = wrap(build_app(service, lifespan=lifespan_of(service)))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="on", log_config=None, access_log=False)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = Server(config, service.closing, lambda line: address.set_result(line.split()[2]))
    task = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(START_S):
            url = await address
        yield service, url, key.text
    finally:
        service.closing.set()
        server.should_exit = True
        await task


async def watch(
    client: AsyncClient, receipts: Sequence[Receipt], clock: DayClock, console: Console
) -> list[JobStatus]:
    """Wait for the jobs, printing how they stand every four hours of the day."""
    states = {job.id: job.state async for job in client.jobs()}
    due = BEGIN

    def tell(event: Event) -> None:
        nonlocal due
        states[event.subject] = event.state
        if clock() >= due:
            counts = ", ".join(
                f"{count} {state}" for state, count in sorted(Counter(states.values()).items())
            )
            console.print(f"  {clock().astimezone(CHINA_TIME):%d %b %H:%M}  {counts}", highlight=False)
            due = clock().astimezone(CHINA_TIME) + timedelta(hours=4)

    return await client.wait([receipt.id for receipt in receipts], timeout_s=LIMIT_S, on_event=tell)


async def pass_day(service: Service, clock: DayClock) -> None:
    """Move the clock on, slot by slot, each time waking the loop; what is due starts before time goes on."""
    while True:
        clock.next_slot()
        await service.store.write(Announce(at=clock(), kind="clock.moved", subject="day", document="{}"))
        await asyncio.sleep(STEP_S)
        for _ in range(round(STEP_WAIT_S / STEP_S)):
            page = await service.store.read(Jobs(states=("planned", "starting"), limit=1_000))
            if not any(job.starts_at is not None and job.starts_at <= clock.now for job in page.items):
                break
            await asyncio.sleep(STEP_S)


async def planned(client: AsyncClient, receipts: Sequence[Receipt]) -> None:
    """Wait until a plan holds the whole day, or long enough."""
    try:
        async with asyncio.timeout(PLAN_WAIT_S):
            while True:
                try:
                    plan = await client.latest_plan()
                    if plan.placed + plan.refused >= len(receipts):
                        return
                except NotFoundError:
                    pass  # none yet
                await asyncio.sleep(0.2)
    except TimeoutError:
        return


async def take_tour(console: Console, folder: Path) -> int:
    """Take the tour; 0 when every job has succeeded or was refused with its reasons."""
    day = draw_day(folder)
    clock = DayClock(begin=BEGIN)
    async with serving(folder, clock) as (service, url, key), AsyncClient(url, key) as client:
        console.print(f"[bold]The service[/bold] answers at {url}; store and backend in a temporary folder.")
        show_quote(await client.quote(day[0]), console)
        receipts = await client.submit_many(day)
        console.print(
            f"[bold]{len(receipts)} jobs[/bold] of {BEGIN:%Y-%m-%d} submitted: 201 says they are stored."
        )
        await planned(client, receipts)
        passing = asyncio.create_task(pass_day(service, clock))
        ended = await watch(client, receipts, clock, console)
        passing.cancel()
        placed = show_placements(ended, console)
        show_savings(day, ended, console)
        show_explanation(await client.explanation(placed.id), console)
        show_bill(await client.bill(f"{BEGIN:%Y-%m}"), console)
    for job in ended:
        if job.state != "succeeded":
            console.print(f"{job.name} is {job.state}: {job.detail} {job.reasons or ''}", highlight=False)
    return 0 if all(job.state in ANSWERED for job in ended) else 1


def main() -> int:
    """Take the tour in a temporary folder."""
    configure_logs(level="warning", as_json=False)
    with tempfile.TemporaryDirectory(prefix="edwc-tour-") as folder:
        return asyncio.run(take_tour(Console(), Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
