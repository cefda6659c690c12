"""A job for two sites runs at both or nowhere; for two cities and three centres, near and far."""

import pytest

from scheduler import Spread, explain, render
from tests.builders import job, link, plan_for, site, verdict_on, world


def three(**fields):
    return world(site("a"), site("b"), site("c"), cny_per_kwh={"a": 0.2, "b": 0.3, "c": 0.9}, **fields)


def test_two_sites_run_it_at_once_and_both_are_paid():
    jobs = [job(spread=Spread.TWO_SITES)]

    plan = plan_for(jobs, three())

    (placed,) = plan.placements
    assert sorted(placed.replicas) == ["a", "b"]
    assert placed.site == placed.replicas[0]
    assert placed.cost.energy_cny == pytest.approx(0.057 * (0.2 + 0.3))
    assert verdict_on(plan, jobs, three()).faults == ()


def test_each_replica_gets_its_own_copy_of_the_data():
    place = world(
        site("a"),
        site("b"),
        links=[link("town", "a", cny_per_gb=0.1), link("town", "b", cny_per_gb=0.2)],
    )
    jobs = [job(spread=Spread.TWO_SITES, inputs={"town": 100.0}, outputs={"town": 10.0})]

    plan = plan_for(jobs, place)

    assert plan.placements[0].cost.network_cny == pytest.approx(110 * 0.3)
    assert verdict_on(plan, jobs, place).faults == ()


def test_data_flows_to_all_replicas_at_the_slowest_rate():
    place = world(site("a"), site("b"), links=[link("town", "a", gbps=10), link("town", "b", gbps=1)])
    jobs = [job(spread=Spread.TWO_SITES, inputs={"town": 225.0})]  # 2 slots at 1 Gbit/s

    plan = plan_for(jobs, place)

    assert plan.placements[0].start == place.horizon.instant(2)
    assert verdict_on(plan, jobs, place).faults == ()


def test_a_full_second_site_stops_both():
    place = world(site("a"), site("b", cpu_cores=5))

    plan = plan_for([job(spread=Spread.TWO_SITES)], place)

    assert plan.placements == ()
    assert plan.rejections[0].reasons == {"TOO_LARGE": 1, "NO_SPREAD": 1}


def test_two_cities_three_centres():
    place = world(
        site("near-1"),
        site("near-2", latitude_deg=30.5),
        site("far-same-grid", latitude_deg=40.0),
        site("far", latitude_deg=40.0, grid_area="other"),
        cny_per_kwh={"far": 2.0},
    )
    jobs = [job(spread=Spread.TWO_CITIES_THREE_CENTERS)]

    plan = plan_for(jobs, place)

    assert sorted(plan.placements[0].replicas) == ["far", "near-1", "near-2"]
    assert verdict_on(plan, jobs, place).faults == ()


def test_no_far_city_is_a_reason():
    place = world(site("near-1"), site("near-2", latitude_deg=30.5))

    plan = plan_for([job(spread=Spread.TWO_CITIES_THREE_CENTERS)], place)

    assert plan.rejections[0].reasons == {"NO_SPREAD": 2}


def test_a_budget_is_shared_equally():
    plan = plan_for([job(spread=Spread.TWO_SITES, budget_cny=2 * 0.057 * 0.25)], three())

    assert plan.rejections[0].reasons == {"OVER_BUDGET": 2, "NO_SPREAD": 1}


def test_one_site_more_would_make_it_run():
    jobs = [job(spread=Spread.TWO_SITES, provinces=["coast"])]
    place = world(site("a", province="coast"), site("b"))

    answer = explain("job", jobs, plan_for(jobs, place), place)

    assert "no other sites near or far enough" in render(answer)
