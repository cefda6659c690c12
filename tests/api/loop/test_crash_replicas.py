"""Kill the controller while replicas are started, replaced and ended: none is lost, none is started twice."""

from __future__ import annotations

import asyncio
import random

import pytest

from api.loop import InlinePlanner
from api.store import open_store
from tests.api.loop.fuse import Fuse, FusedBackend, FusedPlanner, FusedStore, Killed
from tests.api.loop.network import Country
from tests.api.loop.test_replicas import QUICK


class Trial:
    """One job of two replicas; the site of the first is dark for a while, and the second ends well."""

    def __init__(self, blows: list[int]) -> None:
        self.fuse, self.blows, self.deaths = Fuse(), sorted(blows, reverse=True), 0
        self.stage = Country(settings=QUICK, planner=FusedPlanner(InlinePlanner(), self.fuse))
        self.stage.backend = FusedBackend(self.stage.moody, self.fuse)
        self.stage.store = FusedStore(open_store("memory://"), self.fuse)  # type: ignore[assignment]

    async def run(self) -> None:
        stage = self.stage
        await stage.open()
        self.job_id = await stage.submit(minutes=40, spread="two_sites")
        self._next_blow()
        for beat in range(30):
            if beat == 5:
                stage.moody.dark = {(await stage.attempts(self.job_id))[0].site}
            if beat == 15:
                stage.moody.dark = set()
            await self._tick()
        assert stage.loop is not None
        await stage.loop.end()

    async def _tick(self) -> None:
        self.stage.now = self.stage.now.replace(microsecond=0)
        minutes = 2.0
        while True:
            try:
                await self.stage.tick(after_minutes=minutes)
                return
            except Killed:
                minutes = 0.0
                self.deaths += 1
                self._next_blow()
                await self.stage.restart()

    def _next_blow(self) -> None:
        self.fuse.blows_at = self.blows.pop() if self.blows else None

    async def judge(self) -> None:
        stage = self.stage
        attempts = await stage.attempts(self.job_id)
        assert (await stage.job(self.job_id)).state == "succeeded"
        assert [each.replica for each in attempts] == [0, 1, 0]
        assert sorted(each.state for each in attempts) == ["cancelled", "cancelled", "succeeded"]
        assert max(stage.moody.starts.values()) == 1, "an attempt was started twice"
        assert len({each.id for each in attempts}) == 3
        for attempt in attempts:
            usage = [each for each in await stage.usage(self.job_id) if each.attempt == attempt.id]
            assert usage[0].started_at == attempt.started_at
            assert usage[-1].ended_at == attempt.ended_at


def play(blows: list[int]) -> Trial:
    async def act() -> Trial:
        trial = Trial(blows)
        await trial.run()
        await trial.judge()
        return trial

    return asyncio.run(act())


def test_deaths_among_replicas_are_mended() -> None:
    passed = play([]).fuse.passed
    assert passed > 40
    dice = random.Random(3)
    for _ in range(3):
        assert play(dice.sample(range(1, passed), 6)).deaths >= 3


@pytest.mark.slow
def test_a_death_at_every_point_of_a_recovery_is_mended() -> None:
    for point in range(1, play([]).fuse.passed + 1):
        play([point])
