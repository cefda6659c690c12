"""The price of one job beside a plan."""

from dataclasses import replace

import numpy as np
import pytest

from pricing import build_price_book
from scheduler import (
    EnergyQuota,
    Market,
    Policy,
    ReferenceFault,
    Spread,
    Variant,
    explain,
    open_market,
    price,
)
from scheduler.case import job_value_cny
from scheduler.room import empty_room
from scheduler.scarcity import Scarcity
from scheduler.unit_cost import unit_cost
from scheduler.world import World
from simulations.workload import WorkloadRequest, draw_workload
from tests.builders import at, job, link, plan_for, site, world
from topology import Horizon, Network, load_catalogue


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


def test_a_menu_is_read_like_the_tuple_of_its_offers():
    menu = price(job(), market_of([], full_and_free()))
    first, second = offers = tuple(menu)

    assert menu == offers
    assert menu == price(job(), market_of([], full_and_free()))
    assert (hash(menu), repr(menu), len(menu)) == (hash(offers), repr(offers), 2)
    assert (menu[0], menu[-1], menu[1:], menu[::-1]) == (first, second, (second,), (second, first))
    assert first in menu
    assert menu != price(job(minutes=240), market_of([], full_and_free()))
    with pytest.raises(IndexError):
        menu[2]


def test_full_room_is_not_offered():
    (only,) = price(job(minutes=240), market_of([job("other", minutes=240)], full_and_free()))

    assert only.option.site == "dear"


def test_scarce_room_costs_what_it_is_worth_to_others():
    jobs = [job(f"job-{number}", minutes=240) for number in range(3)]
    plan = plan_for(jobs, full_and_free(), time_limit_s=60.0)
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


def test_a_variant_that_no_site_has_leaves_the_others():
    market = market_of([], world(site("a", accelerators={"a100-sxm4-80gb": 8})))
    missing, there = (
        Variant(accelerator=model, count=1, runtime_minutes=60.0) for model in ("h800-sxm", "a100-sxm4-80gb")
    )

    (offer,) = price(job(variants=[missing, there]), market)

    assert (offer.option.variant, offer.option.accelerator) == (1, "a100-sxm4-80gb")
    assert price(job(variants=[missing]), market) == ()
    assert not market.offers(job(variants=[missing])).open.any()


def test_a_link_that_carries_other_data_is_not_offered_until_it_is_free():
    """450 GB take an hour at the 1 Gbit/s that the link has."""
    place = world(site("a"), links=[link("town", "a", gbps=1.0)])
    market = market_of([job("other", inputs={"town": 450.0})], place)

    (alone,) = price(job(inputs={"town": 450.0}), market_of([], place))
    (beside,) = price(job("new", inputs={"town": 450.0}), market)

    assert alone.option.start == at(1)
    assert beside.option.start >= at(2)


def test_an_energy_quota_that_is_spent_closes_its_hours():
    """The quota holds one job of 0.057 kW for an hour of the first two."""
    quota = EnergyQuota(site="a", start=at(0), end=at(2), kwh=0.06)
    place = world(site("a"), cny_per_kwh={"a": [0.1, 0.1, 0.9, 0.9]}, energy_quotas=[quota])

    (alone,) = price(job(), market_of([], place))
    (beside,) = price(job("new"), market_of([job("other")], place))

    assert alone.option.start == at(0)
    assert beside.option.start >= at(2)


def test_a_tenant_is_offered_no_more_than_its_quota():
    place = world(site("a"), site("b"), quotas={"lab": {"cpu_cores": 15}})
    market = market_of([job("other", tenant="lab", minutes=120, deadline=at(2))], place)

    offers = price(job("new", tenant="lab"), market)

    assert {offer.option.start >= at(2) for offer in offers} == {True}
    assert price(job("new"), market)[0].option.start == at(0)


def test_an_unknown_place_is_told():
    with pytest.raises(ReferenceFault):
        price(job(origin="atlantis"), market_of([], full_and_free()))


def test_an_hour_more_is_worth_what_it_saves():
    falling = world(site("a"), cny_per_kwh={"a": [0.9, 0.1, 0.1, 0.1]})
    jobs = [job(deadline=at(1))]

    marginals = explain("job", jobs, plan_for(jobs, falling), falling).marginals

    assert [(each.field, each.saving_cny) for each in marginals] == [("deadline", pytest.approx(0.057 * 0.8))]


def test_the_quick_price_is_the_cheapest_of_all_options():
    market, jobs = crowded_day()

    for asked in (*jobs, *(limited(each) for each in jobs)):
        best = market.offers(asked).price_cny.min(axis=(0, 2))
        offers = price(asked, market)
        assert [each.price_cny for each in offers] == pytest.approx(sorted(best[np.isfinite(best)])[:5])
        for each in offers:
            assert each.price_cny == pytest.approx(
                best[market.world.catalogue.site_ids.index(each.option.site)]
            )
            assert each.price_cny == pytest.approx(each.option.cost.run_cny + each.scarcity_cny)


def test_few_offers_are_the_first_of_all():
    """Which sites need not be looked at depends on how many offers are wanted; what is offered does not, to the bit."""
    market, jobs = crowded_day()

    for asked in (*jobs, *(limited(each) for each in jobs)):
        everywhere = price(asked, market, most=len(market.world.catalogue.site_ids))
        assert price(asked, market) == everywhere[:5]
        assert price(asked, market, most=1) == everywhere[:1]


def test_data_that_would_come_too_late_leaves_no_offer():
    """450 GB take an hour at the 1 Gbit/s that the link has, and so does the job."""
    market = market_of([], world(site("a"), links=[link("town", "a", gbps=1.0)]))

    assert price(job(inputs={"town": 450.0}, deadline=at(1)), market) == ()
    assert [each.option.start for each in price(job(inputs={"town": 450.0}, deadline=at(2)), market)] == [
        at(1)
    ]


def crowded_day():
    """Jobs of every kind, and the built-in catalogue with room and shadow prices drawn at random."""
    catalogue, throw = load_catalogue(), np.random.default_rng(5)
    request = WorkloadRequest(count=200, seed=3)
    prices = build_price_book(catalogue, Horizon(start=request.start, slots=96))
    place = World(catalogue=catalogue, network=Network(catalogue), prices=prices)
    whole = empty_room(place)
    room = replace(
        whole,
        sites=whole.sites * throw.random(whole.sites.shape) ** 0.1,
        links=throw.random(whole.links.shape) * 30,
    )
    worth = [throw.random((*left.shape[:-1], 97)).cumsum(axis=-1) / 1e3 for left in (room.sites, room.links)]
    market = Market(
        world=place, policy=Policy(), unit=unit_cost(place), whole=whole, room=room,
        scarcity=Scarcity(sites=worth[0], links=worth[1]),
    )  # fmt: skip
    return market, draw_workload(request, catalogue).jobs


def limited(asked):
    """The same job under limits that close some of its options."""
    return replace(asked, budget_cny=0.02 * job_value_cny(asked), carbon_kg_max=200.0)
