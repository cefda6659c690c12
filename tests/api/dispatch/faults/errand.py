"""An errand: one job seen through as the loop would, attempt after attempt, whatever happens in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api.dispatch import Backend, BackendSilent, Ending, Launch, Observation, Sight

UNKNOWN = Observation(sight=Sight.UNKNOWN)
STEP_SECONDS = 0.1
# Work writes down that it began, waits to be let go, and writes down that it ran to its end.
WORK = """
echo $EDWC_ATTEMPT >> {folder}/begun
until [ -e {folder}/go ]; do sleep 0.05; done
echo $EDWC_ATTEMPT >> {folder}/done
"""


class Errand:
    """A job whose lost attempts are followed by others.

    `shell` makes a launch of a script; `folder` is one that the test and the work, whoever's it is, both see. `prefix`
    keeps its names from those of other tests, where the site remembers them. `meddled`: others may cancel its attempts.
    """

    def __init__(
        self,
        open_backend: Callable[[], Backend],
        folder: Path,
        shell: Callable[..., Launch],
        name: str,
        *,
        prefix: str = "",
        meddled: bool = False,
    ) -> None:
        self._open, self._shell, self.name = open_backend, shell, name
        self.prefix, self.meddled = prefix, meddled
        self.backend = open_backend()
        self.folder = folder / name
        self.folder.mkdir(parents=True)
        for path in (folder, self.folder):
            path.chmod(0o777)
        self.number, self.accepted = 1, False
        self.last, self.refused = UNKNOWN, ""

    @property
    def attempt(self) -> str:
        return f"att_{self.prefix}{self.name}_{self.number}"

    @property
    def launch(self) -> Launch:
        fields: dict[str, Any] = {"attempt": self.attempt, "job": f"job_{self.name}", "token": self.number}
        return self._shell(WORK.format(folder=self.folder), **fields)

    def reopen(self) -> None:
        """The service was killed: another takes over, and knows only what the store has."""
        self.backend = self._open()

    def let_go(self) -> None:
        (self.folder / "go").touch()

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    async def step(self) -> Observation:
        """One tick of a loop: hand over what was not accepted, look, and try again what was lost."""
        try:
            if not self.accepted:
                await self.backend.start(self.launch)
                self.accepted, self.refused = True, ""
            self.last = (await self.backend.poll([self.attempt])).get(self.attempt, UNKNOWN)
        except BackendSilent as silence:
            self.last, self.refused = UNKNOWN, str(silence)
        cancelled = self.meddled and self.last.ending is Ending.CANCELLED  # not by us
        if self.last.sight is Sight.LOST or cancelled:
            self.number, self.accepted = self.number + 1, False
        return self.last

    async def until(self, *sights: Sight, within_s: float = 90.0) -> float:
        """Step until it is seen so; how long that took [s]."""
        return await self.when(lambda: self.accepted and self.last.sight in sights, within_s=within_s)

    async def when(self, reached: Callable[[], object], *, within_s: float = 90.0) -> float:
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
