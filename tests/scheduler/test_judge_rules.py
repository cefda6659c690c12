"""The plan of test_judge with one rule broken at a time: each is caught."""

from __future__ import annotations

import math

import pytest

from scheduler.judge import UnreadableError, Verdict
from tests.scheduler.test_judge import BreakJobs, BreakPlan, Document, at, kinds, try_case

BROKEN_JOBS: dict[str, tuple[str, BreakJobs]] = {
    "one more job": ("UNANSWERED", lambda j: j.append({**j[4], "name": "forgotten"})),
    "one job less": ("UNKNOWN_JOB", lambda j: j.pop(2)),
    "two of one name": ("DUPLICATE_JOB", lambda j: j.append(j[4])),
    "release after the transfer": ("TRANSFER_TOO_EARLY", lambda j: j[0].update(release=at(1))),
    "release after the start": ("TOO_EARLY", lambda j: j[0].update(release=at(1, 30))),
    "deadline a minute earlier": ("TOO_LATE", lambda j: j[0].update(deadline=at(2, 14))),
    "longer runtime": ("WRONG_LENGTH", lambda j: j[1]["variants"][1].update(runtime_minutes=91)),
    "nearer": ("TOO_FAR", lambda j: j[0].update(rtt_ms_max=15.8)),
    "another province": ("NOT_RESIDENT", lambda j: j[0]["residency"].update(provinces=["guizhou"])),
    "another hub": ("NOT_RESIDENT", lambda j: j[0].update(residency={"hubs": ["guizhou"]})),
    "another tag": ("MISSING_TAG", lambda j: j[1]["residency"]["tags"].append("finance")),
    "smaller budget": ("OVER_BUDGET", lambda j: j[0].update(budget_cny=81.0)),
    "smaller carbon limit": ("OVER_CARBON", lambda j: j[1].update(carbon_kg_max=0.1)),
    "larger dataset": ("WRONG_COST", lambda j: j[0]["inputs"][0].update(size_gb=901)),
    "dataset too large to arrive": (
        "TRANSFER_TOO_EARLY",
        lambda j: j[0]["inputs"][0].update(size_gb=2300),
    ),
    "more tasks": ("WRONG_COST", lambda j: j[2].update(tasks=2)),
    "no leave to pause": ("NOT_INTERRUPTIBLE", lambda j: j[2].pop("interruptible")),
    "longer shortest run": ("RUN_TOO_SHORT", lambda j: j[2]["interruptible"].update(min_run_minutes=45)),
    "minutes lost at each resume": ("WRONG_COST", lambda j: j[2]["interruptible"].update(restart_minutes=5)),
    "a checkpoint moved at each resume": (
        "WRONG_COST",
        lambda j: j[2]["interruptible"].update(checkpoint_gb=1),
    ),
    "no spread": ("WRONG_SPREAD", lambda j: j[3].pop("spread")),
    "three centres": ("WRONG_SPREAD", lambda j: j[3].update(spread="two_cities_three_centers")),
    "worth more": ("WRONG_TOTAL", lambda j: j[4].update(value_cny=51)),
    "worth its rate card": ("WRONG_OBJECTIVE", lambda j: j[4].pop("value_cny")),
    "accelerator of another world": (
        "NO_ACCELERATOR",
        lambda j: j[1]["variants"][1].update(accelerator="tpu"),
    ),
}

