"""Options that the commands about scenarios share, and the scenario or outcome that a user's word means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from simulations.cli.progress_bar import show_progress
from simulations.scenario import Layer, NamedScenario, read_scenario
from simulations.scenario.scenario_run import FACTS, ScenarioRun, read_run, run_scenario
from simulations.traces import FORMATS

LINE = "command line"
# Jobs that were not drawn for the scenario's day may be due long after it.
OTHERS_DRAIN_HOURS = 36.0

_OPTIONS = (
    click.option("--jobs", metavar="FILE", help="Replay this jobs file instead of the scenario's demand."),
    click.option(
        "--trace",
        "traces",
        multiple=True,
        metavar="FORMAT:FILE",
        help=f"Replay a recorded trace; may be given several times. Formats: {', '.join(FORMATS)}.",
    ),
    click.option(
        "--days",
        type=click.IntRange(1, 366),
        default=7,
        show_default=True,
        help="With --trace: its busiest stretch of so many days.",
    ),
    click.option("--load", type=float, help="Size gangs so that work over capacity is this, such as 0.4."),
    click.option("--hours", type=float, help="How long work arrives [h]."),
    click.option("--policy", metavar="NAME", help="Plan under another policy."),
    click.option(
        "--on-bad",
        type=click.Choice(["skip", "refuse"]),
        help="Leave out and count rows and jobs that cannot be replayed, or stop at the first.",
    ),
    click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Of everything that is drawn."),
)


def demand_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that replace the scenario's demand, policy and seed."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def line_layer(
    *,
    jobs: str | None,
    traces: tuple[str, ...],
    days: int,
    load: float | None,
    hours: float | None,
    policy: str | None,
    seed: int | None,
    on_bad: str | None,
) -> Layer:
    """What the command line lays over every scenario.

    Raises:
        click.UsageError: a trace has no format, or both a jobs file and a trace are given.
    """
    document: dict[str, Any] = {}
    if jobs and traces:
        raise click.UsageError("--jobs and --trace contradict each other; give one")
    if jobs:
        document["demand"] = {"jobs": jobs}
        document["clock"] = {"drain_hours": OTHERS_DRAIN_HOURS}
    if traces:
        document["demand"] = {"traces": [_trace(text, days, load, seed) for text in traces]}
        document["clock"] = {"hours": 24.0 * days, "drain_hours": OTHERS_DRAIN_HOURS}
    elif load is not None:
        document["demand"] = {"generate": {"load": load}}
    if hours is not None:
        document.setdefault("clock", {})["hours"] = hours
    if on_bad:
        demand = document.setdefault("demand", {})
        demand["on_bad"] = on_bad
        demand |= {"traces": [{**trace, "on_bad": on_bad} for trace in demand["traces"]]} if traces else {}
    if policy:
        document.setdefault("planning", {})["policy"] = policy
    if seed is not None:
        document.setdefault("planning", {})["seed"] = seed
        if not jobs and not traces:
            document.setdefault("demand", {}).setdefault("generate", {})["seed"] = seed
    return Layer(label=LINE, document=document)


def find_run(word: str, layer: Layer) -> ScenarioRun:
    """The run a word stands for: an outcome folder that is read, or a scenario that is run now.

    Raises:
        SimulationError: it is neither, or cannot be run.
    """
    if (Path(word) / FACTS).is_file():
        return read_run(Path(word))
    return run_named(read_scenario(word, [layer]))


def run_named(named: NamedScenario) -> ScenarioRun:
    """Replay a scenario with a progress bar on a terminal."""
    with show_progress(named.name) as tell:
        return run_scenario(named, progress=tell)


def _trace(text: str, days: int, load: float | None, seed: int | None) -> dict[str, Any]:
    form, colon, file = text.partition(":")
    if not colon or not file:
        raise click.UsageError(f"--trace {text}: write FORMAT:FILE, such as philly:jobs.csv.gz")
    trace: dict[str, Any] = {"format": form, "file": file, "days": days}
    if load is not None:
        trace["load"] = load
    if seed is not None:
        trace["seed"] = seed
    return trace
