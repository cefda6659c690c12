"""Kill the controller before and after everything it does: nothing is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from api.dispatch import Launch, MemoryBackend, Observation, Sight
from api.loop import Clock, InlinePlanner, cancel
from api.store import StaleError, open_store
from scheduler.lifecycle import JOB_MOVES, JobState
from tests.api.loop.fuse import Fuse, FusedBackend, FusedPlanner, FusedStore, Killed
from tests.api.loop.stage import SETTINGS, Stage

QUICK = replace(SETTINGS, retry_s=1.0, meter_minutes=10.0)


class Forgetful(MemoryBackend):
    """Loses the first attempt of each job named in `loses`, ten minutes in."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.loses: frozenset[str] = frozenset()
        self.lost_at: dict[str, datetime] = {}

    async def start(self, launch: Launch) -> str:
        handle = await super().start(launch)
        if launch.number == 1 and launch.job in self.loses:
            self.lost_at.setdefault(launch.attempt, self._clock() + timedelta(minutes=10))
        return handle

    def _seen(self, attempt: str, now: datetime) -> Observation:
        lost_at = self.lost_at.get(attempt)
        if lost_at is not None and now >= lost_at:
            return Observation(sight=Sight.LOST, started_at=self.runs[attempt].started_at, ended_at=lost_at)
        return super()._seen(attempt, now)


class Trial:
    """Three jobs, one that runs through, one that is lost and tried again, one that is cancelled while it runs."""

    def __init__(self, blows: list[int]) -> None:
        self.fuse, self.blows, self.deaths = Fuse(), sorted(blows, reverse=True), 0
        self.stage = Stage(settings=QUICK, planner=FusedPlanner(InlinePlanner(), self.fuse))
        self.backend = Forgetful(self.stage.clock)
        self.stage.backend = FusedBackend(self.backend, self.fuse)
        self.stage.store = FusedStore(open_store("memory://"), self.fuse)  # type: ignore[assignment]

    async def run(self) -> None:
        stage = await self.stage.open()
        self.through, self.lost, self.unwanted = [
            await stage.submit(name, minutes=minutes) for name, minutes in (("a", 50), ("b", 40), ("c", 600))
        ]
        self.backend.loses = frozenset({self.lost})
        self._next_blow()
        for beat in range(30):
            stage.now += timedelta(minutes=5)
            if beat >= 5:
                await self._cancel(self.unwanted)
            await self._tick()
        assert stage.loop is not None
        await stage.loop.end()

    async def _tick(self) -> None:
        while True:
            try:
                await self.stage.tick()
                return
            except Killed:
                self.deaths += 1
                self._next_blow()
                await self.stage.restart()

    def _next_blow(self) -> None:
        self.fuse.blows_at = self.blows.pop() if self.blows else None

    async def _cancel(self, job_id: str) -> None:
        while True:
            try:
                await cancel(self.stage.store, await self.stage.job(job_id), self.stage.now)
                return
            except StaleError:
                continue

    async def judge(self) -> None:
        stage = self.stage
        states = {name: (await stage.job(name)).state for name in (self.through, self.lost, self.unwanted)}
        assert states == {self.through: "succeeded", self.lost: "succeeded", self.unwanted: "cancelled"}
        assert max(self.backend.starts.values()) == 1, "an attempt was started twice"
        counts = {name: len(await stage.attempts(name)) for name in states}
        assert counts == {self.through: 1, self.lost: 2, self.unwanted: 1}, "an attempt was lost or doubled"
        for name in states:
            await self._judge_story(name)
            await self._judge_usage(name)

    async def _judge_story(self, name: str) -> None:
        story = [JobState(state) for state in await self.stage.story(name)]
        for before, after in pairwise(story):
            assert after in JOB_MOVES[before]

    async def _judge_usage(self, name: str) -> None:
        """What was metered of an attempt is its run, whole, without a gap and without a minute twice."""
        usage = await self.stage.usage(name)
        for attempt in await self.stage.attempts(name):
            stretches = [(each.started_at, each.ended_at) for each in usage if each.attempt == attempt.id]
            assert stretches[0][0] == attempt.started_at
            assert stretches[-1][1] == attempt.ended_at
            assert all(a[1] == b[0] for a, b in pairwise(stretches))
        assert Counter("network" in each.parts_cny for each in usage)[True] == len(
            await self.stage.attempts(name)
        )


def points() -> int:
    """How many points a run without a death passes."""
    trial = Trial([])
    asyncio.run(trial.run())
    asyncio.run(trial.judge())
    return trial.fuse.passed


def play(blows: list[int]) -> Trial:
    async def act() -> Trial:
        trial = Trial(blows)
        await trial.run()
        await trial.judge()
        return trial

    return asyncio.run(act())


def test_a_death_at_any_point_is_mended() -> None:
    """A sample of single deaths, spread over the whole run; the slow test takes them all."""
    number = points()
    assert number > 80
    for point in range(1, number + 1, 11):
        assert play([point]).deaths == 1


def test_many_deaths_are_mended() -> None:
    dice = random.Random(7)
    for _ in range(3):
        assert play(dice.sample(range(1, 150), 12)).deaths >= 4


@pytest.mark.slow
def test_a_death_at_every_point_is_mended() -> None:
    for point in range(1, points() + 1):
        play([point])


@pytest.mark.slow
def test_hundreds_of_deaths_are_mended() -> None:
    dice = random.Random(11)
    for _ in range(100):
        play(dice.sample(range(1, 400), 30))
