"""edwc jobs."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import click

from api.cli.account import open_client
from api.cli.choice import JSON, read_instant
from api.cli.job_table import COLOURS, echo_jobs, print_models


@click.command()
@click.option("--state", "states", multiple=True, type=click.Choice(list(COLOURS)), help="May be repeated.")
@click.option("--name", help="Only jobs of this very name.")
@click.option("--search", metavar="TEXT", help="Only jobs whose name holds this; A to Z are as a to z.")
@click.option("--label", metavar="KEY=VALUE", help="Only jobs with this label.")
@click.option("--site", help="Only jobs at this site.")
@click.option("--since", metavar="ISO", callback=read_instant, help="Only jobs submitted then or later.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many."
)
@JSON
def jobs(
    *,
    states: tuple[str, ...],
    name: str | None,
    search: str | None,
    label: str | None,
    site: str | None,
    since: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """List your jobs, newest first."""
    with open_client() as client:
        found = client.jobs(
            states=states,
            name=name,
            search=search,
            label=label,
            site=site,
            since=since,
            page_size=min(limit, 1000),
        )
        shown = list(islice(found, limit))
    if as_json:
        print_models(shown)
    elif shown:
        echo_jobs(shown)
    else:
        click.echo("no such jobs")
