"""Wakes whoever waits for the next event, in whichever event loop they wait."""

from __future__ import annotations

import asyncio
import contextlib
import threading


class Bell:
    """The newest event's number, and those who sleep until it grows."""

    def __init__(self, seq: int) -> None:
        self._seq = seq
        self._lock = threading.Lock()
        self._sleepers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def seq(self) -> int:
        """The newest number rung."""
        return self._seq

    def ring(self, seq: int) -> None:
        """Tell everyone that events up to `seq` are committed. Any thread may ring."""
        with self._lock:
            if seq <= self._seq:
                return
            self._seq = seq
            sleepers = tuple(self._sleepers)
        for loop, awake in sleepers:
            with contextlib.suppress(RuntimeError):  # its loop was closed: nobody sleeps there any more
                loop.call_soon_threadsafe(awake.set)

    async def wait(self, after_seq: int, timeout_s: float) -> int:
        """Sleep until a number above `after_seq` is rung or the time is over; the newest number."""
        awake = asyncio.Event()
        sleeper = (asyncio.get_running_loop(), awake)
        with self._lock:
            if self._seq > after_seq:
                return self._seq
            self._sleepers.add(sleeper)
        try:
            async with asyncio.timeout(timeout_s):
                await awake.wait()
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._sleepers.discard(sleeper)
        return self._seq
