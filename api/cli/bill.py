"""edwc bill."""

from __future__ import annotations

import re

import click

from api.cli.account import open_client
from api.cli.choice import JSON
from api.cli.job_table import money, print_models
from api.cli.table import Column, Table, number
from api.client import Bill


def _month(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
        raise click.BadParameter(f"{value!r} is no month such as 2026-07", ctx, param)
    return value


@click.command()
@click.option(
    "--month", metavar="YYYY-MM", callback=_month, help="In China's time; this month when left out."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@JSON
def bill(*, month: str | None, as_csv: bool, as_json: bool) -> None:
    """Show a month's bill: one line a job with its parts, exact to the cent."""
    with open_client() as client:
        if as_csv:
            click.echo(client.bill_csv(month), nl=False)
            return
        owed = client.bill(month)
    if as_json:
        print_models(owed)
        return
    if owed.lines:
        click.echo(bill_table(owed).text())
    budget = "" if owed.budget_cny is None else f" of a budget of {money(owed.budget_cny)} CNY"
    click.echo(
        f"{owed.tenant}, {owed.month}: {money(owed.total_cny)} CNY for {len(owed.lines):,} jobs; "
        f"{money(owed.committed_cny)} CNY committed{budget}"
    )


def bill_table(owed: Bill) -> Table:
    """Return one row a job; a part that some jobs lack is 0 there."""
    parts = list(dict.fromkeys(part for line in owed.lines for part in line.parts_cny))
    columns = (
        Column(name="job", heading="JOB"),
        Column(name="name", heading="NAME"),
        *(Column(name=f"{part}_cny", heading=f"{part} CNY".upper(), show=money) for part in parts),
        Column(name="total_cny", heading="TOTAL CNY", show=money),
        Column(name="energy_kwh", heading="kWh", show=number(2)),
        Column(name="carbon_kg", heading="kg CO2", show=number(2)),
    )
    rows = [
        (
            line.job,
            line.name,
            *(line.parts_cny.get(part, 0) for part in parts),
            line.total_cny,
            line.energy_kwh,
            line.carbon_kg,
        )
        for line in owed.lines
    ]
    return Table(columns=columns, rows=rows)
