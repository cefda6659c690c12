"""Print rows of docs/fidelity.md: python -m simulations.fidelity [NAME ...]. Exit 1 where one differs."""

from __future__ import annotations

import sys

import click

from simulations.fidelity.registry import CHECKS


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(CHECKS)))
def main(names: tuple[str, ...]) -> None:
    """Measure the named figures, or all of them, and print a table."""
    click.echo("| figure | source | expected | measured | may differ by | | note |")
    click.echo("|---|---|---|---|---|---|---|")
    agree = True
    for name in names or tuple(CHECKS):
        row = CHECKS[name]()
        agree &= row.is_met
        figures = f"{row.expected:.4g} {row.unit} | {row.measured:.4g} {row.unit} | {row.tolerance:.3g}"
        click.echo(f"| {row.name} | {row.source} | {figures} | {row.verdict} | {row.note} |")
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
