"""A plan is made anew: what runs stays, what was promised moves only where that pays, the rest finds its place."""

from dataclasses import replace

import pytest

from scheduler import Interruptible, Policy, Spread, WorldError
from tests.builders import at, job, plan_for, site, verdict_on, world

BEFORE = {"a": 0.50, "b": 0.60}


def two(**fields):
    return world(site("a"), site("b"), **{"cny_per_kwh": BEFORE, **fields})


def sites_of(plan):
    return {placement.job: placement.site for placement in plan.placements}


def test_a_small_gain_moves_nobody():
    old = plan_for([job()], two())

    new = plan_for([job()], two(cny_per_kwh={"a": 0.5, "b": 0.499}), previous=old)

    assert sites_of(new) == {"job": "a"}
    assert new.lower_bound_cny <= 0.057 * 0.499


def test_a_large_gain_does():
    old = plan_for([job()], two())

    assert sites_of(plan_for([job()], two(cny_per_kwh={"a": 0.5, "b": 0.4}), previous=old)) == {"job": "b"}


def test_what_has_started_stays_whatever_it_costs():
    old = plan_for([job()], two())
    dear = two(cny_per_kwh={"a": 9.0, "b": 0.1})

    assert sites_of(plan_for([job()], dear, previous=old, started=["job"])) == {"job": "a"}


def test_a_newcomer_takes_what_is_left():
    tight = {"cny_per_kwh": BEFORE}
    place = world(site("a", cpu_cores=10), site("b", cpu_cores=10), **tight)
    old = plan_for([job(minutes=240)], place)

    new = plan_for([job(minutes=240), job("late", minutes=240)], place, previous=old)

    assert sites_of(new) == {"job": "a", "late": "b"}


def test_a_lost_site_gives_its_jobs_away():
    old = plan_for([job("x"), job("y")], two())

    new = plan_for([job("x"), job("y")], two(lost_sites=["a"]), previous=old, started=["x"])

    assert sites_of(new) == {"x": "b", "y": "b"}


def test_an_ended_job_is_forgotten():
    old = plan_for([job("x"), job("y")], two())

    assert sites_of(plan_for([job("y")], two(), previous=old)) == {"y": "a"}


@pytest.mark.parametrize(
    "special",
    [
        {"spread": Spread.TWO_SITES},
        {"minutes": 120, "interruptible": Interruptible(min_run_minutes=30)},
        {"inputs": {"town": 1000.0}},
    ],
)
def test_every_kind_of_job_keeps_its_place(special):
    waves = {"cny_per_kwh": {"a": [0.2, 0.9, 0.2, 0.9], "b": 0.9}}
    old = plan_for([job(**special)], two(**waves))

    new = plan_for([job(**special)], two(**waves), previous=old, started=["job"])

    assert new.placements == old.placements
    assert verdict_on(new, [job(**special)], two(**waves)).faults == ()


def test_time_goes_on_and_promises_with_it():
    old = plan_for([job(release=at(2))], two(hours=6))
    later = two(hours=4)
    later = replace(later, prices=replace(later.prices, horizon=replace(later.horizon, start=at(1))))

    new = plan_for([job(release=at(2))], later, previous=old, started=["job"])

    assert new.placements[0].start == old.placements[0].start


def test_a_baseline_lets_started_work_run():
    old = plan_for([job(minutes=240)], two())
    place = world(site("a", cpu_cores=10), site("b", cpu_cores=10), cny_per_kwh={"a": 9.0, "b": 0.1})
    jobs = [job("other", minutes=240), job(minutes=240)]

    new = plan_for(jobs, place, previous=old, started=["job"], policy=Policy(name="earliest-finish"))

    assert sites_of(new) == {"other": "b", "job": "a"}


def test_a_threshold_is_a_share():
    with pytest.raises(WorldError, match="share from 0 to 1"):
        plan_for([job()], two(), previous=plan_for([job()], two()), move_threshold=2.0)
