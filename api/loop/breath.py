"""Breaths: long work on the event loop, done in pieces between which others have their turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")

ITEMS_PER_BREATH = 200


async def in_breaths(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items, and let others have their turn every so often."""
    for number, item in enumerate(items, start=1):
        yield item
        if number % ITEMS_PER_BREATH == 0:
            await asyncio.sleep(0)
