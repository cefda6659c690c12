"""Headline: the numbers of a run that fit on one screen, and in one cell of a sweep."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from simulations.compare.ledger import Ledger
from simulations.compare.recording import ledger_of
from simulations.scenario.scenario_run import ScenarioRun


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """What a scenario comes to.

    Attributes:
        total_cny: all of the following costs [CNY].
        energy_cny: power of the jobs, without surcharges [CNY].
        carbon_cny: their emissions [CNY].
        network_cny: moving their data [CNY].
        rejected_value_cny: value of the jobs turned away [CNY].
        surcharge_cny: energy above quotas, beside its power price [CNY].
        idle_cny: what empty sites draw [CNY].
        carbon_kg: emissions of the jobs [kg].
        total_kg: emissions in all [kg].
        jobs: jobs asked for.
        completed: of these, how many ended.
        rejected: and how many were turned away.
        deadlines_kept: share of the deadlines that were kept [fraction].
        wait_minutes: mean time from release to start [min].
        pue: facility energy over IT energy [1].
        west_share: share of the IT energy in the west [fraction].
        utilisation: mean share of power used [fraction].
        bill_cny: what customers pay, at the scenario's rates [CNY].
    """

    total_cny: float
    energy_cny: float
    carbon_cny: float
    network_cny: float
    rejected_value_cny: float
    surcharge_cny: float
    idle_cny: float
    carbon_kg: float
    total_kg: float
    jobs: int
    completed: int
    rejected: int
    deadlines_kept: float
    wait_minutes: float
    pue: float
    west_share: float
    utilisation: float
    bill_cny: float

    def to_document(self) -> dict[str, Any]:
        """The numbers as JSON has them; a number that does not exist is null."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in asdict(self).items()
        }

    def rows(self) -> Iterator[tuple[str, str]]:
        """Each number as a label and words."""
        for name, value in self.to_document().items():
            yield _label(name), _words(name, value)


def headline_of(run: ScenarioRun, ledger: Ledger | None = None) -> Headline:
    """The headline of a run."""
    ledger = ledger or ledger_of(run)
    summary = run.outcome.summary
    carbon_kg = math.fsum(ledger.carbon_kg.tolist())
    return Headline(
        total_cny=ledger.total_cny,
        energy_cny=math.fsum(ledger.energy_cny.tolist()),
        carbon_cny=ledger.carbon_cost_cny(carbon_kg),
        network_cny=math.fsum(ledger.network_cny.tolist()),
        rejected_value_cny=math.fsum(ledger.refused_cny.tolist()),
        surcharge_cny=ledger.surcharge_cny,
        idle_cny=ledger.floor_cny,
        carbon_kg=carbon_kg,
        total_kg=ledger.total_kg,
        jobs=summary.jobs,
        completed=summary.completed,
        rejected=summary.rejected,
        deadlines_kept=summary.deadlines_kept / summary.deadlines if summary.deadlines else math.nan,
        wait_minutes=summary.wait_minutes_mean,
        pue=summary.pue,
        west_share=summary.west_share,
        utilisation=summary.utilisation,
        bill_cny=summary.bill_cny,
    )


def _label(name: str) -> str:
    for end, unit in (("_cny", " CNY"), ("_kg", " kg"), ("_minutes", " min")):
        if name.endswith(end):
            return name.removesuffix(end).replace("_", " ") + unit
    return name.replace("_", " ")


def _words(name: str, value: float | None) -> str:
    if value is None:
        return "none"
    if isinstance(value, int):
        return f"{value:,}"
    if name in {"deadlines_kept", "west_share", "utilisation"}:
        return f"{value:.1%}"
    return f"{value:,.4f}" if name == "pue" else f"{value:,.2f}"
