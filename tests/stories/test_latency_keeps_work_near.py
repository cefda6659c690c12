"""Work that serves people stays near them, however cheap power is elsewhere."""

from tests.builders import job, link, plan_for, site, world


def east_and_west():
    return world(
        site("west"),
        site("east"),
        links=[link("town", "east", rtt_ms=4), link("east", "west", rtt_ms=30)],
        cny_per_kwh={"west": 0.2, "east": 0.9},
    )


def test_serving_stays_east():
    plan = plan_for([job(origin="town", rtt_ms_max=10)], east_and_west())

    assert plan.placements[0].site == "east"


def test_training_goes_west():
    plan = plan_for([job(origin="town", rtt_ms_max=50)], east_and_west())

    assert plan.placements[0].site == "west"


def test_impossible_promise_is_counted_at_every_site():
    plan = plan_for([job(origin="town", rtt_ms_max=1)], east_and_west())

    assert plan.rejections[0].reasons == {"TOO_FAR": 2}
