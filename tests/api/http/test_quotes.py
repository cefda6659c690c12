"""A quote is a menu, and a promise."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from api.store import Job, Jobs, Many, MoveJob, One, Plan, Put, Quote
from tests.api.http.places import NOON, House, job
from tests.builders import catalogue, link, site

GPU = job("train", variants=[{"accelerator": "a100-sxm4-80gb", "count": 8, "runtime_minutes": 120}], tasks=4)


def menu(house: House, document: Any = None) -> dict[str, Any]:
    answer = house.boss.post("/v1/quotes", json=document or job())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def offer(given: dict[str, Any], choice: str) -> dict[str, Any]:
    return next(each for each in given["offers"] if each["choice"] == choice)


def test_the_menu_names_the_soonest_the_cheapest_the_greenest_and_each_region(house: House) -> None:
    given = menu(house, job(origin="shanghai", deadline="2026-07-02T12:00:00+08:00"))
    offers = given["offers"]
    assert {"now", "cheapest", "greenest"} < {each["choice"] for each in offers}
    regions = [each["province"] for each in offers if each["choice"].startswith("region:")]
    assert len(regions) == len(set(regions)) > 10
    price = {each["choice"]: Decimal(each["price_cny"]) for each in offers}
    assert price["cheapest"] == min(price.values())
    assert offer(given, "greenest")["carbon_kg"] == min(each["carbon_kg"] for each in offers)
    assert offer(given, "now")["finish"] == min(each["finish"] for each in offers)
    assert all(each["rtt_ms"] >= 0 for each in offers)
    assert all(datetime.fromisoformat(each["start"]) >= house.now for each in offers)


def test_the_parts_of_a_price_sum_to_it(house: House) -> None:
    for each in menu(house, {**GPU, "inputs": [{"at": "shanghai", "size_gb": 500}]})["offers"]:
        assert sum(map(Decimal, each["parts"].values())) == Decimal(each["price_cny"])
        assert Decimal(each["parts"]["rate_card_cny"]) > 0


def test_a_quoted_job_is_taken_at_its_price(house: House) -> None:
    chosen = offer(menu(house), "cheapest")
    taken = house.boss.submit(job(), params={"quote": chosen["id"]})
    assert (taken["quote"], taken["cost_cny"]) == (chosen["id"], chosen["price_cny"])


@pytest.mark.parametrize(
    "case", ["expired", "used", "unknown", "foreign", "other job", "forged", "nonsense", "list"]
)
def test_a_quote_that_does_not_hold_is_refused(house: House, case: str) -> None:
    name, sent, who = menu(house)["offers"][0]["id"], job(), house.boss
    if case == "expired":
        house.later(minutes=16)
    elif case == "used":
        house.boss.submit(job(), params={"quote": name})
    elif case == "unknown":
        name = "quo_00000000000000000000000000.0"
    elif case == "foreign":
        who = house.tenant("other")
    elif case == "other job":
        sent = job(tasks=100)
    elif case == "forged":
        forge(house, name)
    elif case == "nonsense":
        name = "quo_x'; DROP TABLE quotes"
    elif case == "list":
        sent = [job()]
    answer = who.post("/v1/jobs", json=sent, params={"quote": name})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:edwc:problem:quote-refused"
    assert answer.json()["field"] == "quote"


def forge(house: House, name: str) -> None:
    quote: Quote = house.read(One(Quote, name.partition(".")[0]))
    cheaper = json.loads(quote.document)
    cheaper["offers"][0]["price_cny"] = "0.01"
    house.write(Put(record=replace(quote, document=json.dumps(cheaper)), expect=quote))


def test_a_lost_answer_is_repeated_even_when_its_quote_is_used_up(house: House) -> None:
    name = menu(house)["offers"][0]["id"]
    how = {"params": {"quote": name}, "headers": {"Idempotency-Key": "k"}}
    assert house.boss.submit(job(), **how) == house.boss.submit(job(), **how)


def test_a_job_that_fits_nowhere_gets_an_empty_menu_with_reasons(house: House) -> None:
    given = menu(house, job(rtt_ms_max=0.001, origin="beijing", residency={"provinces": ["guangdong"]}))
    assert given["offers"] == []
    assert sum(given["reasons"].values()) == len(house.service.catalogue.sites)


def test_what_is_planned_is_no_longer_offered(house: House) -> None:
    site = house.service.catalogue.site("zhongwei")
    pinned = {"residency": {"provinces": ["ningxia"]}, "deadline": "2026-07-01T16:00:00+08:00"}
    others = [
        each for each in house.service.catalogue.sites if each.province == "ningxia" and each is not site
    ]
    for each in (site, *others):
        occupy(house, each.id, each.capacity.cpu_cores)
    given = menu(house, job(**pinned))
    assert given["offers"] == []
    assert given["reasons"]["NO_ROOM_IN_TIME"] == 1 + len(others)


def occupy(house: House, site: str, cores: float) -> None:
    """Fill a site's cores for the next day."""
    name = house.boss.submit(job(f"fill-{site}", demand={"cpu_cores": cores}))["id"]
    stored: Job = house.read(One(Job, name))
    placement = json.dumps({"variant": 0, "site": site})
    ends = house.now.replace(day=2)
    house.write(
        MoveJob(
            job=stored.moved(
                "planned", house.now, site=site, placement=placement, starts_at=house.now, ends_at=ends
            )
        )
    )