BROKEN_PLANS: dict[str, tuple[str, BreakPlan]] = {
    "answered twice": (
        "ANSWERED_TWICE",
        lambda p: p["rejections"].append({"job": "train", "reasons": {"X": 1}}),
    ),
    "placed twice": ("ANSWERED_TWICE", lambda p: p["placements"].append(p["placements"][1])),
    "not answered": ("UNANSWERED", lambda p: p["rejections"].clear()),
    "no reasons": ("NO_REASON", lambda p: p["rejections"][0].update(reasons={})),
    "a site without a reason": ("NO_REASON", lambda p: p["rejections"][0].update(reasons={"TOO_LARGE": 1})),
    "reason of no site": ("NO_REASON", lambda p: p["rejections"][0].update(reasons={"TOO_LARGE": 0})),
    "site of no catalogue": ("UNKNOWN_SITE", lambda p: p["placements"][0].update(site="atlantis")),
    "a city is no site": ("UNKNOWN_SITE", lambda p: p["placements"][0].update(site="shanghai")),
    "variant past the last": ("UNKNOWN_VARIANT", lambda p: p["placements"][0].update(variant=1)),
    "variant below the first": ("UNKNOWN_VARIANT", lambda p: p["placements"][0].update(variant=-1)),
    "other variant": ("WRONG_LENGTH", lambda p: p["placements"][1].update(variant=0)),
    "off the slots": ("OFF_SLOT", lambda p: move(p, 1, (at(0, 10), at(1, 40)))),
    "before the horizon": ("OUTSIDE_HORIZON", lambda p: p["horizon"].update(start=at(0, 30), slots=15)),
    "beyond the horizon": ("OUTSIDE_HORIZON", lambda p: move(p, 1, (at(7), at(8, 30)))),
    "cut short": ("WRONG_LENGTH", lambda p: move(p, 0, (at(1), at(2)))),
    "end of nobody": ("WRONG_LENGTH", lambda p: p["placements"][0].update(end=at(2, 16))),
    "runs on top of each other": (
        "RUNS_OVERLAP",
        lambda p: move(p, 2, (at(2), at(2, 45)), (at(2), at(2, 30))),
    ),
    "replicas at one site": (
        "WRONG_SPREAD",
        lambda p: p["placements"][3].update(replicas=["west", "west"]),
    ),
    "one replica": ("WRONG_SPREAD", lambda p: p["placements"][3].pop("replicas")),
    "cheaper energy": ("WRONG_COST", lambda p: scale(p["placements"][0]["cost"], "energy_cny", 1 - 1e-5)),
    "cheaper carbon": ("WRONG_COST", lambda p: scale(p["placements"][0]["cost"], "carbon_cny", 0.9)),
    "cheaper network": ("WRONG_COST", lambda p: p["placements"][0]["cost"].update(network_cny=0.0)),
    "less carbon": ("WRONG_COST", lambda p: scale(p["placements"][0], "carbon_kg", 0.9)),
    "less energy": ("WRONG_COST", lambda p: scale(p["placements"][0], "energy_kwh", 0.9)),
    "total energy": ("WRONG_TOTAL", lambda p: scale(p["cost"], "energy_cny", 1.01)),
    "total carbon": ("WRONG_TOTAL", lambda p: scale(p, "carbon_kg", 1.01)),
    "total value": ("WRONG_TOTAL", lambda p: p["cost"].update(rejected_value_cny=0.0)),
    "objective": ("WRONG_OBJECTIVE", lambda p: scale(p, "objective_cny", 0.99)),
    "weights": ("WRONG_OBJECTIVE", lambda p: p.update(weights={"energy": 2.0})),
    "bound above": (
        "BOUND_ABOVE_OBJECTIVE",
        lambda p: p.update(lower_bound_cny=p["objective_cny"] * 1.001),
    ),
    "gap": ("WRONG_GAP", lambda p: p.update(gap=0.01)),
    "no bound": ("NO_BOUND", lambda p: p.update(lower_bound_cny=None)),
    "status": ("WRONG_STATUS", lambda p: p.update(status="perfect")),
    "price of nowhere": ("WRONG_SHADOW_PRICE", lambda p: p["shadow_prices"][0].update(site="atlantis")),
    "price below 0": ("WRONG_SHADOW_PRICE", lambda p: p["shadow_prices"][0].update(cny_per_unit_hour=-1)),
}


def move(answered: Document, number: int, *runs: tuple[str, str]) -> None:
    answered["placements"][number].update(start=runs[0][0], end=runs[-1][1], runs=list(runs))


def scale(document: Document, name: str, factor: float) -> None:
    document[name] *= factor


@pytest.mark.parametrize(("kind", "change"), BROKEN_JOBS.values(), ids=BROKEN_JOBS)
def test_a_plan_of_other_jobs_is_caught(kind: str, change: BreakJobs) -> None:
    check(kind, try_case(break_jobs=change))


@pytest.mark.parametrize(("kind", "change"), BROKEN_PLANS.values(), ids=BROKEN_PLANS)
def test_a_changed_plan_is_caught(kind: str, change: BreakPlan) -> None:
    check(kind, try_case(break_plan=change))


def check(kind: str, verdict: Verdict) -> None:
    assert kind in kinds(verdict)
    assert all(str(fault).count("\n") == 0 for fault in verdict.faults)


UNREADABLE_PLANS: dict[str, BreakPlan] = {
    "no placements": lambda p: p.pop("placements"),
    "no horizon": lambda p: p.pop("horizon"),
    "no zone": lambda p: p["placements"][0].update(start="2026-07-01T01:00:00"),
    "no instant": lambda p: p["placements"][0].update(start="yesterday"),
    "no number": lambda p: p["cost"].update(energy_cny=math.nan),
    "no cost": lambda p: p["placements"][0].pop("cost"),
    "no pair": lambda p: p["placements"][0].update(runs=[[at(1)]]),
    "no slots": lambda p: p["horizon"].update(slots=0),
}

UNREADABLE_JOBS: dict[str, BreakJobs] = {
    "no variants": lambda j: j[0].pop("variants"),
    "no runtime": lambda j: j[0]["variants"][0].update(runtime_minutes=0),
}


@pytest.mark.parametrize("change", UNREADABLE_PLANS.values(), ids=UNREADABLE_PLANS)
def test_what_is_no_plan_is_not_judged(change: BreakPlan) -> None:
    with pytest.raises(UnreadableError, match=r"^plan"):
        try_case(break_plan=change)


@pytest.mark.parametrize("change", UNREADABLE_JOBS.values(), ids=UNREADABLE_JOBS)
def test_what_is_no_job_is_not_judged(change: BreakJobs) -> None:
    with pytest.raises(UnreadableError, match=r"^jobs\[0\]"):
        try_case(break_jobs=change)
