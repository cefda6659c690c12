"""Tenants owe what the bill of the service would say, to the cent."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from pricing import Usage, load_price_catalogue, make_bill
from scheduler import Demand, Job, Variant
from simulations.outcome import saved_above_floor
from simulations.outcome.billing import bill_cny
from tests.builders import START, at, job, site, world
from tests.simulations.replays import rows, run


def test_ten_thousand_lines_agree_with_the_bill():
    card, rng = load_price_catalogue().rate_card, np.random.default_rng(4)
    models = ["", *sorted(set(card.cny_per_hour) - {"cpu-core", "memory-gib"})]
    count = 3000
    minutes, cores = rng.uniform(0.1, 900, count).round(2), rng.uniform(0, 64, count).round(1)
    memory, tasks = rng.uniform(0, 512, count).round(1), rng.integers(1, 40, count).astype(float)
    model = rng.integers(0, len(models), count)
    shares = np.where(model > 0, rng.integers(1, 8, count), 0).astype(float)
    found = bill_cny(
        card,
        minutes=minutes,
        tasks=tasks,
        cpu_cores=cores,
        memory_gib=memory,
        model=model,
        count=shares,
        models=models,
    )
    for row in range(count):
        usage = Usage(
            job="job",
            site="site",
            started=START,
            ended=START + timedelta(minutes=float(minutes[row])),
            tasks=int(tasks[row]),
            cpu_cores=float(cores[row]),
            memory_gib=float(memory[row]),
            accelerator=models[model[row]],
            count=float(shares[row]),
        )
        assert found[row] == pytest.approx(float(make_bill("lab", [usage], card).total_cny), abs=0.001)


def test_each_tenant_pays_for_what_ended_well():
    jobs = [
        job("one", tenant="lab", minutes=60),
        job("two", tenant="shop", minutes=60),
        Job(name="huge", demand=Demand(cpu_cores=1e6), variants=(Variant(runtime_minutes=5),), tenant="shop"),
    ]
    outcome = run(world(site("only")), jobs)
    tenants = {row["tenant"]: row for row in outcome["tenants"].to_pylist()}
    assert tenants["lab"]["bill_cny"] == tenants["shop"]["bill_cny"] == rows(outcome)["one"]["bill_cny"]
    assert (tenants["shop"]["completed"], tenants["shop"]["rejected"]) == (1, 1)
    assert outcome["rejections"].to_pylist() == [{"reason": "TOO_LARGE", "jobs": 1, "sites": 1}]
    assert outcome.summary.cost.rejected_value_cny > 0


def test_savings_are_of_what_can_be_saved():
    """The base load is paid whatever runs: halving the rest saves half, though hardly any of the total."""
    place = world(site("dear", base_kw=100.0), site("fair"), cny_per_kwh={"dear": 2.0, "fair": 1.0})
    jobs = [job("work", release=at(0))]
    dear, fair = (run(place, jobs, policy).summary for policy in ("first-fit", "cheapest"))
    assert saved_above_floor(fair, dear) == pytest.approx(0.5)
    assert 1 - fair.total_cny / dear.total_cny < 0.01


def test_a_price_war_is_in_every_table():
    jobs = [job("one", tenant="lab", minutes=60), job("two", tenant="lab", cores=5.0, minutes=90)]
    listed, halved = (run(world(site("only")), jobs, rate_scale=scale) for scale in (1.0, 0.5))
    for name in ("one", "two"):
        assert rows(halved)[name]["bill_cny"] == pytest.approx(rows(listed)[name]["bill_cny"] / 2, abs=0.01)
    for outcome in (listed, halved):
        by_job = sum(each["bill_cny"] for each in rows(outcome).values())
        assert outcome.column("tenants", "bill_cny").sum() == pytest.approx(by_job)
        assert outcome.summary.bill_cny == pytest.approx(by_job)
