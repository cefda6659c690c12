"""Cell: one point of a sweep, as a scenario that is written out and a digest of all it depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pricing import PricingError
from scheduler import SchedulerError
from simulations.compare import headline_of
from simulations.errors import SimulationError
from simulations.scenario import Layer, NamedScenario, read_scenario
from simulations.scenario.document import Document, to_document, to_scenario
from simulations.scenario.fault import Fault, ScenarioError
from simulations.scenario.library import load_named_catalogue, split_name
from simulations.scenario.scenario_run import run_scenario
from simulations.sweep.sweep_plan import SCENARIO, SweepPlan
from topology import TopologyError

WORDS = ("title", "about")
"""Keys of a scenario on which no number depends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One point of a sweep.

    Attributes:
        settings: key -> value of each axis.
        name: of the scenario.
        document: the whole scenario.
        digest: of everything the outcome depends on: cells with one digest have one outcome.
    """

    settings: Mapping[str, Any]
    name: str
    document: Document
    digest: str


def cells_of(plan: SweepPlan, file: Path, layers: Iterable[Layer] = ()) -> list[Cell]:
    """Every cell of a sweep, checked before any of them is run.

    Args:
        plan: the sweep.
        file: where it was read from; scenarios that are files lie beside it.
        layers: laid over every scenario before the settings of its axes.

    Raises:
        ScenarioError: with the faults of the first cell that has any.
    """
    return [_cell(plan, settings, file, tuple(layers)) for settings in plan.points()]


def cell_of(named: NamedScenario, settings: Mapping[str, Any]) -> Cell:
    """The cell of a scenario."""
    document = to_document(named.scenario)
    return Cell(settings=settings, name=named.name, document=document, digest=_digest(document))


def run_cell(name: str, document: Document) -> Document:
    """Run a cell: what a worker does. Returns its headline, or why it could not be run."""
    try:
        scenario = to_scenario(document)
        catalogue = load_named_catalogue(scenario.catalogue)
        named = NamedScenario(name=name, scenario=scenario, catalogue=catalogue)
        run = run_scenario(named)
    except (SimulationError, SchedulerError, TopologyError, PricingError) as error:
        return {"error": str(error)}
    # A pool's processes hear Ctrl-C too; what came until then is no result of the cell.
    return {"error": "interrupted"} if run.outcome.partial else {"headline": headline_of(run).to_document()}


def _cell(plan: SweepPlan, settings: Mapping[str, Any], file: Path, layers: tuple[Layer, ...]) -> Cell:
    word = str(settings.get(SCENARIO, plan.scenario))
    if split_name(word)[0].endswith(".toml"):
        word = str(file.parent / word)
    others = {key: value for key, value in settings.items() if key != SCENARIO}
    try:
        named = read_scenario(word, [*layers, Layer(label=str(file), settings=others)])
    except ScenarioError as error:
        shown = ", ".join(f"{key} = {value}" for key, value in settings.items())
        faults = [
            Fault(file=each.file, key=each.key, value=each.value, rule=f"{each.rule} (cell {shown})")
            for each in error.faults
        ]
        raise ScenarioError(faults) from error
    return cell_of(named, settings)


def _digest(document: Document) -> str:
    """SHA-256 of the release, the scenario without its words, and the files it reads."""
    body = {key: value for key, value in document.items() if key not in WORDS}
    demand = dict(body["demand"])
    files = [demand["jobs"]] if demand["jobs"] else [trace["file"] for trace in demand["traces"]]
    demand["jobs"] = None
    demand["traces"] = [{**trace, "file": ""} for trace in demand["traces"]]
    body["demand"] = demand
    if "/" in str(body["catalogue"]):
        files += sorted(str(path) for path in Path(str(body["catalogue"])).glob("*.csv"))
    sums = [hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in files]
    facts = {"edwc": version("edwc"), "scenario": body, "files": sums}
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
