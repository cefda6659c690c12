"""The controller: stands for election, and while it leads, ticks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import structlog

from api.loop.clock import Clock
from api.loop.loop import Loop, LoopParts
from api.store import Leadership, StaleLeaderError, UnavailableError

STAND_SECONDS = 1.0
HELD_SECONDS = 2.0
REST_SECONDS = 1.0
log = structlog.get_logger("edwc.loop")


@dataclass(slots=True, eq=False)
class Controller:
    """Leads, or waits to lead.

    Attributes:
        parts: what its loops work with.
        clock: what time it is.
        holder: its name in the election.
        loop: the loop of its reign, while it leads.
    """

    parts: LoopParts
    clock: Clock
    holder: str
    loop: Loop | None = None

    async def run_forever(self, stop: asyncio.Event) -> None:
        """Stand for election and reign, again and again, until told to stop."""
        try:
            while not stop.is_set():
                try:
                    leadership = await self.parts.store.lead(self.holder)
                    if leadership is not None:
                        await self._reign(leadership, stop)
                        continue
                except UnavailableError as error:
                    log.warning("store_unavailable", error=str(error))
                except Exception:
                    # Whatever it was, it stands again: a process that lives on and leads nothing helps nobody.
                    log.exception("stand_failed", holder=self.holder)
                await _pause(stop, STAND_SECONDS)
        finally:
            await self.parts.planner.close()
            await self.parts.admitter.close()

    async def _reign(self, leadership: Leadership, stop: asyncio.Event) -> None:
        """Tick until told to stop or until another leads; a fault begins a fresh loop under the same epoch."""
        log.info("leadership_won", holder=self.holder, epoch=leadership.epoch)
        try:
            while not stop.is_set() and await leadership.held():
                self.loop = Loop(self.parts, epoch=leadership.epoch)
                try:
                    await self._tick_on(self.loop, leadership, stop)
                except StaleLeaderError as error:
                    log.warning(
                        "leadership_lost", holder=self.holder, epoch=leadership.epoch, error=str(error)
                    )
                    return
                except UnavailableError as error:
                    log.warning("store_unavailable", error=str(error))
                    await _pause(stop, REST_SECONDS)
                except Exception:
                    # Whatever it was, the next loop reads everything anew; only a dead controller helps nobody.
                    log.exception("tick_failed", epoch=leadership.epoch)
                    await _pause(stop, REST_SECONDS)
                finally:
                    await self.loop.end()
        finally:
            self.loop = None
            await leadership.release()

    async def _tick_on(self, loop: Loop, leadership: Leadership, stop: asyncio.Event) -> None:
        settings, looked_at = self.parts.settings, time.monotonic()
        while not stop.is_set():
            await loop.tick(self.clock())
            await _pause(stop, settings.tick_pause_s)
            if not stop.is_set():
                await loop.wait(settings.tick_s)
            if time.monotonic() - looked_at > HELD_SECONDS:
                if not await leadership.held():
                    return
                looked_at = time.monotonic()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass
