"""Sites and links fail, runs outlast their estimates, forecasts are wrong; the books stay right."""

from __future__ import annotations

import numpy as np
import pytest

from scheduler import EnergyQuota, Interruptible, Spread
from simulations.engine import ForecastError, Outage, ReplayError, simulate
from simulations.engine.holding import Holding
from simulations.engine.sight import Sight
from tests.builders import START, at, job, link, site, world
from tests.simulations.replays import outage, replay, rows, run

KW = 0.0057  # of a core


def test_a_site_that_fails_loses_its_runs_and_they_run_again_elsewhere():
    two_sites = world(site("near"), site("far"), cny_per_kwh={"near": 1.0, "far": 2.0}, hours=6)
    outcome = run(two_sites, [job("work", minutes=120)], "cheapest", outages=(outage("site", "near", 1, 3),))
    found, runs = rows(outcome)["work"], outcome["runs"].to_pylist()
    assert [(each["start_slot"], each["end_slot"], each["lost"]) for each in runs] == [
        (0, 4, True),
        (4, 12, False),
    ]
    assert (found["site"], found["attempts"], found["end_minute"]) == ("far", 2, 180)
    assert outcome.summary.cost.energy_cny == pytest.approx(10 * KW * (1 * 1.0 + 2 * 2.0))
    assert outcome.summary.lost_runs == 1


def test_work_returns_to_a_site_that_is_repaired():
    one_site = world(site("only"), hours=6)
    found = rows(run(one_site, [job("work", minutes=60)], outages=(outage("site", "only", 0.5, 2),)))["work"]
    assert (found["attempts"], found["start_minute"]) == (2, 120)


def test_data_goes_around_a_link_that_is_cut():
    """Direct is nearer; once it is cut, what is on its way starts anew over the detour."""
    ring = world(
        site("hall"),
        cities=("town", "hamlet"),
        links=[
            link("town", "hall", rtt_ms=2, gbps=1.0, cny_per_gb=1.0),
            link("town", "hamlet", rtt_ms=4, gbps=1.0, cny_per_gb=2.0),
            link("hamlet", "hall", rtt_ms=4, gbps=1.0, cny_per_gb=3.0),
        ],
        hours=6,
    )
    far = job("fetch", inputs={"town": 450.0}, minutes=30)  # an hour at 1 Gbit/s
    outcome = run(ring, [far], "cheapest", outages=(outage("link", "town-hall", 0.5, 5),))
    moved = outcome["transfers"].to_pylist()
    assert [(each["start_slot"], each["end_slot"]) for each in moved] == [(0, 2), (2, 6)]
    assert [each["size_gb"] for each in moved] == pytest.approx([225.0, 450.0])
    assert outcome.summary.cost.network_cny == pytest.approx(225 * 1.0 + 450 * 5.0)
    assert rows(outcome)["fetch"]["start_minute"] == 90


def test_results_wait_for_a_way_out():
    cut = world(site("hall"), links=[link("hall", "town", gbps=1.0, cny_per_gb=1.0)], hours=6)
    wait = job("send", outputs={"town": 100.0}, minutes=60)
    outcome = run(cut, [wait], outages=(outage("link", "hall-town", 0.5, 3),))
    assert outcome["transfers"].to_pylist()[0]["start_slot"] == 12
    assert outcome.summary.stranded == 0


def test_a_limit_on_distance_is_watched_while_links_fail():
    roads = world(
        site("hall"),
        cities=("town", "hamlet"),
        links=[
            link("town", "hall", rtt_ms=2),
            link("town", "hamlet", rtt_ms=9),
            link("hamlet", "hall", rtt_ms=9),
        ],
        hours=6,
    )
    near = job("serve", origin="town", rtt_ms_max=5, minutes=120)
    outcome = run(roads, [near], outages=(outage("link", "town-hall", 1, 2),))
    assert rows(outcome)["serve"]["rtt_ms"] == pytest.approx(18)
    assert (outcome.summary.rtt_limits, outcome.summary.rtt_kept) == (1, 0)


