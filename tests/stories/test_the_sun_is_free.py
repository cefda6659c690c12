"""A site uses its own sun before the grid: work comes to the sun, as much as it carries and no more."""

import pytest

from scheduler import plan_from_document, plan_to_document
from tests.builders import job, plan_for, site, verdict_on, world

SUN = {"pv": True}


def place(peak_kw=10.0, base_kw=0.0, plain=0.9):
    sunny = site("sunny", pv_kw_peak=peak_kw, base_kw=base_kw, longitude_deg=120.0)
    return world(
        sunny, site("plain"), cny_per_kwh={"sunny": 1.0, "plain": plain}, g_per_kwh={"sunny": 500.0},
        pue={"sunny": 1.25}, carbon_cny_per_t=100.0, hours=24, **SUN,
    )  # fmt: skip


def test_a_job_waits_for_the_sun():
    jobs = [job(minutes=50)]

    plan = plan_for(jobs, place())

    assert plan.placements[0].site == "sunny"
    assert plan.objective_cny == pytest.approx(0.0, abs=1e-9)
    assert plan.pv_saving.energy_kwh == pytest.approx(0.057 * 1.25)  # four whole slots
    assert verdict_on(plan, jobs, place(), SUN).faults == ()
    assert plan_from_document(plan_to_document(plan)) == plan


def test_what_the_sun_cannot_carry_is_paid():
    jobs = [job(f"job-{number}", minutes=600, cores=100.0) for number in range(4)]  # 0.57 kW each
    little = place(peak_kw=1.0, plain=3.0)

    plan = plan_for(jobs, little)

    assert 0 < plan.pv_saving.energy_cny < plan.cost.energy_cny
    assert plan.lower_bound_cny <= plan.objective_cny
    assert verdict_on(plan, jobs, little, SUN).faults == ()


def test_the_base_load_comes_first():
    plan = plan_for([job()], place(peak_kw=10.0, base_kw=20.0))

    assert plan.placements[0].site == "plain"
    assert plan.pv_saving is None


def test_the_judge_wants_the_sun_named():
    plan = plan_for([job()], place())

    assert {fault.kind for fault in verdict_on(plan, [job()], place()).faults} >= {"WRONG_OBJECTIVE"}
