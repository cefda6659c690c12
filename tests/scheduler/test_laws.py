"""Laws that hold of every plan, tried on tiny random worlds with every kind of job."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as draw

from scheduler import Interruptible, Job, Plan, Spread, World
from tests.builders import at, job, plan_for, site, verdict_on, world

FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
PRICES = draw.lists(draw.sampled_from([0.2, 0.5, 1.0]), min_size=2, max_size=2)
KINDS = [
    {},
    {"spread": Spread.TWO_SITES},
    {"interruptible": Interruptible(min_run_minutes=30, restart_minutes=5)},
    {"deadline": at(1)},
    {"inputs": {"town": 5.0}},
    {"tenant": "lab"},
]


@draw.composite
def some_jobs(choose: draw.DrawFn) -> list[Job]:
    """One to four jobs of ten cores of any kind, each worth a little."""
    kinds = choose(draw.lists(draw.sampled_from(KINDS), min_size=1, max_size=4))
    minutes = [choose(draw.sampled_from([30.0, 60.0, 70.0])) for _ in kinds]
    return [
        job(f"job-{number}", minutes=length, value_cny=0.1 * (number + 1), **kind)
        for number, (kind, length) in enumerate(zip(kinds, minutes, strict=True))
    ]


def small(a: list[float], b: list[float], cores: float = 15.0, scale: float = 1.0) -> World:
    hourly = {"a": [price * scale for price in a], "b": [price * scale for price in b]}
    return world(
        site("a", cpu_cores=cores),
        site("b", cpu_cores=cores),
        cny_per_kwh=hourly,
        hours=2,
        quotas={"lab": {"cpu_cores": 10}},
    )


def planned(jobs: list[Job], place: World) -> Plan:
    return plan_for(jobs, place, time_limit_s=0.3)


@FEW
@given(some_jobs(), PRICES, PRICES)
def test_the_judge_agrees_and_the_bound_is_below(jobs: list[Job], a: list[float], b: list[float]) -> None:
    plan = planned(jobs, small(a, b))

    assert verdict_on(plan, jobs, small(a, b), {"tenants": {"lab": {"cpu_cores": 10}}}).faults == ()
    assert plan.lower_bound_cny <= plan.objective_cny


@FEW
@given(some_jobs(), PRICES, PRICES)
def test_more_room_never_costs_more_than_the_bound_allows(
    jobs: list[Job], a: list[float], b: list[float]
) -> None:
    tight, wide = planned(jobs, small(a, b)), planned(jobs, small(a, b, cores=60.0))

    assert wide.lower_bound_cny <= tight.objective_cny * (1 + 1e-9)


@FEW
@given(some_jobs(), PRICES, PRICES)
def test_a_job_less_is_never_dearer_than_its_value(jobs: list[Job], a: list[float], b: list[float]) -> None:
    whole, fewer = planned(jobs, small(a, b)), planned(jobs[1:], small(a, b))

    assert fewer.lower_bound_cny <= whole.objective_cny * (1 + 1e-9)
    assert whole.lower_bound_cny <= fewer.objective_cny + 0.1 + 1e-9


@FEW
@given(some_jobs(), PRICES, PRICES)
def test_the_order_of_the_jobs_moves_nothing_past_the_bound(
    jobs: list[Job], a: list[float], b: list[float]
) -> None:
    one, other = planned(jobs, small(a, b)), planned(jobs[::-1], small(a, b))

    assert one.lower_bound_cny <= other.objective_cny * (1 + 1e-9)
    assert other.lower_bound_cny <= one.objective_cny * (1 + 1e-9)


@FEW
@given(some_jobs(), PRICES, PRICES)
def test_prices_twice_as_high_cost_twice_as_much(jobs: list[Job], a: list[float], b: list[float]) -> None:
    dear = [replace(each, value_cny=2 * each.value_cny) for each in jobs]
    one, two = planned(jobs, small(a, b)), planned(dear, small(a, b, scale=2.0))

    assert two.lower_bound_cny <= 2 * one.objective_cny * (1 + 1e-9)
    assert 2 * one.lower_bound_cny <= two.objective_cny * (1 + 1e-9)
