"""The price of one job beside a plan."""

import pytest

from scheduler import ReferenceFault, Spread, explain, open_market, price
from tests.builders import at, job, plan_for, site, world


def full_and_free():
    """Cheap room for one job of two hours in four, dear room without end."""
    return world(site("cheap", cpu_cores=10), site("dear"), cny_per_kwh={"cheap": 0.2, "dear": 1.0})


def market_of(jobs, place):
    return open_market(plan_for(jobs, place), jobs, place)


def test_an_empty_network_offers_its_true_cost():
    first, second = price(job(), market_of([], full_and_free()))

    assert (first.option.site, second.option.site) == ("cheap", "dear")
    assert first.price_cny == pytest.approx(0.057 * 0.2)
    assert first.scarcity_cny == 0.0


def test_full_room_is_not_offered():
    (only,) = price(job(minutes=240), market_of([job("other", minutes=240)], full_and_free()))

    assert only.option.site == "dear"


def test_scarce_room_costs_what_it_is_worth_to_others():
    jobs = [job(f"job-{number}", minutes=240) for number in range(3)]
    plan = plan_for(jobs, full_and_free())
    held = open_market(plan, jobs, full_and_free(), without=plan.placements[0].job)

    offers = {offer.option.site: offer for offer in price(job("new", minutes=240), held)}

    if "cheap" in offers:
        assert offers["cheap"].price_cny == pytest.approx(offers["dear"].price_cny, rel=1e-3)


def test_replicas_are_offered_as_a_set():
    (offer,) = price(job(spread=Spread.TWO_SITES), market_of([], full_and_free()))

    assert sorted(offer.option.replicas) == ["cheap", "dear"]
    assert offer.price_cny == pytest.approx(0.057 * 1.2)


def test_nothing_is_offered_where_nothing_fits():
    assert price(job(cores=1e5), market_of([], full_and_free())) == ()


def test_an_unknown_place_is_told():
    with pytest.raises(ReferenceFault):
        price(job(origin="atlantis"), market_of([], full_and_free()))


def test_an_hour_more_is_worth_what_it_saves():
    falling = world(site("a"), cny_per_kwh={"a": [0.9, 0.1, 0.1, 0.1]})
    jobs = [job(deadline=at(1))]

    marginals = explain("job", jobs, plan_for(jobs, falling), falling).marginals

    assert [(each.field, each.saving_cny) for each in marginals] == [("deadline", pytest.approx(0.057 * 0.8))]
