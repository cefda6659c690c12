"""A stage for the loop: a small world, a store, a backend in simulated time, and a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from api.dispatch import Backend, Backends, MemoryBackend
from api.dispatch.registry import full_name
from api.loop import InlinePlanner, Loop, LoopParts, LoopSettings, Planner, cancel
from api.store import (
    AddJob,
    Attempt,
    Event,
    Events,
    Job,
    Many,
    One,
    Put,
    SiteState,
    Store,
    Tenant,
    Usage,
    new_id,
    open_store,
)
from pricing import PriceBook
from tests.builders import catalogue, price_book, site
from topology import Catalogue, Horizon, Resources

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
SETTINGS = LoopSettings(
    horizon_hours=6.0, plan_wait_s=None, plan_every_s=0.0, retry_s=60.0, attempts_max=5, silence_s=120.0
)


class FlatFeed:
    """A Feed whose prices are one figure a site."""

    def __init__(self, places: Catalogue, cny_per_kwh: Mapping[str, float]) -> None:
        self._catalogue, self._price = places, cny_per_kwh

    @property
    def catalogue(self) -> Catalogue:
        return self._catalogue

    async def prices(self, horizon: Horizon) -> PriceBook:
        ids = self._catalogue.site_ids
        row = np.array([[self._price.get(name, 1.0)] for name in ids])
        flat = np.ones((len(ids), horizon.slots))
        return price_book(
            ids, horizon, power=flat * row, carbon=flat * 500.0, pue=flat, carbon_cny_per_t=100.0
        )

    async def capacity(self) -> Mapping[str, Resources]:
        return {}


@dataclass
class Stage:
    """Everything a story of the loop needs; west is the cheap site, east the dear one."""

    now: datetime = NOON
    settings: LoopSettings = SETTINGS
    store: Store = field(default_factory=lambda: open_store("memory://"))
    feed: FlatFeed = field(
        default_factory=lambda: FlatFeed(
            catalogue(site("west", cpu_cores=100), site("east", cpu_cores=100)), {"west": 0.5, "east": 1.0}
        )
    )
    backend: Backend | None = None
    planner: Planner = field(default_factory=InlinePlanner)
    loop: Loop | None = None

    def __post_init__(self) -> None:
        self.memory = MemoryBackend(self.clock, time_scale=self.settings.time_scale)
        self.backend = self.backend or self.memory

    def clock(self) -> datetime:
        return self.now

    async def open(self) -> Stage:
        await self.store.write(Put(record=Tenant(name="default", created_at=self.now)))
        await self.restart()
        return self

    async def restart(self) -> None:
        """A new controller: the old one was killed, and has taken what it knew with it."""
        if self.loop is not None:
            await self.loop.end()
        # The memory's lock has no session that dies with its holder, so the epoch is won by hand.
        leadership = await self.store.lead("test")
        assert leadership is not None
        await leadership.release()
        assert self.backend is not None
        name = full_name("memory", self.backend)
        parts = LoopParts(
            store=self.store,
            feed=self.feed,
            backends=Backends(by_name={name: self.backend}, default=name),
            planner=self.planner,
            admitter=self.planner,
            settings=self.settings,
        )
        self.loop = Loop(parts, epoch=leadership.epoch)

    async def submit(
        self, name: str = "train", *, minutes: float = 60.0, cores: float = 10.0, **fields: Any
    ) -> str:
        """Store a job as the routes would; its id."""
        document = {
            "name": name,
            "demand": {"cpu_cores": cores},
            "variants": [{"runtime_minutes": minutes}],
            "value_cny": 1e6,
            **fields,
        }
        job = Job(
            id=new_id("job", self.now),
            tenant="default",
            name=name,
            document=json.dumps(document),
            created_at=self.now,
            updated_at=self.now,
            month="2026-07",
        )
        await self.store.write(AddJob(job=job))
        return job.id

    async def tick(self, *, after_minutes: float = 0.0) -> None:
        self.now += timedelta(minutes=after_minutes)
        assert self.loop is not None
        await self.loop.tick(self.now)

    async def run(self, minutes: float, *, step: float = 5.0) -> None:
        for _ in range(int(minutes / step)):
            await self.tick(after_minutes=step)

    async def job(self, job_id: str) -> Job:
        job = await self.store.read(One(Job, job_id))
        assert job is not None
        return job

    async def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        return (await self.store.read(Many(Attempt, {"job": job_id}))).items

    async def usage(self, job_id: str) -> list[Usage]:
        page = await self.store.read(Many(Usage, {"job": job_id}))
        return sorted(page.items, key=lambda usage: usage.started_at)

    async def story(self, job_id: str) -> list[str]:
        """The states a job went through."""
        events = await self.store.read(Events(limit=10_000))
        return [event.kind.removeprefix("job.") for event in events if event.subject == job_id]

    async def events(self) -> tuple[Event, ...]:
        return await self.store.read(Events(limit=10_000))

    async def ask_to_cancel(self, job_id: str) -> None:
        """What the route of a cancel does."""
        assert await cancel(self.store, await self.job(job_id), self.now) is not None

    async def say(self, site_id: str, **fields: Any) -> None:
        """What an operator says of a site."""
        await self.store.write(Put(record=SiteState(site=site_id, updated_at=self.now, **fields)))


S = TypeVar("S", bound=Stage)


def story(
    settings: LoopSettings = SETTINGS,
    *,
    stage: Callable[..., S] = Stage,  # type: ignore[assignment]
) -> Callable[[Callable[[S], Awaitable[None]]], Callable[[], None]]:
    """Run an async story on a fresh stage."""

    def wrap(play: Callable[[S], Awaitable[None]]) -> Callable[[], None]:
        def test() -> None:
            async def act() -> None:
                fresh = stage(settings=settings)
                await fresh.open()
                await play(fresh)
                assert fresh.loop is not None
                await fresh.loop.end()

            asyncio.run(act())

        test.__name__, test.__doc__ = play.__name__, play.__doc__
        return test

    return wrap
