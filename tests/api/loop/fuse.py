"""A fuse: lets everything through until its number is up, then kills the controller at that very point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.dispatch import Backend, Launch, LogPiece, Observation
from api.loop import PlanAnswer, Planner, PlanRequest
from api.store import Change, Receipt, Store
from topology import Resources


class Killed(BaseException):
    """The controller was killed here; nothing that catches errors survives that."""


class Fuse:
    """Counts the points at which a controller can die: before and after everything it does to the outside."""

    def __init__(self) -> None:
        self.passed = 0
        self.blows_at: int | None = None
        self.armed = True

    def point(self) -> None:
        if self.armed:
            self.passed += 1
            if self.blows_at is not None and self.passed >= self.blows_at:
                raise Killed(f"at point {self.passed}")


class FusedStore:
    """A store that is used through a fuse; only the controller's writes count."""

    def __init__(self, store: Store, fuse: Fuse) -> None:
        self.inner, self._fuse = store, fuse

    async def write(self, *changes: Change, epoch: int | None = None, once: Any = None) -> Receipt:
        if epoch is None:
            return await self.inner.write(*changes, once=once)
        self._fuse.point()
        receipt = await self.inner.write(*changes, epoch=epoch, once=once)
        self._fuse.point()
        return receipt

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class FusedBackend:
    """A backend that is used through a fuse."""

    def __init__(self, backend: Backend, fuse: Fuse) -> None:
        self.inner, self._fuse = backend, fuse

    async def start(self, launch: Launch) -> str:
        self._fuse.point()
        handle = await self.inner.start(launch)
        self._fuse.point()
        return handle

    async def poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        self._fuse.point()
        return await self.inner.poll(attempts)

    async def cancel(self, attempt: str) -> None:
        self._fuse.point()
        await self.inner.cancel(attempt)
        self._fuse.point()

    async def logs(self, attempt: str, offset: int = 0, stream: str = "stdout") -> LogPiece:
        return await self.inner.logs(attempt, offset, stream)

    async def capacity(self) -> Mapping[str, Resources]:
        self._fuse.point()
        return await self.inner.capacity()

    async def close(self) -> None:
        await self.inner.close()


class FusedPlanner:
    """A planner whose answer the controller may not live to see."""

    def __init__(self, planner: Planner, fuse: Fuse) -> None:
        self.inner, self._fuse = planner, fuse

    async def plan(self, request: PlanRequest) -> PlanAnswer:
        self._fuse.point()
        answer = await self.inner.plan(request)
        self._fuse.point()
        return answer

    async def close(self) -> None:
        await self.inner.close()
