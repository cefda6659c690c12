"""The planner's process: it answers as schedule() does, blocks nobody, and may die."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import replace

import pytest

from api.feeds import Closures, arrange
from api.loop import InlinePlanner, PlannerCrashed, PlannerFailed, PlanRequest, ProcessPlanner
from scheduler import Policy
from tests.api.loop.stage import FlatFeed
from tests.builders import START, catalogue, job, site
from topology import Horizon


async def request(*names: str, **fields: object) -> PlanRequest:
    places = catalogue(site("west"), site("east"))
    feed = FlatFeed(places, {"west": 0.5})
    values = {
        "jobs": tuple(job(name) for name in names),
        "places": arrange(places, Closures()),
        "prices": await feed.prices(Horizon(start=START, slots=16)),
        "reserved": (),
        "policy": Policy(),
        "time_limit_s": 5.0,
        "gap": 1e-4,
    }
    return PlanRequest(**(values | fields))  # type: ignore[arg-type]


def test_the_process_answers_blocks_nobody_and_may_die() -> None:
    """One story, since a process takes seconds to begin."""

    async def act() -> None:
        planner = ProcessPlanner(patience_s=30.0)
        try:
            question = await request("a", "b")
            answer, slowest_ms = await watched(planner.plan(question))
            assert slowest_ms < 500, "the event loop was blocked"
            here = await InlinePlanner().plan(question)
            assert answer.plan.placements == here.plan.placements
            assert answer.placements == here.placements
            await tells_of_a_refusal(planner)
            await survives_a_death(planner, question)
        finally:
            await planner.close()

    asyncio.run(act())


async def tells_of_a_refusal(planner: ProcessPlanner) -> None:
    with pytest.raises(PlannerFailed, match="'twin': is taken by an earlier job"):
        await planner.plan(await request("twin", "twin"))


async def survives_a_death(planner: ProcessPlanner, question: PlanRequest) -> None:
    child = planner._child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    asking = asyncio.create_task(planner.plan(question))
    await asyncio.sleep(0.2)
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(PlannerCrashed, match="ended with code -9; the next plan gets a new one"):
        await asking
    assert len((await planner.plan(question)).plan.placements) == 2


def test_a_process_that_hangs_is_ended() -> None:
    async def act() -> None:
        planner = ProcessPlanner(patience_s=0.01)
        with pytest.raises(PlannerCrashed, match="gave no answer in time"):
            await planner.plan(replace(await request("a"), time_limit_s=0.01))
        assert planner._child is None
        await planner.close()

    asyncio.run(act())


async def watched(work):  # type: ignore[no-untyped-def]
    """The answer, and the longest the event loop was held up [ms]."""
    task = asyncio.ensure_future(work)
    slowest_s = 0.0
    while not task.done():
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        slowest_s = max(slowest_s, time.perf_counter() - before - 0.005)
    return await task, slowest_s * 1000
