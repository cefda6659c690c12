"""A job's way through the loop, tick by tick."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.api.loop.stage import Stage


def story(play: Callable[[Stage], Awaitable[None]]) -> Callable[[], None]:
    """Run an async story on a fresh stage."""

    def test() -> None:
        async def act() -> None:
            stage = await Stage().open()
            await play(stage)
            assert stage.loop is not None
            await stage.loop.end()

        asyncio.run(act())

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    return test


@story
async def test_a_new_job_is_planned_started_and_done(stage: Stage) -> None:
    job_id = await stage.submit(minutes=60)
    await stage.tick()
    job = await stage.job(job_id)
    assert (job.state, job.site, job.attempt) == ("running", "west", 1)
    await stage.run(65)
    assert (await stage.job(job_id)).state == "succeeded"
    assert await stage.story(job_id) == ["queued", "planned", "starting", "running", "succeeded"]
