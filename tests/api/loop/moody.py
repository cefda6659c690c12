"""A backend whose answers a test decides."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from api.dispatch import BackendSilent, Ending, Launch, MemoryBackend, Observation, Sight, StartRefused
from api.loop import Clock
from topology import Resources


class MoodyBackend(MemoryBackend):
    """Runs simulated work, unless told otherwise.

    `silent`: it answers nothing. `dark`: sites it hears nothing of. `refuses`: sites at which it starts nothing.
    `breaks`: questions to which it answers what nobody can read. `hangs`: questions it leaves open.
    `says`: what it sees of the attempt (job, number), whatever is so.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.silent = False
        self.dark: set[str] = set()
        self.refuses: set[str] = set()
        self.breaks: set[str] = set()
        self.hangs: set[str] = set()
        self.says: dict[tuple[str, int], Observation] = {}
        self.launched: dict[str, Launch] = {}

    async def start(self, launch: Launch) -> str:
        await self._answer("start")
        if launch.site in self.dark:
            raise BackendSilent(f"{launch.site}: no route to host")
        if launch.site in self.refuses:
            raise StartRefused(f"{launch.site}: no such partition")
        self.launched[launch.attempt] = launch
        return await super().start(launch)

    async def poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        await self._answer("poll")
        seen = dict(await super().poll(attempts))
        for name in attempts:
            launch = self.launched.get(name)
            if launch is not None and (launch.job, launch.number) in self.says:
                seen[name] = self.says[launch.job, launch.number]
            if launch is not None and launch.site in self.dark:
                del seen[name]
        return seen

    async def cancel(self, attempt: str) -> None:
        await self._answer("cancel")
        launch = self.launched.get(attempt)
        if launch is not None and launch.site in self.dark:
            raise BackendSilent(f"{launch.site}: no route to host")
        await super().cancel(attempt)

    async def capacity(self) -> Mapping[str, Resources]:
        await self._answer("capacity")
        held = await super().capacity()
        return {site: amount for site, amount in held.items() if site not in self.dark}

    async def _answer(self, question: str) -> None:
        while question in self.hangs:
            await asyncio.sleep(0.01)
        if self.silent:
            raise BackendSilent("no route to host")
        if question in self.breaks:
            raise ValueError("Expecting value: line 1 column 1 (char 0)")


LOST = Observation(sight=Sight.LOST, detail="node failed")


def exited(code: int) -> Observation:
    return Observation(sight=Sight.ENDED, ending=Ending.EXITED, exit_code=code)
