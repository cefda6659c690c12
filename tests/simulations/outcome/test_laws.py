"""The auditor finds what is wrong with an outcome, whatever was changed in it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from scheduler import EnergyQuota, Policy
from simulations.outcome import Run, audit
from tests.builders import START, at, job, link, site, world
from tests.simulations.replays import outage, run

PLACES = world(
    site("a", cpu_cores=20, power_limit_kw=0.2),
    site("b", cpu_cores=20),
    links=[link("town", "a", gbps=2.0), link("town", "b", gbps=2.0)],
    hours=12,
    quotas={"lab": {"cpu_cores": 20.0}},
    energy_quotas=(EnergyQuota(site="a", start=START, end=at(12), kwh=5.0),),
)
OUTAGE = (outage("site", "b", 6, 7), outage("link", "town-a", 8, 9))


@pytest.fixture(scope="module")
def sound():
    jobs = [
        job(f"job-{number}", minutes=50, release=at(number / 2), inputs={"town": 30.0}, tenant="lab")
        for number in range(10)
    ]
    return run(PLACES, jobs, "cheapest", outages=OUTAGE)


def audited(outcome, *, summary=None, quotas=None, **tables):
    losses = (("site", "b", 24, 28), ("link", "town-a", 32, 36))
    world_of_run = Run(
        catalogue=PLACES.catalogue,
        actual=PLACES.prices,
        policy=Policy(),
        seed=0,
        until=PLACES.horizon.slots,
        routes=outcome.routes,
        losses=losses,
        quotas=PLACES.quotas if quotas is None else quotas,
        energy_quotas=PLACES.energy_quotas,
        intake=outcome.intake,
    )
    faults = audit({**outcome.tables, **tables}, summary or outcome.summary, world_of_run)
    return {fault.law for fault in faults}


def changed(table: pa.Table, column: str, row: int, value) -> pa.Table:
    values = table.column(column).to_pylist()
    values[row] = value
    number = table.column_names.index(column)
    return table.set_column(number, column, pa.array(values, table.schema.field(column).type))


def test_a_sound_outcome_has_no_faults(sound):
    assert audited(sound) == set()


@pytest.mark.parametrize(
    ("table", "column", "value", "law"),
    [
        ("jobs", "name", "job-1", "each job once"),
        ("jobs", "minutes", 500.0, "runs of jobs"),
        ("jobs", "energy_kwh", 77.0, "energy balances"),
        ("jobs", "energy_cny", 77.0, "energy balances"),
        ("jobs", "carbon_kg", 77.0, "energy balances"),
        ("jobs", "network_cny", 77.0, "energy balances"),
        ("jobs", "release_minute", 700.0, "runs of jobs"),
        ("jobs", "tasks", 50, "sites hold"),
        ("jobs", "cpu_cores", 20.5, "sites hold"),
        ("runs", "it_kw", 5.0, "sites hold"),
        ("runs", "end_slot", 20, "runs of jobs"),
        ("runs", "lost", True, "runs of jobs"),
        ("transfers", "rate_gbps", 9.0, "links hold"),
        ("transfers", "network_cny", 9.0, "energy balances"),
    ],
)
def test_a_changed_number_is_found(sound, table, column, value, law):
    assert law in audited(sound, **{table: changed(sound[table], column, 0, value)})


def test_a_job_that_vanishes_is_found(sound):
    assert {"each job once"} <= audited(sound, jobs=sound["jobs"].slice(0, 9).combine_chunks())


def test_a_run_that_is_counted_twice_is_found(sound):
    twice = pa.concat_tables([sound["runs"], sound["runs"].slice(0, 1)])
    assert {"runs of jobs", "energy balances"} <= audited(sound, runs=twice)


def test_a_run_at_a_lost_site_is_found(sound):
    runs = changed(changed(changed(sound["runs"], "site", 0, 1), "start_slot", 0, 24), "end_slot", 0, 28)
    assert "losses are felt" in audited(sound, runs=runs)


def test_data_over_a_lost_link_is_found(sound):
    number = next(n for n, route in enumerate(sound.routes) if route == (0,))
    moved = changed(sound["transfers"], "route", 0, number)
    moved = changed(changed(moved, "start_slot", 0, 33), "end_slot", 0, 34)
    assert "losses are felt" in audited(sound, transfers=moved)


def test_a_quota_that_is_overdrawn_is_found(sound):
    assert "tenants hold" in audited(sound, quotas={"lab": {"cpu_cores": 9.0}})
    hungry = sound["runs"].set_column(
        sound["runs"].column_names.index("it_kw"), "it_kw", pa.array(np.full(len(sound["runs"]), 0.9))
    )
    assert "energy quotas hold" in audited(sound, runs=hungry)