def test_what_overruns_keeps_its_room_and_others_wait():
    tight = world(site("only", cpu_cores=10), hours=6)
    jobs = [job("long", minutes=60), job("next", minutes=60)]
    outcome = run(tight, jobs, runtime_ratios={"long": 1.6})
    found = rows(outcome)
    assert found["long"]["end_minute"] == pytest.approx(96)
    assert found["next"]["start_minute"] == 105  # the slot that "long" ends in is still held
    assert found["next"]["delays"] >= 1


def test_what_ends_early_makes_room():
    tight = world(site("only", cpu_cores=10), hours=6)
    jobs = [job("short", minutes=120), job("next", minutes=60, release=at(0.5))]
    found = rows(run(tight, jobs, runtime_ratios={"short": 0.25}))
    assert found["next"]["start_minute"] == 30


def test_an_overrun_into_a_warm_hour_is_stopped_before_the_fuse_blows():
    """Two halls' worth of power fits while it is cool; one run outlasts its estimate into the heat."""
    hot = world(site("only", power_limit_kw=20 * KW), pue={"only": [1.0, 2.0, 2.0, 1.0, 1.0, 1.0]}, hours=6)
    jobs = [job("cool", minutes=60), job("both", minutes=60)]
    outcome = run(hot, jobs, runtime_ratios={"cool": 2.0, "both": 2.0})
    assert outcome.summary.lost_runs == 1
    assert outcome.summary.completed == 2


def test_wrong_forecasts_cost_money_and_never_change_what_is_paid():
    hours = 24
    price = np.random.default_rng(3).uniform(0.5, 1.5, hours).tolist()
    place = world(site("only", cpu_cores=40), cny_per_kwh={"only": price}, hours=hours)
    jobs = [job(f"job-{number}", minutes=60, release=at(number / 4)) for number in range(20)]
    sure = run(place, jobs, "cheapest")
    wrong = run(place, jobs, "cheapest", forecast=ForecastError(price=0.4), seed=5)
    assert wrong.summary.cost.energy_cny > sure.summary.cost.energy_cny
    for outcome in (sure, wrong):
        paid = sum(
            each["it_kw"] * place.prices.power_cny_per_kwh[0, each["start_slot"] : each["end_slot"]].sum() / 4
            for each in outcome["runs"].to_pylist()
        )
        assert outcome.summary.cost.energy_cny == pytest.approx(paid)


def test_the_planner_sees_forecasts_and_only_the_present_as_it_is():
    place = world(site("one"), site("two"), g_per_kwh={"one": 500.0, "two": 300.0}, hours=8)
    told = replay(place, [], forecast=ForecastError(price=0.2, carbon=0.2), window_hours=4.0)
    holding = nothing_held()
    sight = Sight(told, np.ones((2, 3, 32)))
    seen = sight.world(8, place.network, holding, [])
    for of in ("power_cny_per_kwh", "carbon_g_per_kwh"):
        actual, foreseen = getattr(place.prices, of)[:, 8:24], getattr(seen.prices, of)
        assert foreseen.shape == actual.shape
        assert (foreseen[:, 0] == actual[:, 0]).all()
        assert (foreseen[:, 1:] != actual[:, 1:]).all()
        assert not np.shares_memory(foreseen, getattr(place.prices, of))
    again = sight.world(9, place.network, holding, [])
    assert (again.prices.power_cny_per_kwh[:, 1:15] == seen.prices.power_cny_per_kwh[:, 2:]).all()


def nothing_held() -> Holding:
    return Holding(whole=np.ones((2, 3, 32)), links=np.ones(2), tenants=())


def test_run_times_differ_by_seed_and_keep_their_mean():
    wide = world(site("only", cpu_cores=100_000), hours=48)
    jobs = [job(f"job-{number}", minutes=100) for number in range(400)]
    one, two = (run(wide, jobs, forecast=ForecastError(runtime=0.3), seed=seed) for seed in (1, 2))
    assert one.column("jobs", "minutes").tolist() != two.column("jobs", "minutes").tolist()
    assert one.column("jobs", "minutes").mean() == pytest.approx(100, rel=0.05)
    assert one.column("jobs", "minutes").std() == pytest.approx(30, rel=0.2)


