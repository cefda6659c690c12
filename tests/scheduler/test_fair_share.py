"""Tenants share a full network by their weights, and leave nothing idle for fairness."""

from __future__ import annotations

from collections import Counter

from scheduler import Job, Plan, Reservation, World, schedule
from scheduler.fair_share import share_fairly
from tests.builders import job, site, world
from topology import Resources

WEIGHTS = {"big": 3.0, "small": 1.0}


def full_site(**fields: object) -> World:
    """One site of 40 cores for an hour: room for 40 jobs of a core and an hour."""
    return world(site("west", cpu_cores=40.0), hours=1, **fields)  # type: ignore[arg-type]


def wanting(tenant: str, count: int, **fields: object) -> list[Job]:
    given = {"cores": 1.0, "minutes": 60.0, "tenant": tenant, **fields}
    return [job(f"{tenant}-{number:02d}", **given) for number in range(count)]  # type: ignore[arg-type]


def planned(jobs: list[Job], where: World) -> Plan:
    return schedule(share_fairly(jobs, where, WEIGHTS), where, time_limit_s=2.0)


def placed(plan: Plan) -> Counter[str]:
    return Counter(placement.job.split("-")[0] for placement in plan.placements)


def test_weights_of_three_to_one_share_a_full_site_three_to_one() -> None:
    plan = planned(wanting("big", 60) + wanting("small", 60), full_site())
    assert placed(plan) == {"big": 30, "small": 10}


def test_saying_that_jobs_are_worth_a_fortune_buys_no_larger_share() -> None:
    plan = planned(wanting("big", 60, value_cny=10.0) + wanting("small", 60, value_cny=1e9), full_site())
    assert placed(plan) == {"big": 30, "small": 10}


def test_what_one_tenant_does_not_want_the_other_gets() -> None:
    assert placed(planned(wanting("big", 12) + wanting("small", 60), full_site())) == {"big": 12, "small": 28}
    assert placed(planned(wanting("big", 60) + wanting("small", 4), full_site())) == {"big": 36, "small": 4}


def test_what_a_tenant_runs_already_is_part_of_its_share() -> None:
    held = Reservation(
        site="west", start_slot=0, end_slot=4, resources=Resources(cpu_cores=20.0), tenant="big"
    )
    plan = planned(wanting("big", 60) + wanting("small", 60), full_site(reserved=[held]))
    assert placed(plan) == {"big": 10, "small": 10}


def test_a_tenant_keeps_its_own_order_of_value() -> None:
    dear = wanting("small", 5, value_cny=500.0)
    cheap = [job(f"small-cheap-{n}", cores=1.0, tenant="small", value_cny=5.0) for n in range(30)]
    plan = planned(cheap + dear + wanting("big", 60), full_site())
    names = {placement.job for placement in plan.placements}
    assert {each.name for each in dear} <= names
    assert placed(plan) == {"big": 30, "small": 10}


def test_shares_count_the_resource_that_matters_most() -> None:
    """Jobs of two cores count twice: the same cores in the end, half the jobs."""
    plan = planned(wanting("big", 60) + wanting("small", 60, cores=2.0), full_site())
    assert placed(plan) == {"big": 30, "small": 5}


def test_the_proof_holds_for_fair_values_too() -> None:
    plan = planned(wanting("big", 60) + wanting("small", 60), full_site())
    assert plan.lower_bound_cny <= plan.objective_cny
    assert plan.gap < 0.01


def test_where_there_is_room_for_all_the_plan_is_the_same() -> None:
    jobs, where = wanting("big", 10) + wanting("small", 10), full_site()
    fair = planned(jobs, where)
    assert fair.placements == schedule(jobs, where, time_limit_s=2.0).placements
    assert fair.rejections == ()


def test_a_job_that_is_not_worth_its_cost_is_not_run_for_fairness() -> None:
    worthless = [job("small-worthless", cores=1.0, tenant="small", value_cny=1e-6)]
    plan = planned(wanting("big", 10) + worthless, full_site())
    assert placed(plan) == {"big": 10}


def test_one_tenant_alone_is_planned_as_ever() -> None:
    jobs = wanting("big", 3)
    assert share_fairly(jobs, full_site(), WEIGHTS) == tuple(jobs)
