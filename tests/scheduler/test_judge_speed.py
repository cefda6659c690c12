"""The judge of a large plan answers in seconds."""

from __future__ import annotations

import time

from scheduler.judge import judge
from tests.scheduler.test_judge import at, balance, jobs, plan, price_book, world

MANY = 10_000


def test_ten_thousand_jobs_are_judged_in_ten_seconds() -> None:
    """Every fault of an overfull site is found on the way; the time of the processor is what matters here."""
    asked = [{**jobs()[0], "name": f"train-{number}"} for number in range(MANY)]
    placed = plan()["placements"][0]
    runs = [(at(1), at(2, 15))]
    placements = [{**placed, "job": job["name"], "runs": runs} for job in asked]
    answered = balance({"placements": placements, "rejections": [], "rejected_value_cny": 0.0})
    began = time.process_time()
    verdict = judge(asked, answered, world(), prices=price_book())
    assert time.process_time() - began < 10
    assert {fault.kind for fault in verdict.faults} == {"OVER_CAPACITY", "OVER_POWER", "OVER_LINK"}
