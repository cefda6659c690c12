"""Interruptible jobs: run where and when it is cheap, suspended in between, gone on with from their checkpoint."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.dispatch import Backends, Ending, Launch, LocalBackend, Observation, Sight
from api.loop import Loop, wall_clock
from pricing import PriceBook
from tests.api.loop.moody import LOST, MoodyBackend
from tests.api.loop.stage import NOON, SETTINGS, FlatFeed, Stage, story
from topology import Horizon

HOUR = timedelta(hours=1)
PIECES = {"min_run_minutes": 30.0, "checkpoint_gb": 1.0, "restart_minutes": 0.0}


class HourlyFeed(FlatFeed):
    """A Feed whose prices are one figure a site and hour from NOON on; the last one lasts."""

    hourly: Mapping[str, list[float]] = {}

    async def prices(self, horizon: Horizon) -> PriceBook:
        book = await super().prices(horizon)
        hours = [max(0, (horizon.instant(slot) - NOON) // HOUR) for slot in range(horizon.slots)]
        power = np.array(
            [
                [self.hourly[name][min(hour, len(self.hourly[name]) - 1)] for hour in hours]
                for name in book.site_ids
            ]
        )
        return replace(book, power_cny_per_kwh=power)


@dataclass
class Tides(Stage):
    """A Stage on which west is cheap in its first and third hour, and east never is."""

    def __post_init__(self) -> None:
        self.feed = HourlyFeed(self.feed.catalogue, {})
        self.feed.hourly = {"west": [0.1, 5.0, 0.1, 5.0], "east": [5.0]}
        self.moody = MoodyBackend(self.clock)
        self.backend = self.moody
        super().__post_init__()

    async def ask(self, **fields: Any) -> str:
        return await self.submit(**({"minutes": 120, "interruptible": PIECES, "cores": 50} | fields))


def tides(play: Any) -> Any:
    return story(replace(SETTINGS, horizon_hours=8.0), stage=Tides)(play)


@tides
async def test_it_is_suspended_in_the_dear_hour_and_goes_on_in_the_cheap_one(stage: Tides) -> None:
    job_id = await stage.ask()
    await stage.tick()
    assert (await stage.job(job_id)).state == "running"
    await stage.run(75)
    job = await stage.job(job_id)
    assert (job.state, job.starts_at) == ("planned", NOON + 2 * HOUR)
    (first,) = await stage.attempts(job_id)
    assert (first.state, first.saved) == ("cancelled", pytest.approx(0.5))
    assert first.detail == "suspended until a better time; 50% of its work is kept"
    await stage.run(130)
    job = await stage.job(job_id)
    first, second = await stage.attempts(job_id)
    assert (job.state, second.state) == ("succeeded", "succeeded")
    assert stage.moody.launched[second.id].runtime_minutes == pytest.approx(60.0)
    hours = sum(usage.quantities["hours"] for usage in await stage.usage(job_id))
    assert hours == pytest.approx(2.0)


@tides
async def test_it_moves_when_that_saves_more_than_moving_costs(stage: Tides) -> None:
    """After the first hour east is cheaper, by more than its checkpoint costs to bring there, or by less."""
    for checkpoint_gb, expected in ((1.0, "east"), (60.0, "west")):
        stage.now = NOON
        fresh = Tides(settings=stage.settings)
        assert isinstance(fresh.feed, HourlyFeed)
        fresh.feed.hourly = {"west": [0.1, 5.0, 0.2, 5.0], "east": [5.0, 5.0, 0.1, 5.0]}
        links = tuple(replace(link, price_cny_per_gb=0.001) for link in fresh.feed.catalogue.links)
        fresh.feed._catalogue = replace(fresh.feed.catalogue, links=links)
        await fresh.open()
        job_id = await fresh.ask(interruptible=PIECES | {"checkpoint_gb": checkpoint_gb})
        await fresh.run(150)
        job = await fresh.job(job_id)
        assert (job.state, job.site, job.attempt) == ("running", expected, 2)


@story(replace(SETTINGS, horizon_hours=8.0), stage=Tides)
async def test_where_a_backend_cannot_suspend_a_job_is_planned_and_run_in_one_piece(stage: Tides) -> None:
    stage.moody.resumes = False
    await stage.restart()
    job_id = await stage.ask()
    await stage.run(240)
    job = await stage.job(job_id)
    assert job.placement.count('"runs": [[') == 1
    (attempt,) = await stage.attempts(job_id)
    assert attempt.state == "succeeded"


@tides
async def test_what_is_lost_begins_again_at_its_last_checkpoint(stage: Tides) -> None:
    job_id = await stage.ask()
    await stage.tick()
    stage.moody.says[job_id, 2] = LOST
    await stage.run(130)
    assert [each.state for each in await stage.attempts(job_id)] == ["cancelled", "lost"]
    await stage.run(300)
    third = (await stage.attempts(job_id))[2]
    assert stage.moody.launched[third.id].runtime_minutes == pytest.approx(60.0)
    assert (await stage.job(job_id)).state == "succeeded"


class Apart(MoodyBackend):
    """A backend whose checkpoints are in a folder of its own, which work writes and finds."""

    def __init__(self, clock: Any, folder: Path) -> None:
        super().__init__(clock)
        self.checkpoints = folder
        self.found: list[str] = []

    async def start(self, launch: Launch) -> str:
        step = self.checkpoints / launch.job / "step"
        self.found.append(step.read_text() if step.exists() else "nothing")
        step.parent.mkdir(parents=True, exist_ok=True)
        step.write_text(f"done by {launch.number} at {launch.site}")
        return await super().start(launch)


@pytest.mark.parametrize("reachable", [True, False])
def test_a_job_that_moves_to_another_backend_finds_its_checkpoint_there(
    tmp_path: Path, *, reachable: bool
) -> None:
    @tides
    async def play(stage: Tides) -> None:
        west, east = (Apart(stage.clock, tmp_path / name) for name in ("west", "east"))
        assert stage.loop is not None
        parts = replace(
            stage.loop.parts,
            backends=Backends(by_name={"w": west, "e": east}, default="w", site_backends={"east": "e"}),
        )
        stage.loop = Loop(parts, epoch=stage.loop.reign.epoch)
        job_id = await stage.ask()
        await stage.run(30)
        await stage.say("west", draining=True)
        await stage.tick()
        if not reachable:
            shutil.rmtree(west.checkpoints)
        for _ in range(50):
            await stage.tick(after_minutes=1)
            await asyncio.sleep(0.01)
        attempts = await stage.attempts(job_id)
        if reachable:
            assert [each.site for each in attempts] == ["west", "east"]
            assert east.found == ["done by 1 at west"]
        else:
            assert east.found == []
            assert "cannot be brought" in attempts[1].detail

    play()


@tides
async def test_a_drained_job_takes_its_work_along(stage: Tides) -> None:
    job_id = await stage.ask(interruptible=PIECES | {"restart_minutes": 5.0})
    await stage.run(30)
    await stage.say("west", draining=True)
    await stage.run(45)
    first, second = await stage.attempts(job_id)
    assert first.saved == pytest.approx(0.25, abs=0.05)
    assert first.detail.startswith("moved off west, which is drained; ")
    assert second.site == "east"
    assert stage.moody.launched[second.id].runtime_minutes == pytest.approx(120 * (1 - first.saved) + 5)


@tides
async def test_it_can_be_cancelled_while_it_is_suspended(stage: Tides) -> None:
    job_id = await stage.ask()
    await stage.run(75)
    await stage.ask_to_cancel(job_id)
    await stage.run(5)
    assert (await stage.job(job_id)).state == "cancelled"


def test_a_command_finds_again_what_it_kept(tmp_path: Path) -> None:
    """SIGTERM is its notice; what it wrote to EDWC_CHECKPOINT_DIR is there for the next attempt."""
    saves = 'trap "echo half > $EDWC_CHECKPOINT_DIR/state; exit 75" TERM; echo ready; while :; do sleep 0.05; done'

    def launch(number: int, script: str) -> Launch:
        return Launch(
            attempt=f"att_{number}",
            job="job_1",
            number=number,
            token=number,
            site="west",
            tenant="default",
            runtime_minutes=5,
            wall_limit_minutes=10,
            command=("sh", "-c", script),
        )

    async def until(
        backend: LocalBackend, attempt: str, *, output: bytes = b"", ended: bool = False
    ) -> Observation:
        async with asyncio.timeout(30):
            while True:
                seen = (await backend.poll([attempt]))[attempt]
                said = (await backend.logs(attempt)).data
                if (output and output in said) or (ended and seen.sight is Sight.ENDED):
                    return seen
                await asyncio.sleep(0.05)

    async def act() -> None:
        backend = LocalBackend(tmp_path, wall_clock)
        await backend.start(launch(1, saves))
        await until(backend, "att_1", output=b"ready")
        await backend.cancel("att_1")
        assert (await until(backend, "att_1", ended=True)).ending is Ending.CANCELLED
        await backend.start(launch(2, "cat $EDWC_CHECKPOINT_DIR/state"))
        assert (await until(backend, "att_2", ended=True)).succeeded
        assert (await backend.logs("att_2")).data == b"half\n"
        await backend.close()

    asyncio.run(act())