def test_pauses_replicas_and_quotas_are_kept():
    rules = world(
        site("a", latitude_deg=30.0),
        site("b", latitude_deg=31.0),
        cny_per_kwh={"a": [1.0, 9.0, 1.0, 9.0, 1.0, 9.0], "b": [2.0] * 6},
        hours=6,
        quotas={"lab": {"cpu_cores": 20}},
        energy_quotas=(EnergyQuota(site="b", start=START, end=at(6), kwh=1.0),),
    )
    jobs = [
        job(
            "pauses",
            minutes=120,
            interruptible=Interruptible(min_run_minutes=60, restart_minutes=10),
            tenant="lab",
        ),
        job("twice", minutes=60, spread=Spread.TWO_SITES, tenant="lab"),
        job("third", minutes=60, tenant="lab"),
    ]
    for policy in ("cheapest", "optimal"):
        outcome = run(rules, jobs, policy)
        assert outcome.summary.completed == 3
        assert rows(outcome)["twice"]["replicas"] == 2
    assert len(outcome["runs"]) >= 4
    pauses = outcome["runs"].to_pandas().query("job == 0")
    assert len(pauses) == 2
    assert rows(outcome)["pauses"]["it_kwh"] > pauses["it_kwh"].sum()


def test_the_sun_is_taken_off():
    sunny = world(site("only", pv_kw_peak=50.0, base_kw=0.0), hours=24, pv=True)
    outcome = run(sunny, [job("work", cores=1000, minutes=60 * 20)])
    assert 0 < outcome.summary.pv_cny < outcome.summary.cost.energy_cny


@pytest.mark.parametrize(("kind", "name"), [("site", "nowhere"), ("link", "only"), ("road", "only")])
def test_an_outage_of_what_does_not_exist_is_refused(kind, name):
    with pytest.raises(ReplayError, match=name if kind != "road" else "road"):
        replay(world(site("only")), [], outages=(outage(kind, name, 0, 1),))


def test_an_outage_has_an_end():
    with pytest.raises(ReplayError, match="in order"):
        Outage(kind="site", id="only", start=at(1), end=at(1))


def test_random_trouble_leaves_the_books_in_order():
    """A week of everything at once: every law must hold, whatever happens."""
    rng = np.random.default_rng(11)
    names = ("a", "b", "c")
    trouble = world(
        *(site(name, cpu_cores=60, accelerators={"a100-sxm4-80gb": 4}, power_limit_kw=0.5) for name in names),
        cities=("town", "hamlet"),
        links=[
            *(link("town", name, gbps=2.0, cny_per_gb=0.1) for name in names),
            *(link("hamlet", name, gbps=1.0, rtt_ms=4, cny_per_gb=0.2) for name in names),
        ],
        cny_per_kwh={name: rng.uniform(0.2, 2.0, 48).tolist() for name in names},
        pue={name: rng.uniform(1.0, 1.6, 48).tolist() for name in names},
        hours=48,
    )
    jobs = []
    for number in range(150):
        release = float(rng.uniform(0, 36))
        data = {"town": float(rng.uniform(5, 200))} if rng.random() < 0.5 else {}
        jobs.append(
            job(
                f"job-{number}",
                cores=float(rng.integers(1, 30)),
                minutes=float(rng.uniform(5, 300)),
                release=at(release),
                deadline=at(release + float(rng.uniform(6, 12))),
                origin="town",
                rtt_ms_max=3.0 if rng.random() < 0.3 else None,
                inputs=data,
                outputs={"hamlet": 20.0} if rng.random() < 0.5 else {},
                interruptible=Interruptible(min_run_minutes=30) if rng.random() < 0.2 else None,
                tenant="lab" if rng.random() < 0.5 else None,
            )
        )
    cuts = [
        outage("link", f"town-{name}", hour, hour + 2) for hour, name in zip((5, 9, 20), names, strict=True)
    ]
    more = {
        "outages": (*cuts, outage("site", "a", 8, 12), outage("site", "b", 11, 13)),
        "forecast": ForecastError(price=0.3, carbon=0.3, load=0.5, runtime=0.4),
        "headroom": 0.1,
    }
    for policy in ("cheapest", "earliest-finish"):
        outcome = simulate(replay(trouble, jobs, policy, **more))
        assert outcome.faults == ()
        assert outcome.summary.lost_runs > 0
        assert outcome.summary.delays > 0
