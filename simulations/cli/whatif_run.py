"""edwc whatif run: replay one scenario."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from simulations.cli.option import JSON
from simulations.cli.scenario_option import demand_options, line_layer, run_named
from simulations.compare import headline_of
from simulations.scenario import NamedScenario, read_scenario, read_scenario_document
from simulations.scenario.document import read_json
from simulations.scenario.scenario_run import ScenarioRun, write_run

INPUT = "standard input"


@click.command("run")
@click.argument("scenario", metavar="SCENARIO")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the outcome's tables (Parquet) and JSON into this folder.",
)
@demand_options
@JSON
def run(*, scenario: str, out: Path | None, as_json: bool, **demand: Any) -> None:
    """Replay SCENARIO (a shipped name, a .toml file, or - for a JSON document on standard input) and measure it."""
    named = _named(scenario, demand)
    found = run_named(named)
    if out is not None:
        write_run(found, out)
    if as_json:
        click.echo(json.dumps(outcome_document(found), ensure_ascii=False, allow_nan=False))
    else:
        _print(found, out)
    for line in left_out(found):
        click.echo(f"edwc whatif run: {line}", err=True)
    if found.outcome.partial:
        click.echo(
            f"edwc whatif run: interrupted; this is what happened until {found.outcome.until}", err=True
        )
        sys.exit(130)
    if found.outcome.faults:
        for fault in found.outcome.faults[:5]:
            click.echo(f"edwc whatif run: {fault}", err=True)
        sys.exit(1)


def outcome_document(found: ScenarioRun) -> dict[str, Any]:
    """The outcome of a scenario as JSON has it."""
    return {
        "scenario": found.name,
        "title": found.scenario.title,
        "totals": headline_of(found).to_document(),
        "outcome": found.outcome.to_document(),
    }


def left_out(found: ScenarioRun) -> Iterator[str]:
    """A line for each cause for which jobs were left out, or the demand looks wrong."""
    intake = found.outcome.intake
    for source in intake.get("sources", ()):
        for cause, bad in source["skipped"].items():
            first = ", ".join(bad["first"])
            yield f"left out {bad['rows']} rows of {source['file']} ({cause.replace('_', ' ')}): {first}"
        if source["rows_out_of_order"]:
            yield f"put {source['rows_out_of_order']} rows of {source['file']} in order: time goes backwards there"
    for cause, bad in intake["bad"].items():
        yield f"left out {bad['jobs']} jobs ({cause.replace('_', ' ')}): {', '.join(bad['first'])}"
    for start, end in intake["holes"]:
        yield f"no job is released from {start} to {end}"


def _named(scenario: str, demand: dict[str, Any]) -> NamedScenario:
    layer = line_layer(**demand)
    if scenario == "-":
        document = read_json(sys.stdin.read(), INPUT)
        return read_scenario_document(document, INPUT, [layer])
    return read_scenario(scenario, [layer])


def _print(found: ScenarioRun, out: Path | None) -> None:
    click.echo(f"{found.name}: {found.scenario.title}")
    for label, value in headline_of(found).rows():
        click.echo(f"  {label:<22}{value:>16}")
    if out is not None:
        click.echo(f"  outcome in {out}")
