"""Simulated time: work without a command, which runs as long as its owner said and does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from api.dispatch.backend import Ending, Launch, Observation, Sight


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedRun:
    """One attempt in simulated time; a cancelled one ends when it was cancelled.

    Attributes:
        started_at: first instant.
        ends_at: first instant after it.
        cancelled_at: when it was told to end, or None.
        timed_out: whether the wall-clock limit ends it.
    """

    started_at: datetime
    ends_at: datetime
    cancelled_at: datetime | None = None
    timed_out: bool = False

    def seen(self, now: datetime) -> Observation:
        """What is seen of it at an instant."""
        if self.cancelled_at is not None and self.cancelled_at < self.ends_at:
            return self._ended(self.cancelled_at, Ending.CANCELLED)
        if now < self.ends_at:
            return Observation(sight=Sight.RUNNING, started_at=self.started_at)
        return self._ended(self.ends_at, Ending.TIMEOUT if self.timed_out else Ending.EXITED)

    def _ended(self, at: datetime, ending: Ending) -> Observation:
        return Observation(
            sight=Sight.ENDED,
            ending=ending,
            exit_code=0 if ending is Ending.EXITED else None,
            started_at=self.started_at,
            ended_at=at,
            detail="simulated time",
        )


def simulate(launch: Launch, now: datetime, time_scale: float) -> SimulatedRun:
    """Return the run of an attempt that begins now and takes runtime * time_scale."""
    minutes = min(launch.runtime_minutes, launch.wall_limit_minutes)
    return SimulatedRun(
        started_at=now,
        ends_at=now + timedelta(minutes=minutes * time_scale),
        timed_out=launch.wall_limit_minutes < launch.runtime_minutes,
    )
