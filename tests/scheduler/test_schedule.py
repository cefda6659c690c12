"""The pipeline as a whole: baselines, bounds, references, order, repetition."""

import random

import pytest

from scheduler import (
    BASELINES,
    JobError,
    Policy,
    PolicyError,
    ReferenceFault,
    Reservation,
    Variant,
    WorldError,
    plan_to_document,
    schedule,
)
from tests.builders import A100, at, job, link, site, world
from topology import Resources

ON_A100 = Variant(accelerator="a100", count=1, runtime_minutes=1)


def small_world():
    return world(
        site("west", cpu_cores=40, province="gansu"),
        site("middle", cpu_cores=30, accelerators={A100.id: 4}),
        site("east", cpu_cores=25),
        links=[
            link("town", "east", rtt_ms=2, cny_per_gb=0.01),
            link("east", "middle", rtt_ms=12, cny_per_gb=0.02),
            link("middle", "west", rtt_ms=15, cny_per_gb=0.01, gbps=8.0),
        ],
        cny_per_kwh={"west": [0.3, 0.2, 0.1, 0.3], "middle": [0.4, 0.5, 0.6, 0.5], "east": 0.9},
        g_per_kwh={"west": 400.0, "middle": 200.0, "east": 700.0},
        carbon_cny_per_t=90.0,
    )


def some_jobs(count, seed):
    dice = random.Random(seed)
    return [
        job(
            f"job-{number}",
            cores=dice.choice([2, 5, 10]),
            minutes=dice.choice([10, 30, 45, 61]),
            tasks=dice.choice([1, 1, 2]),
            release=at(dice.choice([0, 0.25, 1])),
            origin="town",
            rtt_ms_max=dice.choice([5.0, 20.0, 60.0]),
            inputs={"town": dice.choice([0.5, 400.0])} if dice.random() < 0.4 else None,
            value_cny=dice.choice([0.05, 5.0, 50.0]),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_no_baseline_beats_the_plan(seed):
    jobs = some_jobs(25, seed)
    best = schedule(jobs, small_world(), time_limit_s=1.0)

    for name in BASELINES:
        baseline = schedule(jobs, small_world(), policy=Policy(name=name))
        assert best.objective_cny <= baseline.objective_cny * (1 + 1e-9), name
        assert best.lower_bound_cny <= baseline.objective_cny * (1 + 1e-9), name
        assert baseline.lower_bound_cny <= best.objective_cny * (1 + 1e-9), name
        assert baseline.status == "feasible"


def test_every_job_is_answered_once():
    jobs = some_jobs(40, 9)
    plan = schedule(jobs, small_world(), time_limit_s=1.0)

    answered = [answer.job for answer in (*plan.placements, *plan.rejections)]
    assert sorted(answered) == sorted(each.name for each in jobs)
    assert plan.objective_cny == pytest.approx(plan.cost.total_cny)
    assert plan.gap == pytest.approx((plan.objective_cny - plan.lower_bound_cny) / plan.objective_cny)


@pytest.mark.parametrize(
    ("policy", "site_id", "hours"),
    [
        ("nearest", "east", 0),
        ("cheapest", "west", 2),
        ("greenest", "middle", 0),
        ("first-fit", "west", 0),
        ("earliest-finish", "middle", 0),
        ("optimal", "west", 2),
    ],
)
def test_each_policy_has_its_own_wish(policy, site_id, hours):
    slow = Variant(runtime_minutes=60)
    fast = Variant(runtime_minutes=40, accelerator=A100.id, count=0.001)
    variants = [slow, fast] if policy == "earliest-finish" else [slow]

    plan = schedule([job(origin="town", variants=variants)], small_world(), policy=Policy(name=policy))

    assert (plan.placements[0].site, plan.placements[0].start) == (site_id, at(hours))


def test_weights_change_the_choice_and_not_the_bill():
    heavy_on_carbon = schedule([job()], small_world(), policy=Policy(carbon_weight=100.0))
    greenest = schedule([job()], small_world(), policy=Policy(name="greenest"))

    assert heavy_on_carbon.placements[0].site == "middle"
    assert heavy_on_carbon.cost.carbon_cny == greenest.cost.carbon_cny
    assert heavy_on_carbon.objective_cny > heavy_on_carbon.cost.total_cny


def test_same_input_same_plan():
    jobs = some_jobs(4, 3)

    first, second = (plan_to_document(schedule(jobs, small_world())) for _ in range(2))

    assert {**first, "solve_seconds": 0} == {**second, "solve_seconds": 0}


def test_no_jobs_no_cost():
    plan = schedule([], small_world())

    assert (plan.objective_cny, plan.lower_bound_cny, plan.gap, plan.status) == (0.0, 0.0, 0.0, "optimal")


def test_names_are_keys():
    with pytest.raises(JobError, match="taken"):
        schedule([job("a"), job("a")], small_world())


@pytest.mark.parametrize(
    ("fields", "field", "nearest"),
    [
        ({"origin": "twon"}, "origin", "town"),
        ({"inputs": {"wset": 1.0}}, "inputs[0].at", "west"),
        ({"outputs": {"nowhere-at-all": 1.0}}, "outputs[0].to", ""),
        ({"provinces": ["ganshu"]}, "residency.provinces[0]", "gansu"),
        ({"hubs": ["x"]}, "residency.hubs[0]", ""),
        (
            {"variants": [Variant(accelerator="a100", count=1, runtime_minutes=1)]},
            "variants[0].accelerator",
            A100.id,
        ),
    ],
)
def test_what_does_not_exist_is_named_with_its_neighbours(fields, field, nearest):
    with pytest.raises(ReferenceFault) as caught:
        schedule([job(**fields)], small_world())

    assert caught.value.field == field
    assert nearest in str(caught.value)


def test_unknown_policy():
    with pytest.raises(PolicyError, match="nearest"):
        Policy(name="neerest")
    with pytest.raises(PolicyError, match="carbon_weight"):
        Policy(carbon_weight=-1.0)


def test_a_reservation_must_be_somewhere_and_sometime():
    with pytest.raises(WorldError, match="no such site"):
        world(site("a"), reserved=[Reservation(site="b", start_slot=0, end_slot=1, resources=Resources())])
    with pytest.raises(WorldError, match="interval"):
        Reservation(site="a", start_slot=2, end_slot=2, resources=Resources())


def test_a_site_off_the_network_serves_only_those_who_need_no_network():
    island = world(site("island"), links=[link("town", "elsewhere")], cities=("town", "elsewhere"))

    plan = schedule([job("alone"), job("served", origin="town"), job("fed", inputs={"town": 1.0})], island)

    assert [placement.job for placement in plan.placements] == ["alone"]
    assert [rejection.reasons for rejection in plan.rejections] == [{"NO_ROUTE": 1}, {"NO_ROUTE": 1}]


def test_full_machines_have_a_price():
    crowd = [job(f"job-{number}", cores=10, minutes=240, value_cny=9.0 + number) for number in range(3)]

    plan = schedule(crowd, world(site("only", cpu_cores=20)), time_limit_s=1.0)

    assert plan.shadow_prices
    assert {price.resource for price in plan.shadow_prices} == {"cpu_cores"}
