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


class Pace:
    """Says whether one more step of a loop would end in time, from how long the steps before took.

    On a busy machine a step may take several times what was planned for it. One that would end late is not begun.
    """

    def __init__(self, watch: Stopwatch, share: float) -> None:
        """Steps are to end by that share of the limit."""
        self._watch, self._end_s = watch, share * watch.limit_s
        self._before, self._step_s = watch.seconds, 0.0

    def goes_on(self) -> bool:
        """Whether the next step ends in time if it takes as long as the longer of the last two; ask before each."""
        now = self._watch.seconds
        last, self._step_s, self._before = self._step_s, now - self._before, now
        return not self._watch.past(1.0) and now + max(last, self._step_s) < self._end_s
