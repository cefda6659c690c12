"""Where the podman backend under test stands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.dispatch import Launch
from api.dispatch.kind import Surroundings
from api.dispatch.podman import PodmanBackend, PodmanSite
from tests.api.dispatch.benches import RealBench, launch
from tests.api.dispatch.podman.machine import IMAGE, Machine


class PodmanBench(RealBench):
    """Containers of one machine; every opening is another service's view of it."""

    def __init__(
        self, machine: Machine, url: str | None = None, inputs: Path | None = None, **settings: Any
    ) -> None:
        self.machine, self._inputs = machine, inputs
        self._settings = {
            "endpoint": url or machine.url,
            "image": IMAGE,
            "grace_seconds": 1,
            "timeout_seconds": 10.0,
        } | settings
        self.opened: list[PodmanBackend] = []

    def open(self, **settings: Any) -> PodmanBackend:
        around = Surroundings(
            site="west", data=Path("/nowhere"), clock=lambda: datetime.now(UTC), inputs=self._inputs
        )
        backend = PodmanBackend(PodmanSite(**(self._settings | settings)), around)
        self.opened.append(backend)
        return backend


def shell(script: str, **fields: Any) -> Launch:
    return launch(command=("sh", "-c", script), **fields)
