"""The folder of one local attempt: all that is known of it, on disk, so that any process can read on."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from api.dispatch.backend import Ending, Launch, LogPiece, Observation, Sight
from api.dispatch.errors import UnknownAttempt
from api.dispatch.runner import (
    CANCEL,
    CHILD,
    CLAIM,
    LAUNCH,
    PIECE_BYTES,
    RESULT,
    STREAMS,
    identify,
    session_of,
    write_once,
)
from api.dispatch.simulated import SimulatedRun

SIMULATED = "simulated.json"


@dataclass(frozen=True, slots=True)
class AttemptFolder:
    """One attempt's files; see runner.py for who writes which."""

    path: Path

    @property
    def claimed(self) -> bool:
        """Whether a runner, or a cancel before any, has taken the attempt; then no other will."""
        return self._has(CLAIM) or self._has(SIMULATED) or self._has(RESULT)

    def prepare(self, spec: dict[str, Any]) -> None:
        """Make the folder and write down what is to run."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_once(self.path / LAUNCH, spec)

    def simulate(self, run: SimulatedRun) -> None:
        """Begin simulated time, once."""
        facts = {
            "started_at": run.started_at.isoformat(),
            "ends_at": run.ends_at.isoformat(),
            "timed_out": run.timed_out,
        }
        write_once(self.path / SIMULATED, facts)

    def cancel(self, now: datetime) -> None:
        """See to it that the attempt ends, or never begins."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_once(self.path / CANCEL, {"at": now.isoformat()})
        if not self._has(SIMULATED) and write_once(
            self.path / CLAIM, {"runner": None, "at": now.isoformat()}
        ):
            write_once(self.path / RESULT, _cancelled(now))

    def seen(self, now: datetime) -> Observation:
        """What the files and the process table say."""
        if self._has(RESULT):
            return _ended(self._read(RESULT))
        if self._has(SIMULATED):
            return self._simulated().seen(now)
        if not self._has(CLAIM):
            return Observation(sight=Sight.NEVER)
        runner = self._read(CLAIM)["runner"]
        if runner and identify(runner["pid"]) == runner:
            return Observation(sight=Sight.RUNNING, started_at=self._started_at())
        return self._deserted(now)

    def log(self, stream: str, offset: int) -> LogPiece:
        """A piece of a stream.

        Raises:
            UnknownAttempt: There is no such attempt.
        """
        if not self._has(LAUNCH):
            raise UnknownAttempt(self.path.name)
        if stream not in STREAMS:
            raise ValueError(f"stream {stream!r}: must be one of {', '.join(STREAMS)}")
        over = self._has(RESULT) or (self._has(SIMULATED) and not self._has(CLAIM))
        data = b""
        if self._has(f"{stream}.log"):
            with (self.path / f"{stream}.log").open("rb") as file:
                file.seek(offset)
                data = file.read(PIECE_BYTES)
        dropped = self._read(RESULT).get("dropped_bytes", {}).get(stream, 0) if self._has(RESULT) else 0
        return LogPiece(
            data=data,
            next_offset=offset + len(data),
            complete=over and len(data) < PIECE_BYTES,
            dropped_bytes=dropped,
        )

    def _deserted(self, now: datetime) -> Observation:
        """The runner is gone: it left a result, or the outcome will never be known."""
        if self._has(RESULT):  # written between our two looks
            return _ended(self._read(RESULT))
        leftovers = self._leftovers()
        for pid in leftovers:
            os.kill(pid, signal.SIGKILL)
        if leftovers:
            return Observation(sight=Sight.UNKNOWN, detail="the runner is gone; ending what it left")
        if self._has(CANCEL):
            write_once(self.path / RESULT, _cancelled(now))
            return _ended(self._read(RESULT))
        return Observation(sight=Sight.LOST, started_at=self._started_at(), detail="the runner was killed")

    def _leftovers(self) -> list[int]:
        """Processes of the command's session. The number may be another's by now, so they must also carry our name.

        A runner that was killed before it wrote the session down leaves only its folder to know them by.
        """
        session = self._read(CHILD)["pid"] if self._has(CHILD) else None
        name = f"EDWC_ATTEMPT={self.path.name}" if session else f"HOME={self.path / 'work'}"
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and session in (None, session_of(int(entry.name))):
                try:
                    if name.encode() in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found

    def _started_at(self) -> datetime:
        return datetime.fromisoformat(self._read(CLAIM)["at"])

    def _simulated(self) -> SimulatedRun:
        facts = self._read(SIMULATED)
        return SimulatedRun(
            started_at=datetime.fromisoformat(facts["started_at"]),
            ends_at=datetime.fromisoformat(facts["ends_at"]),
            cancelled_at=datetime.fromisoformat(self._read(CANCEL)["at"]) if self._has(CANCEL) else None,
            timed_out=facts["timed_out"],
        )

    def _has(self, name: str) -> bool:
        return (self.path / name).exists()

    def _read(self, name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        return document


def launch_spec(launch: Launch, *, log_cap_bytes: int, grace_s: float) -> dict[str, Any]:
    """Return what the runner must know of a launch. Memory is that of the whole gang: it runs on one machine."""
    return {
        "attempt": launch.attempt,
        "job": launch.job,
        "token": launch.token,
        "command": list(launch.command),
        "wall_limit_seconds": launch.wall_limit_minutes * 60,
        "memory_limit_bytes": int(launch.resources.memory_gib * launch.tasks * 2**30),
        "log_cap_bytes": log_cap_bytes,
        "grace_seconds": grace_s,
    }


def _cancelled(now: datetime) -> dict[str, Any]:
    return {"ending": "cancelled", "started_at": None, "ended_at": now.isoformat()}


def _ended(result: dict[str, Any]) -> Observation:
    started = result["started_at"]
    return Observation(
        sight=Sight.ENDED,
        ending=Ending(result["ending"]),
        exit_code=result.get("exit_code"),
        signal=result.get("signal"),
        started_at=datetime.fromisoformat(started) if started else None,
        ended_at=datetime.fromisoformat(result["ended_at"]),
        measured=result.get("measured", {}),
        detail=result.get("detail", ""),
    )
