"""edwc sites."""

from __future__ import annotations

import click

from api.cli.account import open_client
from api.cli.choice import JSON
from api.cli.job_table import print_models
from api.cli.table import Column, Table, number
from api.client import Site

_COLUMNS = (
    Column(name="id", heading="SITE"),
    Column(name="state", heading="STATE"),
    Column(name="name_zh", heading="NAME"),
    Column(name="kind", heading="KIND"),
    Column(name="province", heading="PROVINCE"),
    Column(name="cpu_cores", heading="CORES", show=number(0)),
    Column(name="memory_gib", heading="MEMORY GiB", show=number(0)),
    Column(name="accelerators", heading="ACCELERATORS", show=lambda each: ",".join(each) or "-"),
    Column(name="green_share", heading="GREEN", show=lambda share: f"{share:.0%}"),
    Column(name="detail", heading="DETAIL"),
)


@click.command()
@JSON
def sites(*, as_json: bool) -> None:
    """List the sites of the service and whether each takes work."""
    with open_client() as client:
        found = client.sites()
    if as_json:
        print_models(found)
        return
    rows = [
        (
            site.id,
            state_of(site),
            site.name_zh,
            site.kind,
            site.province,
            site.cpu_cores,
            site.memory_gib,
            sorted(site.accelerators),
            site.green_share,
            site.detail,
        )
        for site in found
    ]
    click.echo(Table(columns=_COLUMNS, rows=rows).text())


def state_of(site: Site) -> str:
    """Return in one word whether a site takes work."""
    if not site.answering:
        return "silent"
    if site.draining:
        return "draining"
    return "cordoned" if site.cordoned else "open"
