"""The interpreter's habits, set so that no request waits for its housekeeping."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import time
from collections.abc import Callable

# A thread that comes back from the database asks for the interpreter's lock; whoever holds it keeps it for one
# interval. Requests come back several times each, so the usual 5 ms would be most of their time under load.
SWITCH_SECONDS = 0.000_5

# Counting references frees nearly everything: a request leaves nothing for the collector. What it looks through, it
# looks through while everybody waits, milliseconds for the young and hundreds of them for ten thousand known jobs; so
# it does both when nobody waits. The young are also looked through when they are many: some 100 MB, were it garbage.
YOUNG_OBJECTS = 5_000
YOUNG_OBJECTS_MAX = 500_000
NEVER = 1_000_000

LOOK_SECONDS = 0.25
WHOLE_SECONDS = 600.0
WHOLE_SECONDS_MAX = 6 * 3600.0


def settle() -> None:
    """Take what start-up has built out of the collector's sight, and set how often it looks at the rest."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, NEVER, NEVER)


async def collect_when_quiet(answered: Callable[[], int], closing: asyncio.Event) -> None:
    """Collect garbage when nothing was asked for a while: the young often, all now and again.

    After hours without rest all is collected all the same.

    Args:
        answered: how many requests were answered so far.
        closing: ends it.
    """
    collected_at, before = time.monotonic(), answered()
    while not closing.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), LOOK_SECONDS)
        age, now = time.monotonic() - collected_at, answered()
        if age > WHOLE_SECONDS_MAX or (age > WHOLE_SECONDS and now == before):
            gc.collect()
            collected_at = time.monotonic()
        elif now == before and gc.get_count()[0] > YOUNG_OBJECTS:
            gc.collect(0)
        before = now