def test_a_full_slot_costs_its_shadow_price(house: House) -> None:
    before = {each["choice"]: each for each in menu(house)["offers"]}
    start = datetime.fromisoformat(before["region:ningxia"]["start"])
    shadow = [
        {"site": site.id, "slot": slot, "resource": "cpu_cores", "cny_per_unit_hour": 10.0}
        for site in house.service.catalogue.sites
        if site.province == "ningxia"
        for slot in range(96)
    ]
    document = {
        "horizon": {"start": house.now.isoformat(), "slot_minutes": 15, "slots": 96},
        "shadow_prices": shadow,
    }
    house.write(
        Put(
            record=Plan(
                id="pln_1",
                created_at=house.now,
                policy="optimal",
                status="feasible",
                objective_cny=1,
                gap=0,
                lower_bound_cny=1,
                solve_seconds=1,
                world_digest="",
                document=json.dumps(document),
            )
        )
    )
    house.run(house.service.quotes.watch.refresh(house.now))
    near = job(deadline=start.replace(hour=(start.hour + 4) % 24).isoformat())
    given = menu(house, near)
    assert given["plan"] == "pln_1"
    assert offer(given, "region:ningxia")["parts"]["scarcity_cny"] == "80.00"
    assert offer(given, "region:guizhou")["parts"]["scarcity_cny"] == "0.00"
    assert house.read(Many(Quote)).items
    assert not house.read(Jobs()).items


def test_now_is_now_and_not_the_next_quarter_of_an_hour(house: House) -> None:
    house.later(minutes=7)
    soonest = offer(menu(house), "now")
    assert datetime.fromisoformat(soonest["start"]) - house.now < timedelta(seconds=1)
    tight = job(deadline=(house.now + timedelta(minutes=61)).isoformat())
    assert offer(menu(house, tight), "now")["finish"] <= tight["deadline"]
    too_tight = job(deadline=(house.now + timedelta(minutes=59)).isoformat())
    assert menu(house, too_tight)["offers"] == []


def test_replicas_are_offered_with_their_sites_and_paid_for_each(house: House) -> None:
    one, two = offer(menu(house), "now"), offer(menu(house, job(spread="two_sites")), "now")
    assert (one["replicas"], len(set(two["replicas"]))) == ([], 2)
    assert two["replicas"][0] == two["site"]
    assert Decimal(two["parts"]["rate_card_cny"]) == 2 * Decimal(one["parts"]["rate_card_cny"])
    assert sum(map(Decimal, two["parts"].values())) == Decimal(two["price_cny"])


def test_a_tenants_quota_is_room_too(house: House) -> None:
    small = house.tenant("small", quota={"cpu_cores": 8.0})
    soon = job(deadline=(house.now + timedelta(hours=1, minutes=40)).isoformat())
    assert small.post("/v1/quotes", json=soon).json()["offers"]
    name = small.submit(job("first"))["id"]
    stored: Job = house.read(One(Job, name))
    taken = {"site": "zhongwei", "starts_at": house.now, "ends_at": house.now + timedelta(hours=1)}
    placement = json.dumps({"variant": 0, "site": "zhongwei"})
    house.write(MoveJob(job=stored.moved("planned", house.now, placement=placement, **taken)))
    house.run(house.service.quotes.watch.refresh(house.now))
    refused = small.post("/v1/quotes", json=soon).json()
    assert (refused["offers"], set(refused["reasons"])) == ([], {"OVER_QUOTA"})
    later = small.post("/v1/quotes", json=job()).json()["offers"]
    assert min(datetime.fromisoformat(each["start"]) for each in later) >= house.now + timedelta(minutes=59)


def test_a_link_that_is_taken_makes_data_wait() -> None:
    """4,500 GB take a link of 10 Gbit/s for an hour, which another job's data has first."""
    far = site("far", province="ningxia", grid_area="ningxia")
    house = House(catalogue(far, links=(link("town", "far", gbps=10.0),)))
    heavy = {"inputs": [{"at": "town", "size_gb": 4500}]}
    assert starts(house, heavy) == NOON + timedelta(hours=1)
    stored: Job = house.read(One(Job, house.boss.submit(job("first", **heavy))["id"]))
    starts_at = NOON + timedelta(hours=1)
    placed = {"site": "far", "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
    house.write(MoveJob(job=stored.moved("planned", house.now, placement='{"variant": 0}', **placed)))
    house.run(house.service.quotes.watch.refresh(house.now))
    assert starts(house, heavy) == NOON + timedelta(hours=2)
    house.close()


def starts(house: House, document: dict[str, Any]) -> datetime:
    """When a job could start at the soonest."""
    return datetime.fromisoformat(offer(menu(house, job(**document)), "now")["start"])
