"""The runner of one attempt: a small process of its own that outlives the service.

Started with the attempt's folder as its only argument, by path and without site packages, so that it is there
in milliseconds: it imports nothing but the standard library. It claims the folder, runs the command in a session
of its own under limits, keeps its output up to a cap, and writes down how it ended. Whoever wants the attempt
to end puts a file named `cancel` into the folder.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

LAUNCH, CLAIM, CHILD, RESULT, CANCEL = "launch.json", "claim.json", "child.json", "result.json", "cancel"
STREAMS = ("stdout", "stderr")
BEAT_SECONDS = 0.1
DRAIN_SECONDS = 1.0
PIECE_BYTES = 65_536
_PR_SET_PDEATHSIG = 1
_STAT_STATE, _STAT_SESSION, _STAT_START = 0, 3, 19  # fields of /proc/PID/stat after the name


def identify(pid: int) -> dict[str, Any] | None:
    """Return what tells a process from a later one of the same number; None when it is gone or a zombie."""
    fields = stat_fields(pid)
    if fields is None or fields[_STAT_STATE] in "ZX":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return {"pid": pid, "start": int(fields[_STAT_START]), "boot": boot}


def stat_fields(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat behind the name, or None without such a process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def session_of(pid: int) -> int | None:
    """Return the session a process belongs to, or None when it is gone or a zombie."""
    fields = stat_fields(pid)
    return None if fields is None or fields[_STAT_STATE] in "ZX" else int(fields[_STAT_SESSION])


def write_once(path: Path, document: Mapping[str, Any]) -> bool:
    """Write a file whole and synced, unless it is there; whether it was written now."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


class Log:
    """One stream of output, kept up to a cap."""

    def __init__(self, path: Path, cap_bytes: int) -> None:
        self._file = path.open("ab", buffering=0)
        self._room = cap_bytes - self._file.tell()
        self.dropped_bytes = 0

    def write(self, data: bytes) -> None:
        """Keep what fits; a full disk drops like a full log, and the work goes on."""
        kept = 0
        with contextlib.suppress(OSError):
            kept = self._file.write(data[: max(self._room, 0)]) or 0
        self._room -= kept
        self.dropped_bytes += len(data) - kept


class Runner:
    """Runs the command of one folder."""

    def __init__(self, folder: Path, started_at: str) -> None:
        self.folder = folder
        self.spec: dict[str, Any] = json.loads((folder / LAUNCH).read_text(encoding="utf-8"))
        self.logs = {name: Log(folder / f"{name}.log", self.spec["log_cap_bytes"]) for name in STREAMS}
        self.pipes = selectors.DefaultSelector()
        self.started_at = started_at
        self.asked_to_end = ""
        self.killing_from = 0.0

    def run(self) -> dict[str, Any]:
        """Run to the end; the result."""
        if (self.folder / CANCEL).exists():
            return self._result(ending="cancelled")
        try:
            child = self._spawn()
        except OSError as error:
            return self._result(
                ending="not_started", exit_code=127, detail=f"{self.spec['command'][0]}: {error.strerror}"
            )
        write_once(self.folder / CHILD, identify(child.pid) or {"pid": child.pid})
        status, usage = self._watch(child.pid)
        self._end_session(child.pid)
        self._drain()
        return self._outcome(os.waitstatus_to_exitcode(status), usage)

    def _spawn(self) -> subprocess.Popen[bytes]:
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        child = subprocess.Popen(  # noqa: S603  (running the tenant's command is what this is for)
            self.spec["command"],
            cwd=work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_limits(self.spec["memory_limit_bytes"]),  # noqa: PLW1509  (this process has one thread)
        )
        for name, pipe in zip(STREAMS, (child.stdout, child.stderr), strict=True):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            self.pipes.register(pipe, selectors.EVENT_READ, self.logs[name])
        return child

    def _watch(self, pid: int) -> tuple[int, resource.struct_rusage]:
        limit = time.monotonic() + self.spec["wall_limit_seconds"]
        while True:
            ended, status, usage = os.wait4(pid, os.WNOHANG)
            if ended:
                return status, usage
            if not self.asked_to_end and (self.folder / CANCEL).exists():
                self._ask_to_end(pid, "cancelled")
            if not self.asked_to_end and time.monotonic() > limit:
                self._ask_to_end(pid, "timeout")
            if self.asked_to_end and time.monotonic() > self.killing_from:
                _signal_group(pid, signal.SIGKILL)
            self._read(BEAT_SECONDS)

    def _ask_to_end(self, pid: int, why: str) -> None:
        self.asked_to_end = why
        self.killing_from = time.monotonic() + self.spec["grace_seconds"]
        _signal_group(pid, signal.SIGTERM)

    def _read(self, wait_seconds: float) -> bool:
        """Read what is there; whether there was anything."""
        if not self.pipes.get_map():
            time.sleep(min(wait_seconds, BEAT_SECONDS / 5))
            return False
        ready = self.pipes.select(wait_seconds)
        for key, _ in ready:
            pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
            with contextlib.suppress(BlockingIOError):
                data = os.read(pipe.fileno(), PIECE_BYTES)
                if data:
                    key.data.write(data)
                else:
                    self.pipes.unregister(pipe)
        return bool(ready)

    def _end_session(self, pid: int) -> None:
        """End what the command left behind: the attempt is over when its first process is."""
        _signal_group(pid, signal.SIGKILL)
        for other in _processes():
            if session_of(other) == pid:
                with contextlib.suppress(OSError):
                    os.kill(other, signal.SIGKILL)

    def _drain(self) -> None:
        end = time.monotonic() + DRAIN_SECONDS
        while self.pipes.get_map() and time.monotonic() < end:
            self._read(BEAT_SECONDS)

    def _outcome(self, code: int, usage: resource.struct_rusage) -> dict[str, Any]:
        measured = {
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "memory_peak_mib": usage.ru_maxrss / 1024,
            "blocks_read": usage.ru_inblock,
            "blocks_written": usage.ru_oublock,
        }
        killed_by = -code if code < 0 else None
        ending = self.asked_to_end or ("exited" if killed_by is None else "signalled")
        # What ended well before the word arrived has ended well.
        if self.asked_to_end and code == 0:
            ending = "exited"
        detail = f"wall-clock limit of {self.spec['wall_limit_seconds']:g} s" if ending == "timeout" else ""
        return self._result(
            ending=ending,
            exit_code=code if code >= 0 else None,
            signal=killed_by,
            measured=measured,
            detail=detail,
        )

    def _result(self, **facts: Any) -> dict[str, Any]:
        dropped = {name: log.dropped_bytes for name, log in self.logs.items()}
        return {"started_at": self.started_at, "ended_at": _now(), "dropped_bytes": dropped, **facts}


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _limits(memory_bytes: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None)

    def apply() -> None:
        # The command does not outlive its runner: what nobody watches must not run.
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if memory_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return apply


def main(folder: Path) -> None:
    """Claim the folder and run it; a second runner of the same folder leaves without a trace."""
    os.chdir(folder)
    started_at = _now()
    if not write_once(folder / CLAIM, {"runner": identify(os.getpid()), "at": started_at}):
        return
    result = Runner(folder, started_at).run()
    while True:
        try:
            write_once(folder / RESULT, result)
            return
        except OSError:  # a full disk: the outcome is worth waiting for
            time.sleep(1.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
