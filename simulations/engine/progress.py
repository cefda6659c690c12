"""Progress: how far a run is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """News of a run.

    Attributes:
        fraction: share of the span that is simulated.
        instant: simulated time.
        jobs: jobs that have become known.
        seconds: wall time so far [s].
        seconds_left: wall time to go if it goes on like this [s]; infinite at the start.
    """

    fraction: float
    instant: datetime
    jobs: int
    seconds: float
    seconds_left: float
