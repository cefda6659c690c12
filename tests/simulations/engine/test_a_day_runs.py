"""A simulated day: jobs arrive, wait, run and end, and cost what their slots cost."""

from __future__ import annotations

import pytest

from scheduler import schedule
from simulations.engine import ReplayError, simulate, span_of
from tests.builders import START, at, job, site, world
from tests.simulations.replays import replay, rows, run

KW = 0.0057  # of a core


def test_two_jobs_that_fill_a_site_run_one_after_the_other():
    one_site = world(site("only", cpu_cores=10, base_kw=2.0), cny_per_kwh={"only": [1.0, 2.0, 3.0, 4.0]})
    jobs = [job("one", cores=10, minutes=60), job("two", cores=10, minutes=50)]
    outcome = run(one_site, jobs)
    found, summary = rows(outcome), outcome.summary
    assert [found[name]["start_minute"] for name in ("one", "two")] == [0, 60]
    assert [found[name]["end_minute"] for name in ("one", "two")] == [60, 110]
    assert summary.wait_minutes_mean == 30
    assert summary.cost.energy_cny == pytest.approx(10 * KW * (1.0 + 2.0 * 50 / 60))
    assert summary.floor_energy_cny == pytest.approx(2.0 * (1 + 2 + 3 + 4))
    assert summary.pue == pytest.approx(1 + 2.0 * 4 / (10 * KW * 110 / 60))
    assert (summary.jobs, summary.completed, summary.rejected) == (2, 2, 0)


def test_a_job_is_not_known_before_its_release():
    early_riser = world(site("only", cpu_cores=10))
    jobs = [
        job("late", cores=10, minutes=60, release=at(0.6), deadline=at(2)),
        job("long", cores=10, minutes=120),
    ]
    found = rows(run(early_riser, jobs))
    assert found["long"]["start_minute"] == 0  # a planner that knew of "late" could have kept its hour free
    assert found["late"]["state"] == "rejected"
    assert found["late"]["reason"] == "NO_ROOM_IN_TIME"


def test_notice_tells_of_jobs_before_their_release():
    announced = world(site("only", cpu_cores=10))
    jobs = [job("later", cores=10, minutes=60, release=at(1))]
    quiet, told = (run(announced, jobs, notice_minutes=notice) for notice in (0, 60))
    assert quiet.column("cycles", "slot").tolist() == [4]
    assert told.column("cycles", "slot").tolist() == [0]
    assert rows(told)["later"]["start_minute"] == 60


def test_work_waits_for_the_cheap_hour():
    cheap_later = world(site("only"), cny_per_kwh={"only": [3.0, 2.0, 1.0, 2.0]})
    for policy in ("cheapest", "optimal"):
        assert rows(run(cheap_later, [job("patient", minutes=60)], policy))["patient"]["start_minute"] == 120


def test_one_cycle_costs_what_its_plan_says():
    """Everything is known at the start: the simulated day is the plan, to the last cent."""
    places = world(
        site("east"),
        site("west", cpu_cores=40),
        cny_per_kwh={"east": [1.0, 0.9, 1.1, 1.0], "west": [0.3, 0.5, 0.4, 0.3]},
        g_per_kwh={"east": 600.0, "west": 300.0},
        pue={"east": 1.3, "west": 1.1},
        carbon_cny_per_t=80.0,
    )
    jobs = [
        job(f"job-{number}", cores=10, minutes=35 + 7 * number, outputs={"town": 3.0}) for number in range(8)
    ]
    for policy in ("cheapest", "greenest", "optimal"):
        told = replay(places, jobs, policy)
        plan = schedule(jobs, places, policy=told.policy, passes=told.passes, rounds=told.rounds)
        cost = simulate(told).summary.cost
        assert cost.energy_cny == pytest.approx(plan.cost.energy_cny)
        assert cost.carbon_cny == pytest.approx(plan.cost.carbon_cny)
        assert cost.network_cny == pytest.approx(plan.cost.network_cny)


def test_promised_work_may_move_until_it_begins():
    """The dear job comes later and takes the cheap hour; the first one had only been promised it."""
    one_cheap_hour = world(site("only", cpu_cores=10), cny_per_kwh={"only": [5.0, 5.0, 0.1, 5.0]})
    small = job("small", cores=4, minutes=60, value_cny=1000)
    large = job("large", cores=10, minutes=60, release=at(1), value_cny=1000)
    still, moved = (run(one_cheap_hour, [small, large], "optimal", replan_minutes=often) for often in (0, 60))
    assert rows(still)["small"]["start_minute"] == 120
    assert rows(moved)["large"]["start_minute"] == 120
    assert moved.column("cycles", "moved").sum() == 1
    assert moved.summary.cost.energy_cny < still.summary.cost.energy_cny


def test_room_left_for_the_unknown_is_not_planned_ahead():
    wide = world(site("only", cpu_cores=10))
    jobs = [job("first", cores=6, minutes=15), job("second", cores=6, minutes=60)]
    packed, spared = (rows(run(wide, jobs, headroom=share))["second"] for share in (0.0, 0.5))
    assert packed["start_minute"] == 15
    assert spared["start_minute"] is None  # half of ten cores are kept free in every slot but the first
    assert spared["state"] == "waiting"


def test_what_has_no_time_left_at_the_end_is_still_answered():
    short = world(site("only", cpu_cores=10), hours=2)
    outcome = run(short, [job("runs-on", cores=10, minutes=110), job("waits", cores=10, minutes=30)])
    assert {row["name"]: row["state"] for row in outcome["jobs"].to_pylist()} == {
        "runs-on": "completed",
        "waits": "waiting",
    }


def test_a_span_is_arrivals_and_hours_to_drain():
    assert span_of(START, 24, drain_hours=6, slot_minutes=60).slots == 30


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cadence_minutes", 7),
        ("replan_minutes", 50),
        ("window_hours", 0.0),
        ("headroom", 1.5),
        ("on_bad", "ignore"),
        ("runtime_ratios", {"one": 0.0}),
    ],
)
def test_a_replay_that_contradicts_itself_is_refused(field, value):
    with pytest.raises(ReplayError, match=field.split("_", maxsplit=1)[0]):
        replay(
            world(site("only")),
            [],
            **{field: value, **({"cadence_minutes": 30} if field == "replan_minutes" else {})},
        )
