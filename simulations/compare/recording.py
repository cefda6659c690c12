"""Reads the ledger of a scenario's run: the engine's tables, with the surcharges of quotas told apart."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulations.compare.ledger import Floats, Ints, Ledger, Runs
from simulations.outcome import Outcome
from simulations.scenario.scenario_run import ScenarioRun


def ledger_of(run: ScenarioRun) -> Ledger:
    """What every job of a run cost, rejected jobs with their value."""
    outcome = run.outcome
    jobs, summary = outcome.tables["jobs"], outcome.summary
    runs = _runs(outcome)
    energy = _floats(outcome, "jobs", "energy_cny")
    energy, surcharge = _without_surcharge(run, runs, energy)
    rejected = np.array([state == "rejected" for state in jobs.column("state").to_pylist()], dtype=bool)
    value = _floats(outcome, "jobs", "value_cny")
    kg = _floats(outcome, "jobs", "carbon_kg")
    carbon_kg, floor_kg = math.fsum(kg.tolist()), _sum(outcome, "floor_carbon_kg")
    return Ledger(
        names=jobs.column("name").to_pylist(),
        runs=runs,
        energy_cny=energy,
        carbon_kg=kg,
        network_cny=_floats(outcome, "jobs", "network_cny"),
        refused_cny=np.where(rejected, value, 0.0),
        rates=run.rates,
        surcharge_cny=surcharge,
        sun_cny=summary.pv_cny,
        sun_kg=carbon_kg + floor_kg - _sum(outcome, "carbon_kg") if summary.pv_cny else 0.0,
        floor_cny=_floor_energy_cny(run) + summary.floor_carbon_cny,
        floor_kg=floor_kg,
    )


def _runs(outcome: Outcome) -> Runs:
    return Runs(
        job=_ints(outcome, "runs", "job"),
        site=_ints(outcome, "runs", "site"),
        start_slot=_ints(outcome, "runs", "start_slot"),
        end_slot=_ints(outcome, "runs", "end_slot"),
        minutes=_floats(outcome, "runs", "minutes"),
        it_kw=_floats(outcome, "runs", "it_kw"),
    )


def _without_surcharge(run: ScenarioRun, runs: Runs, energy: Floats) -> tuple[Floats, float]:
    """Each job's energy cost without surcharges [CNY], and the surcharge that is owed in all [CNY]."""
    if not run.soft_quotas:
        return energy, 0.0
    rates = run.rates
    extra = np.zeros_like(rates.power_cny_per_kwh)
    for quota in run.soft_quotas:
        row = rates.site_ids.index(quota.site)
        extra[row, quota.start_slot : quota.end_slot] += quota.above_cny_per_kwh
    charged = runs.it_kw * runs.over_slots(rates.pue_marginal * extra * rates.hours_per_slot, rates)
    used = np.zeros(extra.shape)
    used[:, : run.outcome.horizon.first_slot_from(run.outcome.until)] += (
        _base_kw(run)[:, None] * rates.hours_per_slot
    )
    runs.spread_energy(rates, into=used)
    owed = 0.0
    for quota in run.soft_quotas:
        row = rates.site_ids.index(quota.site)
        kwh = float(used[row, quota.start_slot : quota.end_slot].sum())
        owed += quota.above_cny_per_kwh * max(kwh - quota.kwh, 0.0)
    return energy - np.bincount(runs.job, charged, len(energy)), owed


def _base_kw(run: ScenarioRun) -> Floats:
    return np.array([site.base_kw for site in run.catalogue.sites])


def _floor_energy_cny(run: ScenarioRun) -> float:
    """Power of the empty sites [CNY]; without the surcharges that the planner saw in the price."""
    if not run.soft_quotas:
        return run.outcome.summary.floor_energy_cny
    passed = run.outcome.horizon.first_slot_from(run.outcome.until)
    per_kw = run.rates.power_cny_per_kwh[:, :passed].sum(axis=1) * run.rates.hours_per_slot
    return float(_base_kw(run) @ per_kw)


def _sum(outcome: Outcome, column: str) -> float:
    """Sum of a column of the sites' table."""
    return math.fsum(_floats(outcome, "sites", column).tolist())


def _floats(outcome: Outcome, table: str, column: str) -> Floats:
    return _column(outcome, table, column).astype(np.float64)


def _ints(outcome: Outcome, table: str, column: str) -> Ints:
    return _column(outcome, table, column).astype(np.int64)


def _column(outcome: Outcome, table: str, column: str) -> NDArray[np.generic]:
    found: NDArray[np.generic] = outcome.tables[table].column(column).to_numpy()
    return found
