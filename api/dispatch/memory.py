"""The backend in memory: everything runs in simulated time, and all is forgotten at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from api.dispatch.backend import Launch, LogPiece, Observation, Sight
from api.dispatch.errors import StaleAttempt, UnknownAttempt
from api.dispatch.runner import STREAMS
from api.dispatch.simulated import SimulatedRun, simulate
from topology import Resources

Clock = Callable[[], datetime]

_INSTANT = timedelta(microseconds=1)


class MemoryBackend:
    """A Backend whose attempts are rows of a dictionary.

    Attributes:
        runs: every attempt that was started.
        starts: how often each attempt was truly started; never more than once.
    """

    resumes = True

    def __init__(self, clock: Clock, *, time_scale: float = 1.0) -> None:
        self._clock = clock
        self._scale = time_scale
        self.runs: dict[str, SimulatedRun] = {}
        self.starts: dict[str, int] = {}
        self._tokens: dict[str, int] = {}
        self._capacity: dict[str, Resources] = {}

    async def start(self, launch: Launch) -> str:
        """Start an attempt once; see Backend.start."""
        if launch.attempt in self.runs:
            return launch.attempt
        newest = self._tokens.get(launch.job, 0)
        if launch.token < newest:
            raise StaleAttempt(launch.attempt, launch.token, newest)
        self._tokens[launch.job] = launch.token
        self.runs[launch.attempt] = simulate(launch, self._clock(), self._scale)
        self.starts[launch.attempt] = self.starts.get(launch.attempt, 0) + 1
        return launch.attempt

    async def poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        """What the clock says of attempts; see Backend.poll."""
        now = self._clock()
        return {name: self._seen(name, now) for name in attempts}

    async def cancel(self, attempt: str) -> None:
        """End an attempt now; see Backend.cancel."""
        run, now = self.runs.get(attempt), self._clock()
        if run is None:
            self.runs[attempt] = SimulatedRun(started_at=now, ends_at=now + _INSTANT, cancelled_at=now)
        elif run.cancelled_at is None and now < run.ends_at:
            self.runs[attempt] = replace(run, cancelled_at=now)

    async def logs(self, attempt: str, offset: int = 0, stream: str = "stdout") -> LogPiece:
        """Simulated work says nothing; see Backend.logs."""
        if stream not in STREAMS:
            raise ValueError(f"stream {stream!r}: must be one of {', '.join(STREAMS)}")
        if attempt not in self.runs:
            raise UnknownAttempt(attempt)
        ended = self._seen(attempt, self._clock()).sight is Sight.ENDED
        return LogPiece(data=b"", next_offset=offset, complete=ended)

    async def capacity(self) -> Mapping[str, Resources]:
        """Whatever was set; see Backend.capacity."""
        return dict(self._capacity)

    def hold(self, site: str, capacity: Resources) -> None:
        """Say what a site really holds."""
        self._capacity[site] = capacity

    async def close(self) -> None:
        """Nothing is held."""

    def _seen(self, attempt: str, now: datetime) -> Observation:
        run = self.runs.get(attempt)
        return Observation(sight=Sight.NEVER) if run is None else run.seen(now)
