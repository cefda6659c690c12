"""What is kept and what is let go when jobs have ended: budgets, plans, files."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from api.dispatch import Launch, LocalBackend
from api.store import Committed, Many, MoveJob, Plan
from tests.api.loop.moody import LOST, MoodyBackend
from tests.api.loop.stage import NOON, SETTINGS, Stage, story

MONTH = "2026-07"


async def estimate(stage: Stage, job_id: str, cny: str, *, quote: str = "") -> None:
    """Put down what a job was expected to cost."""
    job = await stage.job(job_id)
    priced = replace(job, version=job.version + 1, cost_cny=Decimal(cny), quote=quote)
    await stage.store.write(MoveJob(job=priced))


async def committed(stage: Stage) -> Decimal:
    return (await stage.store.read(Committed(tenant="default", period=MONTH))).committed_cny


@story()
async def test_at_its_end_a_job_frees_the_part_of_the_budget_it_did_not_need(stage: Stage) -> None:
    job_id = await stage.submit(minutes=60)
    await estimate(stage, job_id, "1000.00")
    await stage.tick()
    assert await committed(stage) == Decimal("1000.00")
    await stage.run(70)
    job = await stage.job(job_id)
    assert job.state == "succeeded"
    assert Decimal("0.01") < job.cost_cny < Decimal("20")
    assert await committed(stage) == job.cost_cny


@story()
async def test_a_quoted_job_is_settled_at_its_quote_at_most(stage: Stage) -> None:
    job_id = await stage.submit(minutes=60)
    await estimate(stage, job_id, "0.02", quote="quo_1")
    await stage.run(75)
    assert (await stage.job(job_id)).cost_cny == Decimal("0.02")


@story()
async def test_a_cancelled_job_pays_for_what_it_used(stage: Stage) -> None:
    job_id = await stage.submit(minutes=600)
    await estimate(stage, job_id, "1000.00")
    await stage.run(60)
    await stage.ask_to_cancel(job_id)
    await stage.run(5)
    job = await stage.job(job_id)
    assert job.state == "cancelled"
    assert Decimal(0) < job.cost_cny < Decimal("20")


@story()
async def test_a_job_cancelled_while_it_waits_to_be_tried_again_pays_for_what_it_used(stage: Stage) -> None:
    backend = MoodyBackend(stage.clock)
    stage.backend = backend
    await stage.restart()
    job_id = await stage.submit(minutes=600)
    await estimate(stage, job_id, "5000.00")
    await stage.run(10)
    backend.says[job_id, 1] = LOST
    await stage.tick()
    assert (await stage.job(job_id)).state in {"queued", "planned"}
    await stage.ask_to_cancel(job_id)
    job = await stage.job(job_id)
    assert job.state == "cancelled"
    assert Decimal(0) < job.cost_cny < Decimal("20")
    assert await committed(stage) == job.cost_cny


async def seen_running_for_ten_minutes(stage: Stage) -> tuple[MoodyBackend, str]:
    """A job of ten hours that a moody backend runs, looked at for ten minutes."""
    backend = MoodyBackend(stage.clock)
    stage.backend = backend
    await stage.restart()
    job_id = await stage.submit(minutes=600)
    await stage.tick()
    await stage.run(10)
    return backend, job_id


@story()
async def test_work_whose_loss_is_seen_late_is_paid_until_it_was_last_seen(stage: Stage) -> None:
    backend, job_id = await seen_running_for_ten_minutes(stage)
    backend.silent = True
    await stage.tick(after_minutes=40 * 60)
    backend.silent, backend.says[job_id, 1] = False, LOST
    await stage.tick(after_minutes=1)
    (attempt, *_) = await stage.attempts(job_id)
    assert attempt.state == "lost"
    (used,) = await stage.usage(job_id)
    assert used.ended_at - used.started_at == timedelta(minutes=10)


@story(replace(SETTINGS, meter_minutes=5.0))
async def test_a_new_leader_that_sees_a_loss_late_counts_what_was_metered(stage: Stage) -> None:
    backend, job_id = await seen_running_for_ten_minutes(stage)
    backend.says[job_id, 1] = LOST
    stage.now += timedelta(hours=40)
    await stage.restart()
    await stage.tick()
    assert (await stage.attempts(job_id))[0].state == "lost"
    hours = [used.ended_at - used.started_at for used in await stage.usage(job_id)]
    assert hours == [timedelta(minutes=5)] * 2


@story(replace(SETTINGS, plans_kept=3))
async def test_old_plans_keep_their_figures_and_lose_their_placements(stage: Stage) -> None:
    for number in range(8):
        await stage.submit(f"j{number}", release=(NOON + timedelta(hours=5)).isoformat())
        await stage.tick(after_minutes=1)
        if number == 5:
            await stage.restart()
    plans = (await stage.store.read(Many(Plan))).items
    whole = [plan.id for plan in plans if json.loads(plan.document)["placements"]]
    assert len(plans) >= 8
    assert whole == [plan.id for plan in plans[-3:]]
    assert all(plan.placed > 0 and plan.gap < 1e-3 for plan in plans)
    assert all("objective_cny" in json.loads(plan.document) for plan in plans)


def test_files_of_old_attempts_are_cleaned_away(tmp_path: Path) -> None:
    async def act() -> None:
        backend = LocalBackend(tmp_path, lambda: NOON, keep_hours=24.0)
        for name in ("old", "new", "asked"):
            await backend.start(_launch(name))
            await backend.cancel(f"att_{name}")
        long_ago = time.time() - 25 * 3600
        for name in ("old", "asked"):
            folder = tmp_path / "attempts" / f"att_{name}"
            for path in (folder, *folder.iterdir()):
                os.utime(path, (long_ago, long_ago))
        await backend.poll(["att_asked"])
        left = sorted(path.name for path in (tmp_path / "attempts").iterdir())
        assert left == ["att_asked", "att_new"]
        await backend.close()

    asyncio.run(act())


def _launch(name: str) -> Launch:
    return Launch(
        attempt=f"att_{name}",
        job=f"job_{name}",
        number=1,
        token=1,
        site="west",
        tenant="default",
        runtime_minutes=60,
        wall_limit_minutes=120,
    )
