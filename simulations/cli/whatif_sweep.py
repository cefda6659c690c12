"""edwc whatif sweep: run a scenario over many settings."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from simulations.cli.option import JSON
from simulations.cli.progress_bar import show_count
from simulations.sweep import ENGINES, SweepResult, cells_of, engine_of, read_sweep, run_sweep

SHOWN = ("total_cny", "energy_cny", "total_kg", "completed", "rejected", "west_share", "wait_minutes")


@click.command("sweep")
@click.argument("file", metavar="SWEEP.toml", type=click.Path(path_type=Path))
@click.option(
    "--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="What runs the cells."
)
@click.option(
    "--workers", type=click.IntRange(1, 4096), help="How many at once; one for each processor when left out."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where cells are kept; a sweep of the same folder resumes. SWEEP.cells beside the file when left out.",
)
@JSON
def sweep(*, file: Path, engine: str, workers: int | None, out: Path | None, as_json: bool) -> None:
    """Run the scenario of SWEEP.toml over its axes; an interrupted sweep resumes where it stopped."""
    runner = engine_of(engine, workers)
    cells = cells_of(read_sweep(file), file)
    distinct = len({cell.digest for cell in cells})
    with show_count(file.stem, distinct) as tell:
        result = run_sweep(cells, out or file.with_suffix(".cells"), runner, progress=tell)
    if as_json:
        click.echo(json.dumps(result.to_document(), ensure_ascii=False, allow_nan=False))
    else:
        _print(result)
    if result.failed:
        click.echo(f"edwc whatif sweep: {result.failed} of {len(cells)} cells could not be run", err=True)
        sys.exit(1)


def _print(result: SweepResult) -> None:
    keys = list(result.cells[0].settings)
    rows = [[*keys, *SHOWN]]
    for cell, found in zip(result.cells, result.results, strict=True):
        headline = found.get("headline", {})
        values = [_words(headline.get(name)) for name in SHOWN] if headline else [str(found.get("error"))]
        rows.append([*(_words(cell.settings[key]) for key in keys), *values])
    widths = [max(len(row[n]) for row in rows if n < len(row)) for n in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=False)))
    click.echo(f"{len(result.cells)} cells: {result.ran} run now, {result.kept} kept from before")


def _words(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if abs(value) < 10 else f"{value:,.2f}"
