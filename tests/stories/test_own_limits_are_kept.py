"""A job's own budget and carbon ceiling shut out options that are otherwise fine."""

from scheduler import Variant
from tests.builders import A100, H800, at, job, plan_for, site, world

KWH = 0.057  # ten cores for an hour


def clean_or_cheap():
    return world(
        site("clean"),
        site("cheap"),
        cny_per_kwh={"clean": 1.0, "cheap": 0.1},
        g_per_kwh={"clean": 10.0, "cheap": 900.0},
    )


def test_carbon_ceiling_sends_work_to_the_clean_site():
    plan = plan_for([job(carbon_kg_max=0.9 * KWH * 0.9)], clean_or_cheap())

    assert plan.placements[0].site == "clean"


def test_both_limits_together_leave_nothing():
    limited = job(carbon_kg_max=0.5 * KWH, budget_cny=0.5 * KWH)

    plan = plan_for([limited], clean_or_cheap())

    assert plan.rejections[0].reasons == {"OVER_BUDGET": 1, "OVER_CARBON": 1}


def test_budget_leaves_only_the_cheap_hour():
    only = world(site("a", cpu_cores=10), cny_per_kwh={"a": [0.5, 0.4, 0.3, 0.2]})
    first, second = job("first", budget_cny=0.25 * KWH), job("second")

    plan = plan_for([second, first], only)

    assert {placement.job: placement.start for placement in plan.placements} == {
        "first": at(3),
        "second": at(2),
    }


def test_a_job_worth_less_than_its_power_stays_out():
    plan = plan_for([job(value_cny=0.5 * KWH)], world(site("a"), site("b")))

    assert plan.rejections[0].reasons == {"NOT_WORTH_IT": 2}


def test_variant_is_chosen_by_what_it_costs_in_all():
    slow = Variant(accelerator=A100.id, count=1, runtime_minutes=120)
    fast = Variant(accelerator=H800.id, count=1, runtime_minutes=60)
    both = world(site("both", accelerators={A100.id: 8, H800.id: 8}))

    assert plan_for([job(variants=[slow, fast])], both).placements[0].variant == 1  # 0.8 kWh against 0.7 kWh


def test_a_site_is_refused_for_the_variant_that_got_furthest():
    on_a100 = Variant(accelerator=A100.id, count=1, runtime_minutes=600)
    on_h800 = Variant(accelerator=H800.id, count=1, runtime_minutes=60)

    plan = plan_for([job(variants=[on_a100, on_h800])], world(site("a", accelerators={A100.id: 8})))

    assert plan.rejections[0].reasons == {"NO_TIME": 1}
