"""`edwc admin drill`: practise the loss of a site, on the machine where the store is, and show what it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from api.cli.choice import JSON
from api.cli.serve import CATALOGUE, STORE, settings_of
from api.cli.table import Column, Table, number, print_json

if TYPE_CHECKING:
    from api.drills import DrillReport
    from api.store import Store

ACTOR = "edwc admin"
BEGIN_SECONDS = 30.0
MARGIN_SECONDS = 60.0
LOOK_SECONDS = 0.5

_DRILLS = (
    Column(name="id", heading="drill"),
    Column(name="site", heading="site"),
    Column(name="begun_at", heading="begun"),
    Column(name="recovery_seconds", heading="recovery s", show=number(1)),
    Column(name="work_hours_lost", heading="work lost h", show=number(2)),
    Column(name="jobs", heading="jobs"),
)
_JOBS = (
    Column(name="name", heading="job"),
    Column(name="before", heading="was"),
    Column(name="how", heading="now"),
    Column(name="sites", heading="at"),
    Column(name="seconds", heading="after s", show=number(1)),
    Column(name="work_hours_lost", heading="work lost h", show=number(2)),
)


@click.command()
@STORE
@CATALOGUE
@JSON
@click.argument("site", required=False)
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(0, 86_400, min_open=True),
    default=1_800.0,
    show_default=True,
    help="The site is lost no longer than so many seconds.",
)
@click.option("--kill", is_flag=True, help="End what runs there too; otherwise it is only not heard of.")
def drill(  # noqa: PLR0917
    store: str | None, catalogue: str | None, as_json: bool, site: str | None, seconds: float, kill: bool
) -> None:
    """Lose SITE as an exercise and measure how its jobs recover; without SITE, list earlier drills.

    A service must be running on the store: its loop carries the drill out. Exit 1 when a job did not recover.
    """
    from api.secret import find_secret  # noqa: PLC0415
    from api.store import open_store  # noqa: PLC0415
    from topology import load_catalogue  # noqa: PLC0415

    settings = settings_of(store=store, catalogue=catalogue)
    if site is not None:
        load_catalogue(settings.catalogue).site(site)

    async def run() -> list[DrillReport]:
        opened = open_store(settings.store, secret=find_secret(settings))
        try:
            return await _reports(opened) if site is None else [await _drilled(opened, site, seconds, kill)]
        finally:
            await opened.close()

    reports = asyncio.run(run())
    if as_json:
        documents = [report.document() for report in reports]
        print_json(documents if site is None else documents[0])
    elif site is None:
        click.echo(_listing(reports))
    else:
        click.echo(_told(reports[0]))
    if site is not None and reports[0].recovery_seconds is None:
        click.get_current_context().exit(1)


async def _reports(store: Store) -> list[DrillReport]:
    from api.drills import list_drills  # noqa: PLC0415

    return await list_drills(store)


async def _drilled(store: Store, site: str, seconds: float, kill: bool) -> DrillReport:
    """Ask for a drill and wait for its end."""
    from api.drills import find_drill, order_drill  # noqa: PLC0415
    from api.store import One, SiteState  # noqa: PLC0415

    now = datetime.now(UTC)
    order = await order_drill(store, site, seconds=seconds, kill=kill, actor=ACTOR, now=now)
    began, end = time.monotonic(), time.monotonic() + seconds + BEGIN_SECONDS + MARGIN_SECONDS
    while time.monotonic() < end:
        report = await find_drill(store, order.id)
        if report is not None:
            return report
        state = await store.read(One(SiteState, site))
        if state is not None and state.answering and time.monotonic() - began > BEGIN_SECONDS:
            break
        await asyncio.sleep(LOOK_SECONDS)
    raise click.ClickException(
        f"drill {order.id} at {site} has no result yet; is a service with a loop running on this store?"
    )


def _listing(reports: Sequence[DrillReport]) -> str:
    rows = [
        (each.id, each.site, each.begun_at, each.recovery_seconds, each.work_hours_lost, len(each.jobs))
        for each in reports
    ]
    return Table(columns=_DRILLS, rows=rows).text() if rows else "no drill has been held"


def _told(report: DrillReport) -> str:
    recovered = sum(bool(job.how) for job in report.jobs)
    took = "" if report.recovery_seconds is None else f" in {report.recovery_seconds:,.1f} s"
    head = (
        f"{report.site}: {recovered} of {len(report.jobs)} jobs went on elsewhere{took}; "
        f"{report.work_hours_lost:,.2f} h of work to be done again"
    )
    rows = [
        (job.name, job.before, job.how or "waits", " ".join(job.sites), job.seconds, job.work_hours_lost)
        for job in report.jobs
    ]
    return "\n".join([head, Table(columns=_JOBS, rows=rows).text()]) if rows else head
