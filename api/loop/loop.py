"""The loop: the only corridor between what is asked, what is decided and what runs.

tick(now): snapshot -> schedule -> commit -> start what is due -> poll -> meter. The snapshot begins with a look at what
runs, so that what has just ended makes room for what is due. Everything is written down before
it is done, and doing it again changes nothing: a crash between any two steps is mended by the next tick.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from api.dispatch import Backends
from api.feeds import Feed
from api.loop.drilling import Drilling
from api.loop.expiry import expire
from api.loop.health import Health
from api.loop.luggage import Luggage
from api.loop.meter import Meter
from api.loop.planner import Planner
from api.loop.planning import Planning
from api.loop.recovery import Recovery
from api.loop.reign import Reign
from api.loop.settings import LoopSettings
from api.loop.settlement import Settlement
from api.loop.starts import Starts
from api.loop.watch import Watch
from api.staging import Stager
from api.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticked:
    """What one tick did, in jobs.

    Attributes:
        expired: too late now.
        started: handed to a backend.
        moved: brought on by what backends saw.
        metered: running ones whose usage was written.
        live: jobs that are not at their end.
    """

    expired: int
    started: int
    moved: int
    metered: int
    live: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopParts:
    """What a loop works with; see each part's own page."""

    store: Store
    feed: Feed
    backends: Backends
    planner: Planner
    admitter: Planner
    settings: LoopSettings
    stager: Stager | None = None


class Loop:
    """One reign's ticks."""

    def __init__(self, parts: LoopParts, *, epoch: int) -> None:
        """Take the parts and the epoch under which everything is written."""
        self.parts = parts
        self.reign = Reign(
            store=parts.store,
            epoch=epoch,
            catalogue=parts.feed.catalogue,
            settlement=Settlement(parts.store),
        )
        reign, settings = self.reign, parts.settings
        self.planning = Planning(
            reign=reign, feed=parts.feed, planner=parts.planner, admitter=parts.admitter, settings=settings
        )
        self.luggage = Luggage(reign=reign, backends=parts.backends, stager=parts.stager)
        self.starts = Starts(
            reign=reign,
            backends=parts.backends,
            settings=settings,
            planning=self.planning,
            luggage=self.luggage,
        )
        self.meter = Meter(reign=reign, feed=parts.feed, settings=settings)
        self.watch = Watch(
            reign=reign,
            backends=parts.backends,
            meter=self.meter,
            settings=settings,
            handing_over=self.starts.calls,
        )
        self.health = Health(
            reign=reign,
            backends=parts.backends,
            settings=settings,
            heard=self.watch.heard,
            unheard=self.watch.unheard,
        )
        self.recovery = Recovery(
            reign=reign, backends=parts.backends, planning=self.planning, settings=settings
        )
        self.drilling = Drilling(reign=reign, backends=parts.backends)
        self.planning.in_pieces = all(parts.backends.resumes(name) for name, _ in parts.backends)
        self._begun = False

    async def tick(self, now: datetime) -> Ticked:
        """Take every step once.

        Raises:
            StaleLeaderError: Another controller leads.
            UnavailableError: The store does not answer; begin anew with a fresh loop.
        """
        if not self._begun:
            await self.reign.begin()
            self._begun = True
        await self.reign.catch_up()
        await self.health.advance(now)
        await self.drilling.advance(now)
        moved = await self.watch.advance(now)
        expired = await expire(self.reign, now)
        self.planning.capacity = self.starts.capacity = self.health.capacity
        await self.recovery.advance(now)
        await self.planning.advance(now)
        await self.luggage.advance()
        started = await self.starts.advance(now)
        if started:
            moved += await self.watch.advance(now)
        metered = await self.meter.advance(self.watch.running, now)
        return Ticked(
            expired=expired, started=started, moved=moved, metered=metered, live=len(self.reign.jobs)
        )

    async def wait(self, timeout_s: float) -> None:
        """Sleep until the store has changed, a plan is ready, a start is answered for or the time is over."""
        change = asyncio.ensure_future(self.parts.store.wait_for_change(self.reign.seq, timeout_s))
        try:
            await asyncio.wait(
                {change, *self.planning.under_way, *self.starts.calls.tasks},
                timeout=timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            change.cancel()
            await asyncio.gather(change, return_exceptions=True)

    async def end(self) -> None:
        """Drop what is being asked and planned; what runs runs on."""
        for part in (self.planning, self.recovery, self.starts, self.watch, self.health, self.luggage):
            await part.end()
