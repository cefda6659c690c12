"""A controller that takes over with another folder for local work does not take running work for never begun."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from api.bootstrap import data_folder
from api.dispatch import LocalBackend
from api.settings import Settings
from scheduler.lifecycle import AttemptState, JobState
from tests.api.loop.stage import SETTINGS, Stage, story


class House(Stage):
    """One machine, folders of local work, and a file that work writes into when it begins."""

    async def move_to(self, folder: Path) -> None:
        """Another controller takes over, which has that folder."""
        self.backend = LocalBackend(folder, self.clock, grace_s=0.5)
        await self.restart()

    async def until(self, what: Callable[[], Awaitable[bool]], *, minutes: float = 0.0) -> None:
        for _ in range(3000):
            await self.tick(after_minutes=minutes)
            if await what():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it does not come to pass")

    async def begin(self, folder: Path) -> str:
        """Submit work that goes on until it is let go, and wait until it has begun."""
        loop = f"while [ ! -e {folder}/end ]; do sleep 0.02; done"
        job = await self.submit(command=["sh", "-c", f"echo $EDWC_ATTEMPT >> {folder}/begun; {loop}"])
        await self.until(lambda: self.has_begun(folder, 1))
        return job

    async def let_go(self, folder: Path, job: str) -> None:
        """Let the work end, and wait until its job has."""
        (folder / "end").touch()

        async def ended() -> bool:
            return (await self.job(job)).state == JobState.SUCCEEDED

        await self.until(ended)

    async def has_begun(self, folder: Path, times: int) -> bool:
        mark = folder / "begun"
        return mark.exists() and len(mark.read_text().split()) == times


@story(SETTINGS, stage=House)
async def test_what_runs_in_a_folder_that_a_new_leader_has_not_is_unknown_to_it(house: House) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        await house.move_to(folder / "a")
        job = await house.begin(folder)
        await house.move_to(folder / "b")
        for _ in range(8):
            await house.tick(after_minutes=0.5)
        assert (await house.job(job)).state == JobState.UNKNOWN
        await house.move_to(folder / "a")
        await house.let_go(folder, job)
        assert await house.has_begun(folder, 1), "it ran on, and was not begun again"


@story(SETTINGS, stage=House)
async def test_it_is_planned_anew_as_from_a_lost_site_when_nobody_brings_the_folder(house: House) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        await house.move_to(folder / "a")
        job, before = await house.begin(folder), house.now

        async def tried_again() -> bool:
            return len(await house.attempts(job)) == 2

        await house.move_to(folder / "b")
        await house.until(tried_again, minutes=0.25)
        assert (house.now - before).total_seconds() >= house.settings.abandon_s
        assert (await house.attempts(job))[0].state == AttemptState.UNKNOWN
        await house.until(lambda: house.has_begun(folder, 2))
        await house.let_go(folder, job)


def test_the_folder_of_a_service_is_a_whole_path(tmp_path: Path) -> None:
    for settings in (
        Settings(store="postgresql://nowhere/edwc"),
        Settings(data="here"),
        Settings(store="sqlite:///edwc.db"),
    ):
        assert data_folder(settings).is_absolute()
