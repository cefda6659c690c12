"""ScenarioRun: a scenario and what came of it, run, written to a folder and read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulations.engine import Progress, simulate
from simulations.errors import SimulationError
from simulations.outcome import Outcome, read_outcome
from simulations.scenario.building import SoftQuota, Staging, build_catalogue, stage
from simulations.scenario.document import to_document, to_scenario
from simulations.scenario.fault import Fault, ScenarioError
from simulations.scenario.grid_rates import GridRates
from simulations.scenario.library import NamedScenario, load_named_catalogue
from simulations.scenario.scenario import Scenario
from simulations.scenario.surroundings import build_prices
from topology import Catalogue

FACTS, RATES = "scenario.json", "rates.parquet"


class RunFolderError(SimulationError):
    """A folder holds no run of a scenario, or one that cannot be read."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ScenarioRun:
    """A scenario and what came of it.

    Attributes:
        name: of the scenario.
        scenario: what it says.
        catalogue: the places, as the scenario changed them.
        rates: what a kWh costs, emits and grows into; surcharges of quotas are not in it.
        soft_quotas: quotas that may be exceeded at a price.
        outcome: what the engine measured. Where there are soft quotas, its energy costs count the surcharge on every
            kWh; `simulations.compare.ledger_of` takes back what is not owed.
    """

    name: str
    scenario: Scenario
    catalogue: Catalogue
    rates: GridRates
    soft_quotas: tuple[SoftQuota, ...]
    outcome: Outcome


def run_scenario(
    named: NamedScenario,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ScenarioRun:
    """Replay a scenario under the production scheduler.

    Raises:
        SimulationError: it has no demand, or a file or trace cannot be used.
        SchedulerError: a jobs file breaks a rule.
    """
    return run_staged(stage(named), progress=progress, cancelled=cancelled)


def run_staged(
    staging: Staging,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ScenarioRun:
    """Replay a scenario that was made ready.

    Raises:
        ScenarioError: none of its jobs can be replayed.
    """
    replay, named = staging.replay, staging.named
    outcome = simulate(replay, progress=progress, cancelled=cancelled)
    if not outcome.summary.jobs and not outcome.partial:
        causes = ", ".join(f"{bad['jobs']} {cause}" for cause, bad in outcome.intake["bad"].items())
        rule = f"leaves no job that can be replayed ({causes}); look at the clock and the jobs' places"
        raise ScenarioError([Fault(file=named.name, key="demand", value="", rule=rule)])
    book = replay.actual
    if staging.soft_quotas:
        book = build_prices(replay.catalogue, book.horizon, named.scenario)
    return ScenarioRun(
        name=named.name,
        scenario=named.scenario,
        catalogue=replay.catalogue,
        rates=GridRates.of(book),
        soft_quotas=staging.soft_quotas,
        outcome=outcome,
    )


def write_run(run: ScenarioRun, folder: Path) -> None:
    """Write a run: the outcome's tables, the rates, and the scenario last, so that a folder with one is whole.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FACTS).unlink(missing_ok=True)
    run.outcome.write(folder)
    run.rates.write(folder / RATES)
    facts = {
        "name": run.name,
        "scenario": to_document(run.scenario),
        "soft_quotas": [
            {name: getattr(quota, name) for name in SoftQuota.__dataclass_fields__}
            for quota in run.soft_quotas
        ],
    }
    text = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / FACTS).write_text(text + "\n", encoding="utf-8")


def read_run(folder: Path) -> ScenarioRun:
    """Read a run from its folder.

    Raises:
        RunFolderError: the folder holds none, or one that cannot be read.
    """
    path = folder / FACTS
    if not path.is_file():
        raise RunFolderError(
            f"{folder}: holds no {FACTS}, so it is no outcome; make one with `edwc whatif run NAME --out DIR`"
        )
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        scenario = to_scenario(facts["scenario"])
        outcome = read_outcome(folder)
        return ScenarioRun(
            name=facts["name"],
            scenario=scenario,
            catalogue=build_catalogue(load_named_catalogue(scenario.catalogue), scenario, outcome.horizon),
            rates=GridRates.read(folder / RATES),
            soft_quotas=tuple(SoftQuota(**quota) for quota in facts["soft_quotas"]),
            outcome=outcome,
        )
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise RunFolderError(
            f"{folder}: cannot be read as an outcome: {error}; run the scenario again"
        ) from error
