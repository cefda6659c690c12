"""Data has its price and its travel time; where it weighs enough, work goes to the data."""

import pytest

from tests.builders import at, job, link, plan_for, site, world

GB_AN_HOUR = 4500.0  # at 10 Gbit/s


def pair(*, cny_per_gb=0.0, gbps=100.0):
    return world(
        site("home"),
        site("away"),
        cny_per_kwh={"home": 1.0, "away": 0.1},
        links=[link("home", "away", cny_per_gb=cny_per_gb, gbps=gbps), link("town", "home")],
    )


def test_run_starts_when_its_input_has_arrived():
    plan = plan_for([job(inputs={"home": GB_AN_HOUR})], pair())

    assert plan.placements[0].site == "away"
    assert plan.placements[0].start >= at(1)


def test_narrow_link_takes_longer():
    plan = plan_for([job(inputs={"home": GB_AN_HOUR})], pair(gbps=5.0))

    assert plan.placements[0].start >= at(2)


def test_dear_data_keeps_work_at_home():
    plan = plan_for([job(inputs={"home": 100.0})], pair(cny_per_gb=0.01))

    assert plan.placements[0].site == "home"
    assert plan.placements[0].cost.network_cny == 0.0


def test_inputs_and_outputs_are_paid_by_the_gigabyte():
    plan = plan_for([job(inputs={"home": 2.0}, outputs={"home": 1.0}, cores=500)], pair(cny_per_gb=0.01))

    assert plan.placements[0].site == "away"
    assert plan.placements[0].cost.network_cny == pytest.approx(0.03)


def test_input_that_cannot_arrive_in_time_is_a_reason():
    plan = plan_for([job(inputs={"town": 3 * GB_AN_HOUR}, deadline=at(3))], pair())

    assert plan.rejections[0].reasons == {"TRANSFER_TOO_LONG": 2}


def test_transfers_share_a_link():
    jobs = [job(f"job-{number}", minutes=180, inputs={"home": GB_AN_HOUR}) for number in range(2)]

    plan = plan_for(jobs, pair(gbps=10.0))

    assert sorted(placement.site for placement in plan.placements) == ["away", "home"]
