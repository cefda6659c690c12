"""Where the podman backend under test stands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.dispatch import Launch
from api.dispatch.kind import Surroundings
from api.dispatch.podman import PodmanBackend, PodmanSite
from tests.api.dispatch.benches import launch
from tests.api.dispatch.podman.machine import IMAGE, Machine


class PodmanBench:
    """Containers of one machine; every opening is another service's view of it."""

    def __init__(self, machine: Machine, url: str | None = None, **settings: Any) -> None:
        self.machine = machine
        self._settings = {
            "endpoint": url or machine.url,
            "image": IMAGE,
            "grace_seconds": 1,
            "timeout_seconds": 10.0,
        } | settings
        self._opened: list[PodmanBackend] = []

    def open(self, **settings: Any) -> PodmanBackend:
        around = Surroundings(site="west", data=Path("/nowhere"), clock=lambda: datetime.now(UTC))
        backend = PodmanBackend(PodmanSite(**(self._settings | settings)), around)
        self._opened.append(backend)
        return backend

    def brief(self, name: str, **fields: Any) -> Launch:
        return launch(name, command=("true",), **fields)

    def long(self, name: str, **fields: Any) -> Launch:
        return launch(name, command=("sleep", "1000"), **fields)

    async def pass_time(self) -> None:
        await asyncio.sleep(0.3)

    def play(self, story: Callable[[Any], Awaitable[None]]) -> None:
        """Play a story on this bench, and close what it opened."""

        async def act() -> None:
            try:
                await story(self)
            finally:
                for backend in self._opened:
                    await backend.close()

        asyncio.run(act())


def shell(script: str, **fields: Any) -> Launch:
    return launch(command=("sh", "-c", script), **fields)
