"""Tables of jobs, with the state in colour on a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import click
from pydantic import BaseModel

from api.cli.table import Column, Table, print_json
from api.client import JobStatus

# As topology has it; named here so that online commands import no network.
CHINA_TIME = timezone(timedelta(hours=8))
COLOURS = {
    "queued": "white",
    "planned": "cyan",
    "starting": "blue",
    "running": "bright_blue",
    "unknown": "yellow",
    "cancelling": "yellow",
    "succeeded": "green",
    "failed": "red",
    "cancelled": "magenta",
    "expired": "red",
    "rejected": "red",
}


def clock_time(instant: datetime) -> str:
    """Return an instant in China's time, to the minute."""
    return f"{instant.astimezone(CHINA_TIME):%m-%d %H:%M}"


def money(amount: Decimal) -> str:
    """Return an amount to the cent, thousands apart."""
    return f"{amount:,.2f}"


_COLUMNS = (
    Column(name="id", heading="JOB"),
    Column(name="state", heading="STATE"),
    Column(name="name", heading="NAME"),
    Column(name="site", heading="SITE", show=lambda site: site or "-"),
    Column(name="starts_at", heading="START", show=clock_time),
    Column(name="ends_at", heading="END", show=clock_time),
    Column(name="cost_cny", heading="CNY", show=money),
    Column(name="detail", heading="DETAIL"),
)


def job_table(jobs: Sequence[JobStatus]) -> Table:
    """Return one row a job."""
    rows = [
        (job.id, job.state, job.name, job.site, job.starts_at, job.ends_at, job.cost_cny, why(job))
        for job in jobs
    ]
    return Table(columns=_COLUMNS, rows=rows)


def why(job: JobStatus) -> str:
    """Return in a few words why a job stands as it does."""
    if job.detail or not job.reasons:
        return job.detail
    return ", ".join(f"{reason} at {count}" for reason, count in job.reasons.items())


def echo_jobs(jobs: Sequence[JobStatus]) -> None:
    """Print the table, each state in its colour; a pipe gets no colours."""
    head, *lines = job_table(jobs).text().split("\n")
    begin = head.index("STATE")  # what stands before it is ASCII, so that characters are columns
    click.echo(click.style(head, bold=True))
    for line, job in zip(lines, jobs, strict=True):
        end = begin + len(job.state)
        click.echo(line[:begin] + paint(job.state) + line[end:])


def paint(state: str) -> str:
    """Return a state in its colour."""
    return click.style(state, fg=COLOURS.get(state))


def print_models(models: BaseModel | Sequence[BaseModel]) -> None:
    """Write what the service answered as JSON."""
    document: Any
    if isinstance(models, BaseModel):
        document = json.loads(models.model_dump_json())
    else:
        document = [json.loads(model.model_dump_json()) for model in models]
    print_json(document)
