"""An errand: one job seen through as the loop would, attempt after attempt, whatever happens in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from api.dispatch import Backend, BackendSilent, Ending, Launch, Observation, Sight
from tests.api.dispatch.slurm.bench import SlurmBench

UNKNOWN = Observation(sight=Sight.UNKNOWN)
STEP_SECONDS = 0.1
# Work writes down that it began, waits to be let go, and writes down that it ran to its end.
WORK = """
echo $EDWC_ATTEMPT >> {folder}/begun
until [ -e {folder}/go ]; do sleep 0.05; done
echo $EDWC_ATTEMPT >> {folder}/done
"""


class Errand:
    """A job whose lost attempts are followed by others."""

    def __init__(self, bench: SlurmBench, backend: Backend, job: str = "job_1") -> None:
        self.bench, self.backend, self.job = bench, backend, job
        # Beside the shared folder, whose disk may be full.
        self.folder = bench.folder.parent / f"{bench.folder.name}.work" / job
        self.folder.mkdir(parents=True)
        for path in (self.folder.parent, self.folder):
            path.chmod(0o777)
        self.number, self.accepted = 1, False
        self.last = UNKNOWN

    @property
    def attempt(self) -> str:
        """An id no other test of this cluster has: Slurm remembers their jobs, and we look ours up by name."""
        return f"att_{self.bench.folder.name}_{self.job}_{self.number}"

    @property
    def launch(self) -> Launch:
        script = WORK.format(folder=self.folder)
        fields = {"attempt": self.attempt, "job": self.job, "token": self.number}
        return self.bench.shell(script, **fields)

    def let_go(self) -> None:
        (self.folder / "go").touch()

    def lines(self, name: str) -> list[str]:
        path = Path(self.folder / name)
        return path.read_text().splitlines() if path.exists() else []

    async def step(self) -> Observation:
        """One tick of a loop: hand over what was not accepted, look, and try again what was lost."""
        try:
            if not self.accepted:
                await self.backend.start(self.launch)
                self.accepted = True
            self.last = (await self.backend.poll([self.attempt])).get(self.attempt, UNKNOWN)
        except BackendSilent:
            self.last = UNKNOWN
        if (
            self.last.sight is Sight.LOST or self.last.ending is Ending.CANCELLED
        ):  # we cancel nothing; Slurm may
            self.number, self.accepted = self.number + 1, False
        return self.last

    async def until(self, *sights: Sight, within_s: float = 45.0) -> float:
        """Step until it is seen so; how long that took [s]."""
        return await self.when(lambda: self.accepted and self.last.sight in sights, within_s=within_s)

    async def when(self, reached: Callable[[], object], *, within_s: float = 45.0) -> float:
        begin = time.monotonic()
        while True:
            await self.step()
            if reached():
                return time.monotonic() - begin
            assert time.monotonic() - begin < within_s, f"{self.attempt}: {self.last} after {within_s} s"
            await asyncio.sleep(STEP_SECONDS)

    async def go_on_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await self.step()
            await asyncio.sleep(STEP_SECONDS)
