"""edwc show."""

from __future__ import annotations

import json
import sys

import click

from api.cli.account import find_job, open_client
from api.cli.choice import JSON
from api.cli.job_table import clock_time, money, paint, why
from api.cli.table import Column, Table, print_json
from api.client import Attempt, Client, JobStatus

_ATTEMPTS = (
    Column(name="number", heading="ATTEMPT"),
    Column(name="state", heading="STATE"),
    Column(name="site", heading="SITE"),
    Column(name="backend", heading="BACKEND"),
    Column(name="started_at", heading="STARTED", show=clock_time),
    Column(name="ended_at", heading="ENDED", show=clock_time),
    Column(name="exit_code", heading="EXIT"),
    Column(name="detail", heading="DETAIL"),
)


@click.command()
@click.argument("job")
@click.option(
    "--logs", "stream", type=click.Choice(["stdout", "stderr"]), help="Write what the job wrote instead."
)
@JSON
def show(*, job: str, stream: str | None, as_json: bool) -> None:
    """Show one JOB (id or name): its state, place, cost and attempts; or what it wrote."""
    with open_client() as client:
        found = find_job(client, job)
        if stream is not None:
            _copy_logs(client, found.id, stream)
            return
        tries = client.attempts(found.id)
    if as_json:
        attempts = [json.loads(each.model_dump_json()) for each in tries]
        print_json({**json.loads(found.model_dump_json()), "attempts": attempts})
        return
    for label, value in _facts(found):
        if value:
            click.echo(f"{label:<11} {value}")
    if tries:
        click.echo()
        click.echo(_attempts(tries).text())


def _copy_logs(client: Client, job: str, stream: str) -> None:
    """Write everything there is now, byte for byte."""
    out, offset = sys.stdout.buffer, 0
    while True:
        piece = client.logs(job, offset=offset, stream=stream)
        out.write(piece.data)
        if not piece.data or piece.next_offset <= offset:
            break
        offset = piece.next_offset
    out.flush()


def _facts(job: JobStatus) -> tuple[tuple[str, str], ...]:
    planned = (
        f"{clock_time(job.starts_at)} to {clock_time(job.ends_at)}" if job.starts_at and job.ends_at else ""
    )
    labels = ", ".join(f"{name}={value}" for name, value in job.labels.items())
    return (
        ("job", job.id),
        ("name", job.name),
        ("state", paint(job.state)),
        ("why", why(job)),
        ("site", job.site),
        ("planned", planned),
        ("submitted", clock_time(job.created_at)),
        ("finished", clock_time(job.finished_at) if job.finished_at else ""),
        ("cost", f"{money(job.cost_cny)} CNY"),
        ("offer", job.quote),
        ("labels", labels),
    )


def _attempts(attempts: list[Attempt]) -> Table:
    rows = [
        (
            each.number,
            each.state,
            each.site,
            each.backend,
            each.started_at,
            each.ended_at,
            each.exit_code,
            each.detail,
        )
        for each in attempts
    ]
    return Table(columns=_ATTEMPTS, rows=rows)
