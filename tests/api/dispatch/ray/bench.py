"""Where the ray backend under test stands."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from api.dispatch import Launch, LogPiece, Observation
from api.dispatch.credential import Credential
from api.dispatch.kind import Surroundings
from api.dispatch.ray import RayBackend, RaySite
from tests.api.dispatch.benches import RealBench, launch
from tests.api.dispatch.ray.cluster import Cluster
from topology import Resources

LITTLE = Resources(cpu_cores=0.1)
_numbers = itertools.count(1)


class Renamed:
    """A backend under whose names no two tests meet: a head stumbles over a name that it has just forgotten."""

    def __init__(self, inner: RayBackend, tail: str) -> None:
        self.inner, self.tail = inner, tail

    async def start(self, launch: Launch) -> str:
        return await self.inner.start(
            replace(launch, attempt=launch.attempt + self.tail, job=launch.job + self.tail)
        )

    async def poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        seen = await self.inner.poll([name + self.tail for name in attempts])
        return {name.removesuffix(self.tail): observation for name, observation in seen.items()}

    async def cancel(self, attempt: str) -> None:
        await self.inner.cancel(attempt + self.tail)

    async def logs(self, attempt: str, offset: int = 0, stream: str = "stdout") -> LogPiece:
        return await self.inner.logs(attempt + self.tail, offset, stream)

    async def capacity(self) -> Mapping[str, Resources]:
        return await self.inner.capacity()

    async def close(self) -> None:
        await self.inner.close()


class RayBench(RealBench):
    """Jobs of one head; every opening is another service's view of it, with the same notes."""

    fields: ClassVar = {"resources": LITTLE}

    def __init__(self, cluster: Cluster, data: Path) -> None:
        self.cluster, self.data = cluster, data
        self.tail = f"-{next(_numbers)}"
        self.opened: list[Renamed] = []

    def open(self, *, data: Path | None = None, url: str | None = None, **settings: Any) -> Renamed:
        values: dict[str, Any] = {
            "endpoint": url or self.cluster.url,
            "token": Credential(file=self.cluster.token_file),
            "claims": str(self.cluster.claims),
            "grace_seconds": 1,
        }
        around = Surroundings(site="west", data=data or self.data, clock=lambda: datetime.now(UTC))
        backend = Renamed(RayBackend(RaySite(**(values | settings)), around), self.tail)
        self.opened.append(backend)
        return backend


def shell(script: str, **fields: Any) -> Launch:
    return launch(command=("sh", "-c", script), **({"resources": LITTLE} | fields))
