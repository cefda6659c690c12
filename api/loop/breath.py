"""Breaths: long work on the event loop, done in pieces between which others have their turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")

# A request under way waits for one breath at each of its turns: no longer than it takes to answer one.
BREATH_SECONDS = 0.000_1


async def in_breaths(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, and let others have their turn whenever finding and using them has taken a while."""
    since = time.perf_counter()
    for item in items:
        yield item
        if time.perf_counter() - since > BREATH_SECONDS:
            await asyncio.sleep(0)
            since = time.perf_counter()
