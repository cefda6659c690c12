"""Faults nobody foresaw: what breaks at one backend, in one job's data or before a reign stops nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from api.dispatch import Backends
from api.loop import Controller, Loop
from api.loop.starts import START_SECONDS
from api.loop.watch import CANCEL_SECONDS
from api.staging import Copier, Stager
from api.store import Leadership
from api.store.memory import MemoryStore
from tests.api.loop.moody import MoodyBackend
from tests.api.loop.stage import SETTINGS, Stage, story
from tests.api.staging.test_luggage import Harbour

PATIENT = replace(SETTINGS, abandon_s=1e6, site_silence_s=1e6)


@dataclass
class Pair(Stage):
    """A Stage whose sites have a backend each; that of the west may break."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.moody = MoodyBackend(self.clock)

    async def restart(self) -> None:
        await super().restart()
        assert self.loop is not None
        backends = Backends(
            by_name={"memory": self.memory, "moody": self.moody},
            default="memory",
            site_backends={"west": "moody"},
        )
        self.loop = Loop(replace(self.loop.parts, backends=backends), epoch=self.loop.reign.epoch)

    async def until(self, job_id: str, state: str) -> None:
        """Tick on until a job is in a state."""
        async with asyncio.timeout(30):
            while (await self.job(job_id)).state != state:
                await self.tick(after_minutes=0.1)


@pytest.mark.parametrize("question", ["capacity", "start", "poll", "cancel"])
def test_a_backend_that_breaks_holds_up_only_its_own_work(question: str) -> None:
    async def play(stage: Pair) -> None:
        east = await stage.submit("east", minutes=30, origin="east", rtt_ms_max=0.0)
        west = await stage.submit("west", minutes=300, origin="west", rtt_ms_max=0.0)
        unwanted = await stage.submit("unwanted", minutes=300, origin="west", rtt_ms_max=0.0)
        if question == "start":
            stage.moody.breaks = {question}
        await stage.tick()
        stage.moody.breaks = {question}
        await stage.ask_to_cancel(unwanted)
        await stage.run(40)
        assert (await stage.job(east)).state == "succeeded"
        assert (await stage.job(west)).state == {"start": "starting", "poll": "unknown"}.get(
            question, "running"
        )
        stage.moody.breaks = set()
        await stage.run(10)
        assert (await stage.job(west)).state == "running"
        assert (await stage.job(unwanted)).state == "cancelled"

    story(PATIENT, stage=Pair)(play)()


def test_a_backend_that_leaves_calls_open_holds_up_no_tick() -> None:
    """What it was asked is asked once, and taken in when it answers; far from the minute a start may take."""

    async def play(stage: Pair) -> None:
        east = await stage.submit("east", minutes=30, origin="east", rtt_ms_max=0.0)
        west = [
            await stage.submit(f"west-{number}", minutes=600, origin="west", rtt_ms_max=0.0)
            for number in range(3)
        ]
        stage.moody.hangs = {"start"}
        async with asyncio.timeout(START_SECONDS / 2):
            await stage.run(15)
            await stage.ask_to_cancel(west[0])
            await stage.run(45)
        assert (await stage.job(east)).state == "succeeded"
        assert [(await stage.job(each)).state for each in west] == ["cancelling", "starting", "starting"]
        stage.moody.hangs = set()
        await stage.until(west[1], "running")
        await stage.until(west[0], "cancelled")
        await stage.until(west[2], "running")
        assert set(stage.moody.starts.values()) == {1}
        stage.moody.hangs = {"cancel"}
        await stage.ask_to_cancel(west[1])
        async with asyncio.timeout(12 * CANCEL_SECONDS / 2):
            await stage.run(60)
        assert (await stage.job(west[1])).state == "cancelling"
        stage.moody.hangs = set()
        await stage.until(west[1], "cancelled")
        assert (await stage.job(west[2])).state == "running"

    story(replace(PATIENT, poll_wait_s=0.05), stage=Pair)(play)()


def test_data_that_cannot_be_written_costs_the_attempt(tmp_path: Path) -> None:
    async def play(stage: Harbour) -> None:
        (stage.folder / "inputs").write_text("a file where the folder should be")
        stage.stager = Stager(
            mover=Copier(), root=stage.folder / "inputs", sources=(f"file://{stage.folder}/data/",)
        )
        stage.gate.open.set()
        await stage.restart()
        poisoned, other = await stage.ask(), await stage.submit("other", minutes=30)
        await stage.pass_time(90)
        first, *_ = await stage.attempts(poisoned)
        assert first.state == "lost"
        assert "inputs" in first.detail
        assert (await stage.job(other)).state == "succeeded"

    story(SETTINGS, stage=partial(Harbour, folder=tmp_path))(play)()


class Faulty(MemoryStore):
    """A store that cannot be stood at the first time, and whose leadership breaks the second time."""

    stood = -1  # the stage itself has stood once

    async def lead(self, holder: str) -> Leadership | None:
        self.stood += 1
        if self.stood == 1:
            raise OSError(24, "Too many open files")
        leadership = await super().lead(holder)
        return Broken(leadership) if leadership is not None and self.stood == 2 else leadership


class Broken:
    """A leadership of which nobody can say whether it is held."""

    def __init__(self, leadership: Leadership) -> None:
        self.epoch, self.release = leadership.epoch, leadership.release

    async def held(self) -> bool:
        raise OSError(5, "Input/output error")


def test_a_controller_stands_again_whatever_befell_it() -> None:
    async def act() -> None:
        stage = await Stage(store=Faulty()).open()
        assert stage.loop is not None
        assert isinstance(stage.store, Faulty)
        controller = Controller(parts=stage.loop.parts, clock=stage.clock, holder="controller-1")
        stop = asyncio.Event()
        reigns = asyncio.create_task(controller.run_forever(stop))
        job_id = await stage.submit()
        async with asyncio.timeout(30):
            while (await stage.job(job_id)).state != "running":
                assert not reigns.done()
                await asyncio.sleep(0.05)
        stop.set()
        await reigns
        assert stage.store.stood == 3

    asyncio.run(act())
