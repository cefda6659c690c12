"""Thrift: a replay makes and drops millions of small objects, none of them in circles.

So hardly anybody needs to look for circles.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (200_000, 20, 100)
"""Thresholds of the collector: with the usual 700 it took a sixth of the time of a greedy replay and found nothing."""


@contextmanager
def collect_seldom() -> Iterator[None]:
    """Let the collector of circular garbage run seldom; afterwards as before."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
