"""An interruptible job runs in the cheap hours, and pauses in the dear ones where that pays."""

import pytest

from scheduler import Interruptible
from tests.builders import at, job, link, plan_for, site, verdict_on, world

DEAR_NOON = {"a": [0.2, 0.9, 0.2, 0.9]}
KW = 0.057


def waves(**fields):
    return world(site("a"), cny_per_kwh=DEAR_NOON, **fields)


def runs_of(plan):
    return [
        ((s - at(0)).total_seconds() / 3600, (e - at(0)).total_seconds() / 3600)
        for s, e in plan.placements[0].runs
    ]


def test_it_pauses_in_the_dear_hour():
    jobs = [job(minutes=100, interruptible=Interruptible(min_run_minutes=30))]

    plan = plan_for(jobs, waves())

    assert runs_of(plan) == [(0.0, 1.0), (2.0, pytest.approx(2 + 40 / 60))]
    assert plan.placements[0].cost.energy_cny == pytest.approx(KW * 100 / 60 * 0.2)
    assert verdict_on(plan, jobs, waves()).faults == ()


def test_a_run_is_never_shorter_than_agreed():
    jobs = [job(minutes=75, interruptible=Interruptible(min_run_minutes=31))]

    plan = plan_for(jobs, waves())

    assert len(plan.placements[0].runs) == 1  # five slots make no two runs of three


def test_a_resume_repeats_minutes_at_the_mean_price():
    jobs = [job(minutes=120, interruptible=Interruptible(min_run_minutes=30, restart_minutes=10))]

    plan = plan_for(jobs, waves())

    assert len(plan.placements[0].runs) == 2
    assert plan.placements[0].cost.energy_cny == pytest.approx(KW * (2 * 0.2 + 10 / 60 * 0.55))
    assert plan.placements[0].energy_kwh == pytest.approx(KW * (2 + 10 / 60))
    assert verdict_on(plan, jobs, waves()).faults == ()


def test_a_dear_checkpoint_keeps_it_in_one_piece():
    toll = [link("town", "a", cny_per_gb=1.0)]
    light = [job(minutes=120, interruptible=Interruptible(min_run_minutes=30, checkpoint_gb=0.01))]
    heavy = [job(minutes=120, interruptible=Interruptible(min_run_minutes=30, checkpoint_gb=100.0))]

    cheap, dear = plan_for(light, waves(links=toll)), plan_for(heavy, waves(links=toll))

    assert len(cheap.placements[0].runs) == 2
    assert cheap.placements[0].cost.network_cny == pytest.approx(2 * 0.01 * 1.0)
    assert len(dear.placements[0].runs) == 1
    assert verdict_on(cheap, light, waves(links=toll)).faults == ()


def test_a_job_with_a_budget_runs_through():
    jobs = [job(minutes=120, budget_cny=1e6, interruptible=Interruptible(min_run_minutes=30))]

    assert len(plan_for(jobs, waves()).placements[0].runs) == 1


def test_it_makes_room_for_a_job_that_cannot_wait():
    place = world(site("a", cpu_cores=10))
    urgent = job("urgent", minutes=60, release=at(1), deadline=at(2))
    patient = job("patient", minutes=180, interruptible=Interruptible(min_run_minutes=60))

    plan = plan_for([urgent, patient], place)

    assert len(plan.placements) == 2
    assert verdict_on(plan, [urgent, patient], place).faults == ()
