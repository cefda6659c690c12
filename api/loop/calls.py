"""Calls: what backends are being asked, one call an attempt; a backend that answers none holds up only its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from api.store import Attempt

A = TypeVar("A")


@dataclass(slots=True, eq=False)
class Calls(Generic[A]):
    """Calls under way by attempt; they go on from tick to tick until they are answered.

    Attributes:
        at_once: how many a backend gets at a time; the others wait for their turn.
    """

    at_once: int
    _tasks: dict[str, asyncio.Task[A]] = field(default_factory=dict)
    _backends: dict[str, str] = field(default_factory=dict)
    _gates: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    def __contains__(self, attempt: object) -> bool:
        """Whether a call about an attempt of that id is under way."""
        return attempt in self._tasks

    @property
    def tasks(self) -> Collection[asyncio.Task[A]]:
        """What is waited for."""
        return self._tasks.values()

    def by_backend(self) -> Counter[str]:
        """How many are under way, by backend."""
        return Counter(self._backends.values())

    def begin(self, attempt: Attempt, call: Callable[[], Coroutine[Any, Any, A]]) -> None:
        """Make a call about an attempt as soon as its backend has a turn."""
        gate = self._gates.setdefault(attempt.backend, asyncio.Semaphore(self.at_once))
        self._tasks[attempt.id] = asyncio.create_task(_in_turn(gate, call))
        self._backends[attempt.id] = attempt.backend

    async def answers(self, wait_s: float | None) -> list[A]:
        """Take what is answered by then; None waits for all."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=wait_s)
        return [self._forget(name).result() for name, task in list(self._tasks.items()) if task.done()]

    def keep(self, attempts: Collection[str]) -> None:
        """Drop the calls about all other attempts."""
        for name in self._tasks.keys() - set(attempts):
            self._forget(name).cancel()

    async def end(self) -> None:
        """Drop all."""
        dropped = list(self._tasks.values())
        self.keep(())
        await asyncio.gather(*dropped, return_exceptions=True)

    def _forget(self, attempt: str) -> asyncio.Task[A]:
        del self._backends[attempt]
        return self._tasks.pop(attempt)


async def _in_turn(gate: asyncio.Semaphore, call: Callable[[], Coroutine[Any, Any, A]]) -> A:
    async with gate:
        return await call()
