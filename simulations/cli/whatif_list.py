"""edwc whatif list: the shipped scenarios, and what comes of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from simulations.cli.option import JSON
from simulations.cli.progress_bar import show_count
from simulations.scenario import Layer, read_scenario, shipped_names
from simulations.sweep import Cell, LocalEngine, SweepResult, cell_of, run_sweep

COLUMNS = (
    ("jobs", "jobs"),
    ("rejected", "rejected"),
    ("total CNY", "total_cny"),
    ("energy CNY", "energy_cny"),
    ("carbon t", "total_kg"),
    ("rejected value CNY", "rejected_value_cny"),
    ("west share", "west_share"),
    ("PUE", "pue"),
    ("mean wait min", "wait_minutes"),
    ("bills CNY", "bill_cny"),
)


@click.command("list")
@click.argument("names", metavar="[NAME...]", nargs=-1)
@click.option(
    "--outcomes",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Run every one that has no outcome in this folder yet, and print the table of docs/scenarios.md.",
)
@click.option(
    "--policy", metavar="NAME", help="With --outcomes: plan under another policy than the scenarios'."
)
@JSON
def list_scenarios(
    *, names: tuple[str, ...], outcomes: Path | None, policy: str | None, as_json: bool
) -> None:
    """List the shipped scenarios, or those of the names given."""
    names = names or shipped_names()
    if outcomes is not None:
        result = _run_all(outcomes, names, policy)
        click.echo(json.dumps(result.to_document()) if as_json else markdown(result))
        if result.failed:
            sys.exit(1)
        return
    scenarios = [(name, read_scenario(name).scenario) for name in names]
    if as_json:
        rows = [
            {"name": name, "title": each.title, "about": " ".join(each.about.split())}
            for name, each in scenarios
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    width = max(len(name) for name, _ in scenarios)
    for name, each in scenarios:
        click.echo(f"{name:<{width}}  {each.title}")


def markdown(result: SweepResult) -> str:
    """Every scenario's paragraph, and the outcomes as a Markdown table."""
    told: dict[str, str] = {}
    for name in (cell.name for cell in result.cells):
        told.setdefault(name.partition("@")[0], " ".join(read_scenario(name).scenario.about.split()))
    paragraphs = [f"**{name}**. {about}\n" for name, about in told.items()]
    lines = [
        *paragraphs,
        "| scenario | " + " | ".join(label for label, _ in COLUMNS) + " |",
        "|---|" + "---:|" * len(COLUMNS),
    ]
    for cell, found in zip(result.cells, result.results, strict=True):
        values = [_words(name, found.get("headline", {}).get(name)) for _, name in COLUMNS]
        lines.append(f"| `{cell.name}` | " + " | ".join(values) + " |")
    return "\n".join(lines)


def cells_by_name(names: Sequence[str], policy: str | None = None) -> list[Cell]:
    """A cell for each scenario."""
    layers = [Layer(label="command line", document={"planning": {"policy": policy}})] if policy else []
    return [cell_of(read_scenario(name, layers), {"scenario": name}) for name in names]


def _run_all(folder: Path, names: Sequence[str], policy: str | None) -> SweepResult:
    cells = cells_by_name(names, policy)
    with show_count("scenarios", len({cell.digest for cell in cells})) as tell:
        return run_sweep(cells, folder, LocalEngine(), progress=tell)


def _words(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name == "west_share":
        return f"{value:.1%}"
    if name == "total_kg":
        return f"{value / 1000:,.1f}"
    if name == "wait_minutes":
        return f"{value:.1f}"
    return f"{value:.4f}" if name == "pue" else f"{value:,.0f}"
