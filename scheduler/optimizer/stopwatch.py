"""The one clock of the optimizer: when to stop. Nothing else here reads time."""

from __future__ import annotations

import time
from collections.abc import Callable


class Stopwatch:
    """Counts down a time limit on an injected monotonic clock and listens for cancellation."""

    def __init__(
        self,
        limit_s: float,
        *,
        cancelled: Callable[[], bool] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start counting `limit_s` seconds from now."""
        self._clock = clock
        self._cancelled = cancelled or (lambda: False)
        self._began = clock()
        self.limit_s = limit_s

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._began

    @property
    def left_s(self) -> float:
        """Seconds left, 0 when cancelled."""
        return 0.0 if self._cancelled() else max(0.0, self.limit_s - self.seconds)

    @property
    def share(self) -> float:
        """Share of the limit that has gone; 1 when there was none."""
        return self.seconds / self.limit_s if self.limit_s > 0 else 1.0

    def past(self, share: float) -> bool:
        """Whether that share of the limit has gone, or the caller cancelled."""
        return self._cancelled() or self.seconds >= share * self.limit_s
