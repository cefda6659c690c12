"""What-if worlds: read from TOML, laid over their parents, checked against the catalogue, built into a replay."""

from simulations.scenario.fault import Fault, ScenarioError
from simulations.scenario.library import (
    Layer,
    NamedScenario,
    read_scenario,
    read_scenario_document,
    shipped_names,
)
from simulations.scenario.scenario import Scenario

__all__ = [
    "Fault",
    "Layer",
    "NamedScenario",
    "Scenario",
    "ScenarioError",
    "read_scenario",
    "read_scenario_document",
    "shipped_names",
]
