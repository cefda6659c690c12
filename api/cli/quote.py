"""edwc quote."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.account import open_client
from api.cli.choice import JSON
from api.cli.job_table import clock_time, money, print_models
from api.cli.table import Column, Table, number
from api.client import Quote
from scheduler import job_to_document, read_jobs

_COLUMNS = (
    Column(name="choice", heading="CHOICE"),
    Column(name="price_cny", heading="CNY", show=money),
    Column(name="rate_card_cny", heading="RATE CARD", show=money),
    Column(name="energy_cny", heading="ENERGY", show=money),
    Column(name="carbon_cny", heading="CARBON", show=money),
    Column(name="network_cny", heading="NETWORK", show=money),
    Column(name="scarcity_cny", heading="SCARCITY", show=money),
    Column(name="site", heading="SITE"),
    Column(name="start", heading="START", show=clock_time),
    Column(name="finish", heading="FINISH", show=clock_time),
    Column(name="energy_kwh", heading="kWh", show=number(2)),
    Column(name="carbon_kg", heading="kg CO2", show=number(2)),
    Column(name="rtt_ms", heading="RTT ms", show=number(1)),
    Column(name="id", heading="OFFER"),
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="JOB.yaml")
@JSON
@click.pass_context
def quote(ctx: click.Context, *, file: Path, as_json: bool) -> None:
    """Show what one job would cost: now, cheapest, greenest, and by region, with what each price is made of.

    `edwc submit JOB.yaml --offer ID` takes an offer. Exit 1 when no site has room in time.
    """
    jobs = read_jobs(file)
    if len(jobs) != 1:
        raise click.BadParameter(f"{file} holds {len(jobs)} jobs; a quote is for one", param_hint="JOB.yaml")
    with open_client() as client:
        menu = client.quote(job_to_document(jobs[0]))
    if as_json:
        print_models(menu)
    elif menu.offers:
        click.echo(quote_table(menu).text())
        click.echo(f"honoured until {clock_time(menu.expires_at)}; nothing is reserved")
    else:
        reasons = ", ".join(f"{reason} at {count} sites" for reason, count in menu.reasons.items())
        click.echo(f"no site can take {menu.job} in time: {reasons}")
    ctx.exit(0 if menu.offers else 1)


def quote_table(menu: Quote) -> Table:
    """Return one row an offer."""
    rows = [
        (
            offer.choice,
            offer.price_cny,
            offer.parts.rate_card_cny,
            offer.parts.energy_cny,
            offer.parts.carbon_cny,
            offer.parts.network_cny,
            offer.parts.scarcity_cny,
            offer.site,
            offer.start,
            offer.finish,
            offer.energy_kwh,
            offer.carbon_kg,
            offer.rtt_ms,
            offer.id,
        )
        for offer in menu.offers
    ]
    return Table(columns=_COLUMNS, rows=rows)
