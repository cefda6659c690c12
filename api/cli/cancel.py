"""edwc cancel."""

from __future__ import annotations

import click

from api.cli.account import find_job, open_client
from api.cli.choice import JSON
from api.cli.job_table import echo_jobs, print_models

TAKEN = {"cancelled", "cancelling"}


@click.command()
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@JSON
@click.pass_context
def cancel(ctx: click.Context, *, jobs: tuple[str, ...], as_json: bool) -> None:
    """Cancel JOBs (ids or names). What runs is asked to end. Exit 1 when one had ended already."""
    with open_client() as client:
        asked = [client.cancel(find_job(client, job).id) for job in jobs]
    if as_json:
        print_models(asked)
    else:
        echo_jobs(asked)
    ctx.exit(0 if all(job.state in TAKEN for job in asked) else 1)
