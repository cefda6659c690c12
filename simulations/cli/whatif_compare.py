"""edwc whatif compare: the waterfall between scenarios."""

from __future__ import annotations

import json
from typing import Any

import click

from simulations.cli.option import JSON
from simulations.cli.scenario_option import demand_options, find_run, line_layer
from simulations.cli.whatif_run import left_out
from simulations.compare import Comparison, compare_runs


@click.command("compare")
@click.argument("words", metavar="A B...", nargs=-1, required=True)
@demand_options
@JSON
def compare(*, words: tuple[str, ...], as_json: bool, **demand: Any) -> None:
    """Compare A with B (and with every further one): scenario names, files, or outcome folders.

    The parts of the waterfall sum to the difference exactly (docs/scenarios.md has the method).
    """
    if len(words) < 2:
        raise click.UsageError("name two scenarios or outcome folders, or more")
    layer = line_layer(**demand)
    first, *others = runs = [find_run(word, layer) for word in words]
    for found in runs:
        for line in left_out(found):
            click.echo(f"edwc whatif compare: {found.name}: {line}", err=True)
    comparisons = [compare_runs(first, other) for other in others]
    if as_json:
        documents = [comparison.to_document() for comparison in comparisons]
        answer = documents[0] if len(documents) == 1 else documents
        click.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))
        return
    for comparison in comparisons:
        _print(comparison)


def _print(comparison: Comparison) -> None:
    fall = comparison.waterfall
    parts = fall.cents()
    width = max(len(comparison.a), len(comparison.b), 12) + 2
    click.echo(f"{'':<{width}}{'CNY':>18}{'kg CO2':>18}")
    click.echo(
        f"{comparison.a:<{width}}{_amount(round(fall.begin.cny * 100))}{_amount(round(fall.begin.kg * 100))}"
    )
    for cause, cny, kg in parts:
        click.echo(f"  {cause:<{width - 2}}{_amount(cny, sign=True)}{_amount(kg, sign=True)}")
    click.echo(
        f"{comparison.b:<{width}}{_amount(round(fall.end.cny * 100))}{_amount(round(fall.end.kg * 100))}"
    )
    cny, kg = sum(part[1] for part in parts), sum(part[2] for part in parts)
    click.echo(f"{'difference':<{width}}{_amount(cny, sign=True)}{_amount(kg, sign=True)}")


def _amount(hundredths: int, *, sign: bool = False) -> str:
    """Hundredths as an amount; integers until here, so that what is printed sums."""
    mark = "-" if hundredths < 0 else "+" if sign else ""
    whole, part = divmod(abs(hundredths), 100)
    return f"{f'{mark}{whole:,}.{part:02d}':>18}"
