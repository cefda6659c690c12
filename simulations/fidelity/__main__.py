"""Print rows of docs/fidelity.md: python -m simulations.fidelity [--quick] [NAME ...]. Exit 1 where one differs."""

from __future__ import annotations

import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from simulations.fidelity.published_data import DATA, MissingDataError
from simulations.fidelity.registry import CHECKS
from simulations.fidelity.row import Row
from simulations.fidelity.terms import Terms


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(CHECKS)))
@click.option("--quick", is_flag=True, help="Measure on a sample: a minute or two in all.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=DATA,
    help="Folder of the published data (carbon/, traces/); rows whose data are missing say so.",
)
def main(names: tuple[str, ...], *, quick: bool, data: Path) -> None:
    """Measure the named figures, or all of them, and print a table."""
    terms = Terms(quick=quick, data=data)
    click.echo("| command | figure | source | expected | measured | may differ by | | note |")
    click.echo("|---|---|---|---|---|---|---|---|")
    agree, seconds = True, []
    for name in names or tuple(CHECKS):
        began = time.perf_counter()
        try:
            rows = CHECKS[name](terms)
        except MissingDataError as missing:
            click.echo(f"| `{name}` | | | | | | not measured | {missing} |")
            continue
        agree &= all(row.is_met for row in rows)
        for row in rows:
            click.echo(f"| `{name}` | {_cells(row)} |")
        seconds.append(f"{name} {time.perf_counter() - began:.0f}")
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    click.echo(f"\n{datetime.now(tz=UTC):%Y-%m-%d}; {machine}; seconds: {', '.join(seconds) or 'none'}")
    sys.exit(0 if agree else 1)


def _cells(row: Row) -> str:
    sign = ">= " if row.relation == "at least" else ""
    figures = f"{sign}{row.expected:.4g} {row.unit} | {row.measured:.4g} {row.unit} | {row.tolerance:.3g}"
    return f"{row.name} | {row.source} | {figures} | {row.verdict} | {row.note}"


if __name__ == "__main__":
    main()
