"""The broom: says when it is time to clean away at a site what nobody will ask for any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

EVERY_SECONDS = 600.0
KEEP_HOURS = 30 * 24.0
AT_ONCE = 200


class Broom:
    """Keeps the time between two cleanings, by a clock that nobody sets."""

    def __init__(self, *, keep_hours: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Take how long what is over stays."""
        self._keep, self._clock = timedelta(hours=keep_hours), clock
        self._swept_at: float | None = None

    def due(self, now: datetime) -> datetime | None:
        """Return the instant before which what ended may go, when it is time to clean; at first it is not."""
        beat = self._clock()
        if self._swept_at is None:  # a service that starts has other things to do
            self._swept_at = beat
        if beat - self._swept_at < EVERY_SECONDS:
            return None
        self._swept_at = beat
        return now - self._keep
