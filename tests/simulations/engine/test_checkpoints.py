"""A job that paused and lost its site goes on from the checkpoint with which its last run ended."""

from __future__ import annotations

import pytest

from scheduler import Interruptible, Variant
from tests.builders import at, job, site, world
from tests.simulations.replays import outage, rows, run

CHEAP_AND_DEAR = [1.0, 9.0, 1.0, 9.0, 9.0, 9.0]
PAUSES = Interruptible(min_run_minutes=60, restart_minutes=6)


def spans(outcome):
    return [
        (each["site"], each["start_slot"], each["end_slot"], each["lost"])
        for each in outcome["runs"].to_pylist()
    ]


def test_the_rest_runs_elsewhere_and_the_whole_is_billed_once():
    """An hour is done, the second is lost at half time: one hour is left for the dearer site."""
    two = world(site("a"), site("b"), cny_per_kwh={"a": CHEAP_AND_DEAR, "b": [4.0] * 6}, hours=6)
    pauses = job("pauses", minutes=120, interruptible=PAUSES, tenant="lab")
    outcome = run(two, [pauses], "cheapest", outages=(outage("site", "a", 2.5, 6),))
    assert spans(outcome) == [(0, 0, 4, False), (0, 8, 10, True), (1, 10, 14, False)]
    found = rows(outcome)["pauses"]
    assert (found["state"], found["attempts"], found["minutes"]) == ("completed", 2, 120)
    assert (found["start_minute"], found["end_minute"], found["site"]) == (0, 210, "b")
    undisturbed = rows(run(two, [pauses], "cheapest"))["pauses"]
    assert found["bill_cny"] == undisturbed["bill_cny"]
    repeated = outcome["runs"].to_pandas()["it_kwh"].sum()
    assert found["it_kwh"] == pytest.approx(repeated + undisturbed["it_kwh"] * 6 / 126)  # one resume


def test_a_site_lost_in_the_pause_costs_no_run():
    two = world(site("a"), site("b"), cny_per_kwh={"a": CHEAP_AND_DEAR, "b": [4.0] * 6}, hours=6)
    outcome = run(
        two,
        [job("pauses", minutes=120, interruptible=PAUSES)],
        "cheapest",
        outages=(outage("site", "a", 1.5, 6),),
    )
    assert spans(outcome) == [(0, 0, 4, False), (1, 6, 10, False)]
    assert outcome.summary.lost_runs == 0


def test_each_attempt_is_billed_on_the_machines_it_had():
    machines = (
        Variant(accelerator="a100-sxm4-80gb", count=1, runtime_minutes=120),
        Variant(accelerator="h800-sxm", count=1, runtime_minutes=240),
    )
    two = world(
        site("a", accelerators={"a100-sxm4-80gb": 1}),
        site("b", accelerators={"h800-sxm": 1}),
        cny_per_kwh={"a": CHEAP_AND_DEAR, "b": [4.0] * 6},
        hours=6,
    )
    pauses = job("pauses", variants=machines, interruptible=PAUSES)
    outcome = run(two, [pauses], "cheapest", outages=(outage("site", "a", 1.5, 6),))
    found = rows(outcome)["pauses"]
    assert (found["state"], found["minutes"]) == ("completed", 60 + 120)
    alone = {
        variant.accelerator: rows(run(two, [job("whole", variants=(variant,))], "cheapest"))["whole"][
            "bill_cny"
        ]
        for variant in machines
    }
    assert found["bill_cny"] == pytest.approx(sum(alone.values()) / 2, abs=0.02)


def test_what_comes_too_late_after_all_has_run_in_vain():
    one = world(site("a"), cny_per_kwh={"a": CHEAP_AND_DEAR}, hours=6)
    pauses = job("pauses", minutes=120, interruptible=PAUSES, deadline=at(4))
    outcome = run(one, [pauses], "cheapest", outages=(outage("site", "a", 2.5, 6),))
    assert spans(outcome) == [(0, 0, 4, True), (0, 8, 10, True)]
    found = rows(outcome)["pauses"]
    assert (found["state"], found["minutes"], found["bill_cny"]) == ("rejected", 0, 0)


def test_what_still_waits_keeps_its_checkpoint():
    one = world(site("a"), cny_per_kwh={"a": CHEAP_AND_DEAR}, hours=6)
    pauses = job("pauses", minutes=120, interruptible=PAUSES)
    outcome = run(one, [pauses], "cheapest", outages=(outage("site", "a", 1.5, 6),))
    assert spans(outcome) == [(0, 0, 4, False)]
    found = rows(outcome)["pauses"]
    assert found["minutes"] == 60
    assert found["state"] in {"waiting", "rejected"}
