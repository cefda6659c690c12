"""What a console draws: the latest plan over time, by site, link and city, and how plans went before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from api.auth import Scope
from api.quotes_market import MarketWatch
from api.store import Job, MoveJob, One, Plan, Put, SiteState, new_id
from tests.api.http.places import NOON, Caller, House, job
from tests.builders import catalogue, link, site

HORIZON = {"start": NOON.isoformat(), "slot_minutes": 15, "slots": 96}


@pytest.fixture
def house() -> Iterator[House]:
    """A town with a small site at home and a large one far away."""
    places = catalogue(
        site("home", cpu_cores=10, province="shanghai", grid_area="shanghai"),
        site("far", cpu_cores=100, province="ningxia", grid_area="ningxia"),
        links=(
            link("town", "home", rtt_ms=1.0, cny_per_gb=0.0),
            link("town", "far", rtt_ms=20.0, cny_per_gb=0.1),
        ),
    )
    opened = House(places, settings={"market_refresh_seconds": 0.01})
    yield opened
    opened.close()


def plan(
    house: House,
    caller: Caller,
    where: str,
    *,
    after_minutes: float = 0.0,
    replicas: Sequence[str] = (),
    **fields: Any,
) -> str:
    """Submit a job and place it, as the loop would; its id."""
    name = str(caller.submit(job(f"job-{new_id('x', house.now)}", **fields))["id"])
    start = NOON + timedelta(minutes=after_minutes)
    placement = {
        "variant": 0,
        "cost": {"energy_cny": 2.0, "carbon_cny": 0.5, "network_cny": 1.0},
        "carbon_kg": 4.0,
        "energy_kwh": 5.0,
        **({"replicas": replicas} if replicas else {}),
    }
    stored = house.read(One(Job, name))
    moved = stored.moved(
        "planned",
        house.now,
        site=where,
        placement=json.dumps(placement),
        starts_at=start,
        ends_at=start + timedelta(hours=1),
    )
    house.write(MoveJob(job=moved))
    return name


def store_plan(house: House, *, gap: float = 0.01, prices: Any = ()) -> str:
    name = new_id("pln", house.clock())
    document = {"horizon": HORIZON, "shadow_prices": list(prices)}
    house.write(
        Put(
            record=Plan(
                id=name,
                created_at=house.now,
                policy="optimal",
                status="optimal",
                objective_cny=100.0,
                lower_bound_cny=100.0 * (1 - gap),
                gap=gap,
                solve_seconds=1.0,
                world_digest="",
                document=json.dumps(document),
            )
        )
    )
    return name


def ask(house: House, caller: Caller, what: str, **params: Any) -> dict[str, Any]:
    house.run(house.service.quotes.watch.refresh(house.now))
    answer = caller.get(f"/v1/plans/latest/{what}", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_plans_are_listed_newest_first_without_their_documents(house: House) -> None:
    ids = [store_plan(house, gap=gap) for gap in (0.05, 0.02, 0.01)]
    page = house.boss.get("/v1/plans", params={"limit": 2}).json()
    assert [each["id"] for each in page["plans"]] == [ids[2], ids[1]]
    assert [each["gap"] for each in page["plans"]] == [0.01, 0.02]
    rest = house.boss.get("/v1/plans", params={"limit": 2, "cursor": page["cursor"]}).json()
    assert ([each["id"] for each in rest["plans"]], rest["cursor"]) == ([ids[0]], None)


def test_bars_show_the_callers_jobs_by_start_page_by_page(house: House) -> None:
    late, early = (plan(house, house.boss, "far", after_minutes=m) for m in (120, 0))
    other = plan(house, house.tenant("other"), "far")
    first = ask(house, house.boss, "timeline", limit=1)
    assert [bar["job"] for bar in first["bars"]] == [early]
    assert first["bars"][0]["cpu_cores"] == 8
    second = ask(house, house.boss, "timeline", limit=1, cursor=first["cursor"])
    assert ([bar["job"] for bar in second["bars"]], second["cursor"]) == ([late], None)
    assert ask(house, house.boss, "timeline", hours=1)["bars"][0]["job"] == early
    assert ask(house, house.boss, "timeline", site="home")["bars"] == []
    everyone = ask(house, house.boss, "timeline", everyone="true")
    assert {bar["job"] for bar in everyone["bars"]} == {early, late, other}


@pytest.mark.parametrize("what", ["timeline", "flows", "links", "savings"])
def test_only_operators_see_the_jobs_of_all_tenants(house: House, what: str) -> None:
    customer = house.tenant("customer")
    refused = customer.get(f"/v1/plans/latest/{what}", params={"everyone": "true"})
    assert refused.status_code == 403
    operator = house.caller("customer", Scope.READ, Scope.OPERATE)
    assert operator.get(f"/v1/plans/latest/{what}", params={"everyone": "true"}).status_code == 200


def test_utilisation_adds_up_all_tenants(house: House) -> None:
    plan(house, house.boss, "home")
    plan(house, house.tenant("other"), "far", after_minutes=60)
    seen = ask(house, house.boss, "utilisation", hours=2)
    assert {each["site"]: each["used"] for each in seen["sites"]} == {"home": [0.8, 0.0], "far": [0.0, 0.08]}
    (one,) = ask(house, house.boss, "utilisation", hours=1, step_minutes=30, site="home")["sites"]
    assert one["resources"]["cpu_cores"] == [0.8, 0.8]


def test_the_market_follows_every_move_of_a_job(house: House) -> None:
    """It reads only what has changed since it was drawn, and must end where one that reads everything would."""
    gone, moved, late = (plan(house, house.boss, "home") for _ in range(3))
    seen = ask(house, house.boss, "timeline", site="home")
    assert {bar["job"] for bar in seen["bars"]} == {gone, moved, late}
    house.boss.post(f"/v1/jobs/{gone}/cancel")
    elsewhere = house.read(One(Job, moved))
    house.write(MoveJob(job=elsewhere.moved("planned", house.now, site="far")))
    new = plan(house, house.boss, "home")
    bars = ask(house, house.boss, "timeline")["bars"]
    assert {(bar["job"], bar["site"]) for bar in bars} == {(moved, "far"), (late, "home"), (new, "home")}
    service = house.service
    feed, hours = service.quotes.watch.feed, service.settings.quote_hours
    service.quotes.watch = MarketWatch(service.store, feed, hours=hours)
    assert sorted(ask(house, house.boss, "timeline")["bars"], key=str) == sorted(bars, key=str)


def test_shadow_prices_of_sites_and_links_are_shown_where_there_are_any(house: House) -> None:
    name = store_plan(
        house,
        prices=[
            {"site": "home", "slot": slot, "resource": "cpu_cores", "cny_per_unit_hour": 2.0}
            for slot in range(2)
        ]
        + [{"site": "town-far", "slot": 4, "resource": "gbps", "cny_per_unit_hour": 1.0}],
    )
    seen = ask(house, house.boss, "shadow-prices", hours=2)
    assert seen["plan"] == name
    assert seen["sites"] == [{"site": "home", "resources": {"cpu_cores": [1.0, 0.0]}}]
    assert seen["links"] == [{"link": "town-far", "cny_per_gbps_hour": [0.0, 0.25]}]


def test_flows_follow_work_from_city_to_site(house: House) -> None:
    plan(house, house.boss, "far", origin="town")
    plan(house, house.boss, "far", origin="town", after_minutes=60)
    plan(house, house.boss, "home")  # serves nobody in particular: no flow
    frames = ask(house, house.boss, "flows", hours=3)["frames"]
    assert [[flow["jobs"] for flow in frame["flows"]] for frame in frames] == [[1], [1], []]
    assert [frame["jobs"] for frame in frames] == [2, 1, 0]  # but it is at work
    assert frames[0]["it_kw"] == pytest.approx(2 * frames[1]["it_kw"])
    (flow,) = frames[0]["flows"]
    assert (flow["origin"], flow["site"], flow["cpu_cores"], flow["rtt_ms"]) == ("town", "far", 8.0, 20.0)


def test_a_job_that_spreads_is_at_each_of_its_sites(house: House) -> None:
    name = plan(house, house.boss, "home", origin="town", spread="two_sites", replicas=["home", "far"])
    bars = ask(house, house.boss, "timeline")["bars"]
    assert [(bar["job"], bar["site"]) for bar in bars] == [(name, "home"), (name, "far")]
    assert [bar["site"] for bar in ask(house, house.boss, "timeline", site="far")["bars"]] == ["far"]
    first = ask(house, house.boss, "timeline", limit=1)
    second = ask(house, house.boss, "timeline", limit=1, cursor=first["cursor"])
    assert [page["bars"][0]["site"] for page in (first, second)] == ["home", "far"]
    (frame,) = ask(house, house.boss, "flows", hours=1)["frames"]
    assert frame["jobs"] == 1
    assert sorted(flow["site"] for flow in frame["flows"]) == ["far", "home"]
    assert frame["it_kw"] == pytest.approx(sum(flow["it_kw"] for flow in frame["flows"]))


def test_what_still_runs_at_a_cordoned_site_fills_it_as_before(house: House) -> None:
    plan(house, house.boss, "home")
    before = ask(house, house.boss, "utilisation", hours=1)["sites"]
    house.write(Put(record=SiteState(site="home", updated_at=house.now, cordoned=True)))
    assert ask(house, house.boss, "utilisation", hours=1)["sites"] == before
    assert before[0]["used"] == [0.8]


def test_flows_may_be_the_largest_only(house: House) -> None:
    plan(house, house.boss, "far", origin="town")
    for _ in range(2):
        plan(house, house.boss, "home", origin="town")
    frames = ask(house, house.boss, "flows", hours=1, largest=1)["frames"]
    assert [(flow["site"], flow["jobs"]) for flow in frames[0]["flows"]] == [("home", 2)]
    assert frames[0]["jobs"] == 3
    assert frames[0]["it_kw"] > frames[0]["flows"][0]["it_kw"]
    assert house.boss.get("/v1/plans/latest/flows?largest=0").status_code == 422


def test_links_carry_what_moves_before_and_after_the_run(house: House) -> None:
    """4,500 GB at 10 Gbit/s take an hour."""
    plan(house, house.boss, "far", after_minutes=60, inputs=[{"at": "town", "size_gb": 4500}])
    (load,) = ask(house, house.boss, "links", hours=3)["links"]
    assert (load["link"], load["gbps"], load["capacity_gbps"]) == ("town-far", [10.0, 0.0, 0.0], 100.0)


def test_savings_compare_with_staying_near(house: House) -> None:
    plan(house, house.boss, "far", origin="town")
    plan(house, house.boss, "far")
    seen = ask(house, house.boss, "savings")
    assert (seen["jobs"], seen["unpriced"]) == (1, 1)
    assert seen["planned"]["total_cny"] == pytest.approx(3.5)
    assert seen["saving_cny"] == pytest.approx(seen["stay"]["total_cny"] - 3.5)
    assert seen["stay"]["energy_kwh"] > 0


def test_a_window_outside_the_horizon_is_refused_by_field(house: House) -> None:
    for params, field in (
        ({"start": "2020-01-01T00:00:00Z"}, "start"),
        ({"start": "2026-07-01T13:00:00"}, "start"),
        ({"step_minutes": 20}, "step_minutes"),
        ({"hours": 100}, "hours"),
    ):
        answer = house.boss.get("/v1/plans/latest/utilisation", params=params)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert house.boss.get("/v1/plans/latest/timeline", params={"site": "nowhere"}).status_code in {404, 422}
    assert house.boss.get("/v1/plans/latest/timeline", params={"cursor": "x"}).status_code == 422


def test_before_the_first_plan_everything_is_empty(house: House) -> None:
    assert house.boss.get("/v1/plans").json() == {"plans": [], "cursor": None}
    for what, part in (("timeline", "bars"), ("links", "links"), ("shadow-prices", "sites")):
        assert ask(house, house.boss, what)[part] == []
    assert ask(house, house.boss, "savings")["saving_cny"] == 0
    assert all(not frame["flows"] for frame in ask(house, house.boss, "flows")["frames"])
