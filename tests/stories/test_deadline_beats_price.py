"""A deadline is kept even when waiting would be cheaper; a release is never jumped."""

import pytest

from tests.builders import at, job, plan_for, site, world

FALLING = {"a": [1.0, 0.8, 0.4, 0.1]}


@pytest.mark.parametrize(
    ("deadline_hours", "start_hours"), [(1, 0), (2, 1), (3.5, 2.5), (3.49, 2.25), (None, 3)]
)
def test_run_ends_by_its_deadline(deadline_hours, start_hours):
    deadline = None if deadline_hours is None else at(deadline_hours)

    plan = plan_for([job(deadline=deadline)], world(site("a"), cny_per_kwh=FALLING))

    assert plan.placements[0].start == at(start_hours)


def test_run_waits_for_the_next_slot_after_its_release():
    plan = plan_for([job(release=at(0.6))], world(site("a"), cny_per_kwh={"a": [0.1, 0.2, 0.3, 0.4]}))

    assert plan.placements[0].start == at(0.75)


def test_no_time_is_a_reason_and_not_an_error():
    plan = plan_for([job(minutes=90, release=at(1), deadline=at(2))], world(site("a"), site("b")))

    assert plan.rejections[0].reasons == {"NO_TIME": 2}


def test_last_slot_is_paid_by_the_minute():
    an_hour = plan_for([job(minutes=60)], world(site("a"))).placements[0]
    and_a_bit = plan_for([job(minutes=66)], world(site("a"))).placements[0]

    assert and_a_bit.cost.energy_cny == pytest.approx(an_hour.cost.energy_cny * 1.1)
    assert (and_a_bit.end - and_a_bit.start).total_seconds() == 66 * 60
