"""Jobs that name real data: it sets out in time, the start waits for it, the plan keeps its way free."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from api.loop import Loop
from api.staging import Copied, Copier, Copy, SourceGone, Stager
from tests.api.loop.moody import MoodyBackend
from tests.api.loop.stage import NOON, SETTINGS, Stage, story

SIZE_GB = 1_000.0  # at 10 Gbit/s: 800 s, one slot


class Gate:
    """A Mover whose copies wait until they are let through."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.asked: list[Copy] = []
        self.fails = 0

    async def copy(self, order: Copy) -> Copied:
        self.asked.append(order)
        await self.open.wait()
        if self.fails:
            self.fails -= 1
            raise SourceGone(f"{order.source}: no such object")
        return await Copier().copy(order)


@dataclass
class Harbour(Stage):
    """A Stage with a stager; the data is a small file in a folder that is allowed."""

    folder: Path = Path()
    gate: Gate = field(default_factory=Gate)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.moody = MoodyBackend(self.clock)
        self.backend = self.moody
        (self.folder / "data").mkdir()
        (self.folder / "data" / "set").write_bytes(b"bytes")
        self.stager: Stager | None = Stager(
            mover=self.gate, root=self.folder / "inputs", sources=(f"file://{self.folder}/data/",)
        )

    async def restart(self) -> None:
        await super().restart()
        assert self.loop is not None
        parts = replace(self.loop.parts, stager=self.stager)
        self.loop = Loop(parts, epoch=self.loop.reign.epoch)

    async def ask(self) -> str:
        """A job at the cheap site, whose data is at the dear one."""
        return await self.submit(
            inputs=[{"at": "east", "size_gb": SIZE_GB}],
            labels={"input.0.url": f"file://{self.folder}/data/set"},
            cores=100,
        )

    async def pass_time(self, minutes: float) -> None:
        """Tick on, and let what is copied be copied."""
        for _ in range(int(minutes)):
            await self.tick(after_minutes=1)
            assert self.loop is not None
            copies = list(self.loop.luggage._tasks.values())
            if copies and self.gate.open.is_set():
                await asyncio.wait(copies, timeout=30)


def harbour(play: Callable[[Harbour], Awaitable[None]]) -> Callable[[Path], None]:
    """Run a story in a harbour of its own."""

    def test(tmp_path: Path) -> None:
        story(SETTINGS, stage=partial(Harbour, folder=tmp_path))(play)()

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    return test


@harbour
async def test_the_start_waits_for_the_data(stage: Harbour) -> None:
    job_id = await stage.ask()
    await stage.tick()
    job = await stage.job(job_id)
    assert (job.state, job.site, job.starts_at) == ("starting", "west", NOON + timedelta(minutes=15))
    await stage.pass_time(30)
    assert (await stage.job(job_id)).state == "starting"
    assert stage.memory.runs == {}
    stage.gate.open.set()
    await stage.pass_time(3)
    assert (await stage.job(job_id)).state == "running"
    (launch,) = stage.moody.launched.values()
    assert Path(launch.environment["EDWC_INPUT_0"]).read_bytes() == b"bytes"
    (order,) = stage.gate.asked
    assert order.rate_gbps == 10.0


@harbour
async def test_data_that_comes_early_does_not_start_the_job_early(stage: Harbour) -> None:
    stage.gate.open.set()
    job_id = await stage.ask()
    await stage.pass_time(10)
    assert (await stage.job(job_id)).state == "starting"
    await stage.pass_time(8)
    assert (await stage.job(job_id)).state == "running"


@harbour
async def test_while_data_is_under_way_its_links_are_narrower_for_others(stage: Harbour) -> None:
    await stage.ask()
    await stage.pass_time(2)
    assert stage.loop is not None
    busy = stage.loop.planning.transit().busy_gbps(stage.now)
    assert busy == {"town-east": 10.0, "town-west": 10.0}
    stage.gate.open.set()
    await stage.pass_time(30)
    assert stage.loop.planning.transit().busy_gbps(stage.now) == {}


@harbour
async def test_data_that_cannot_be_had_is_asked_for_again_then_the_job_fails(stage: Harbour) -> None:
    stage.gate.open.set()
    stage.gate.fails = 1
    job_id = await stage.ask()
    await stage.pass_time(60)
    first, second = await stage.attempts(job_id)
    assert (first.state, first.detail.rpartition(": ")[2]) == ("lost", "no such object")
    assert second.state == "running"


@harbour
async def test_a_controller_that_died_leaves_nothing_behind(stage: Harbour) -> None:
    stage.gate.open.set()
    job_id = await stage.ask()
    await stage.pass_time(5)
    await stage.restart()
    await stage.pass_time(15)
    assert (await stage.job(job_id)).state == "running"
    assert len(await stage.attempts(job_id)) == 1
    await stage.ask_to_cancel(job_id)
    await stage.pass_time(3)
    assert list((stage.folder / "inputs").iterdir()) == []


@harbour
async def test_without_a_stager_such_a_job_is_told_so(stage: Harbour) -> None:
    stage.stager = None
    await stage.restart()
    job_id = await stage.ask()
    await stage.pass_time(5)
    (attempt,) = await stage.attempts(job_id)
    assert attempt.detail == "this service brings no data: its operator has allowed no source"
