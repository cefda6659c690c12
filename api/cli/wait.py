"""edwc wait."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

import click

from api.cli.account import find_job, open_client
from api.cli.choice import JSON, Amount
from api.cli.job_table import echo_jobs, print_models
from api.client import Client, JobStatus, TimeLimitError


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option(
    "--timeout", "timeout_s", type=Amount(min=0, min_open=True), metavar="S", help="Exit 1 after this [s]."
)
@JSON
@click.pass_context
def wait(ctx: click.Context, *, jobs: tuple[str, ...], timeout_s: float | None, as_json: bool) -> None:
    """Wait until the JOBs (ids or names) have ended; exit 0 when all succeeded, else 1."""
    with open_client() as client:
        ids = [find_job(client, job).id for job in jobs]
        try:
            ended = wait_and_show(client, ids, timeout_s=timeout_s)
        except TimeLimitError:
            click.echo(f"not all ended within {timeout_s:g} s", err=True)
            ctx.exit(1)
    ctx.exit(finish(ended, as_json=as_json))


def wait_and_show(client: Client, ids: Sequence[str], *, timeout_s: float | None) -> list[JobStatus]:
    """Wait for jobs under a bar on a terminal, in silence in a pipe.

    Raises:
        TimeLimitError: the time is over.
    """
    if not sys.stderr.isatty():
        return client.wait(ids, timeout_s=timeout_s)
    from rich.console import Console  # noqa: PLC0415  (wanted on a terminal only)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    ends: Counter[str] = Counter()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(set(ids)))

        def tell(job: JobStatus) -> None:
            ends[job.state] += 1
            words = ", ".join(f"{count} {state}" for state, count in sorted(ends.items()))
            bar.update(task, advance=1, description=words)

        return client.wait(ids, timeout_s=timeout_s, on_done=tell)


def finish(ended: Sequence[JobStatus], *, as_json: bool) -> int:
    """Print how jobs ended; return 0 when all succeeded, else 1."""
    if as_json:
        print_models(ended)
    else:
        echo_jobs(ended)
    return 0 if all(job.state == "succeeded" for job in ended) else 1
