"""Where the backends under test stand: how each is built, given work, and waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from api.dispatch import Backend, Launch, LocalBackend, MemoryBackend, Observation, Sight
from topology import Resources

PATIENCE_SECONDS = 10.0  # for what is seen soon; a program that takes its time sets another
STORY_SECONDS = 600.0  # what never comes fails, and does not hang


def launch(
    name: str = "1", *, job: str = "job_1", token: int = 1, minutes: float = 60.0, **fields: Any
) -> Launch:
    values: dict[str, Any] = {
        "attempt": f"att_{name}",
        "job": job,
        "number": token,
        "token": token,
        "site": "west",
        "tenant": "default",
        "runtime_minutes": minutes,
        "wall_limit_minutes": 2 * minutes,
        "resources": Resources(cpu_cores=1),
    }
    return Launch(**(values | fields))


class Bench(Protocol):
    """A backend under test.

    `backend` can be opened again over the same work, as after a restart; `brief` and `long` are work that
    succeeds soon, or not for a long time; `pass_time` brings brief work to its end.
    """

    def open(self) -> Backend: ...

    def brief(self, name: str, **fields: Any) -> Launch: ...

    def long(self, name: str, **fields: Any) -> Launch: ...

    async def pass_time(self) -> None: ...


class RealBench:
    """Backends of a real program; every opening is another service's view of it, and is closed after the story."""

    opened: list[Any]
    fields: Mapping[str, Any] = {}

    def brief(self, name: str, **fields: Any) -> Launch:
        return launch(name, command=("true",), **{**self.fields, **fields})

    def long(self, name: str, **fields: Any) -> Launch:
        return launch(name, command=("sleep", "1000"), **{**self.fields, **fields})

    async def pass_time(self) -> None:
        await asyncio.sleep(0.3)

    def play(self, story: Callable[[Any], Awaitable[None]]) -> None:
        """Play a story on this bench, and close what it opened."""

        async def act() -> None:
            try:
                async with asyncio.timeout(STORY_SECONDS):
                    await story(self)
            finally:
                for backend in self.opened:
                    await backend.close()

        asyncio.run(act())


class _Clocked:
    def __init__(self) -> None:
        self.now = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def brief(self, name: str, **fields: Any) -> Launch:
        return launch(name, minutes=10.0, **fields)

    def long(self, name: str, **fields: Any) -> Launch:
        return launch(name, minutes=10_000.0, **fields)

    async def pass_time(self) -> None:
        self.now += timedelta(minutes=30)


class MemoryBench(_Clocked):
    """Simulated time in memory."""

    def __init__(self, _: Path) -> None:
        super().__init__()
        self._backend = MemoryBackend(self.clock)

    def open(self) -> Backend:
        return self._backend


class SimulatedBench(_Clocked):
    """Simulated time in the local backend."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def open(self) -> Backend:
        return LocalBackend(self._folder, self.clock)


class LocalBench:
    """Real processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> LocalBackend:
        return LocalBackend(self._folder, lambda: datetime.now(UTC), grace_s=0.5)

    def brief(self, name: str, **fields: Any) -> Launch:
        return launch(name, command=("true",), **fields)

    def long(self, name: str, **fields: Any) -> Launch:
        return launch(name, command=("sleep", "1000"), **fields)

    async def pass_time(self) -> None:
        await asyncio.sleep(0.3)


BENCHES = {"memory": MemoryBench, "simulated": SimulatedBench, "local": LocalBench}


async def seen(
    backend: Backend, attempt: str, *, sight: Sight = Sight.ENDED, within_s: float | None = None
) -> Observation:
    """What is seen of an attempt once it is seen so."""
    patience_s = within_s or PATIENCE_SECONDS
    end = time.monotonic() + patience_s
    while True:
        found = (await backend.poll([attempt]))[attempt]
        if found.sight is sight:
            return found
        assert time.monotonic() < end, f"still {found} after {patience_s} s"
        await asyncio.sleep(0.03)
