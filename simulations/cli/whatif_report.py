"""edwc whatif report: outcomes as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from simulations.cli.scenario_option import demand_options, find_run, line_layer
from simulations.report import write_report


@click.command("report")
@click.argument("words", metavar="OUTCOME...", nargs=-1, required=True)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The HTML file to write.",
)
@demand_options
def report(*, words: tuple[str, ...], out: Path, **demand: Any) -> None:
    """Write OUTCOME (folders of `whatif run --out`, or scenarios, which are run now) as one self-contained file.

    The first is drawn; every further one is compared with it.
    """
    layer = line_layer(**demand)
    write_report([find_run(word, layer) for word in words], out)
    click.echo(f"{len(words)} outcome{'s' if len(words) > 1 else ''} in {out}")
