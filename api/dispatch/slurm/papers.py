"""The papers of one attempt at a Slurm site: files in the site's shared folder, so that any process finds them again.

attempts/ID/    belongs to the attempt (attempt.sh)
    claim/      a directory that only one can make: the attempt, or the service that will never let it run
        by      Slurm's number and the instant, by the attempt     beat  a count that grows while it lives
    result      how it ended; whoever links it first settles the attempt
    cancel      put there by the service: the attempt ends itself
    stdout.log stderr.log, stdout.dropped stderr.dropped
desk/ID/        belongs to the service; work cannot write there
    asked.json  a submission may be under way     asked-again     more than one was
    handle      Slurm's number, once acknowledged
    started.json settled.json     the instants and the outcome as first seen, so that they never change again
fences/JOB      the newest fencing token of a job
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pwd
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from api.dispatch.backend import LogPiece
from api.dispatch.errors import UnknownAttempt
from api.dispatch.runner import PIECE_BYTES, STREAMS, write_once
from api.dispatch.times import cpu_seconds

PAPER_BYTES = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What an attempt wrote down at its end.

    Attributes:
        code: as a shell has it: above 128 a signal.
        why: what the attempt itself was ended for, such as "timeout"; "" when nothing.
        told: whether Slurm asked it to end.
        took_s: from its beginning to its end, by its node's clock.
        cpu_s: processor time.
        nodes: where it ran, as Slurm writes a list of nodes.
    """

    code: int
    why: str
    told: bool
    took_s: float
    cpu_s: float | None
    nodes: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What the papers say of an attempt.

    Attributes:
        attempt: its id.
        settled: the outcome, when it has been found out.
        asked_at: when its submission began.
        asked_again: it may have been submitted more than once.
        number: Slurm's number, by the claim or by the acknowledgement.
        claimed: somebody has taken it.
        began: by its node's clock [s since 1970].
        beat: its last sign of life.
        beat_at: when that was written, by its node's clock or that of the shared disk [s since 1970].
        result: what it wrote at its end.
        cancelled: it was asked to end.
    """

    attempt: str
    settled: dict[str, Any] | None = None
    asked_at: datetime | None = None
    asked_again: bool = False
    number: int | None = None
    claimed: bool = False
    began: float | None = None
    beat: str = ""
    beat_at: float | None = None
    result: Result | None = None
    cancelled: bool = False

    @property
    def took_s(self) -> float | None:
        """How long it is known to have run: to its end, or to its last sign of life; None when nothing is known."""
        if self.result is not None:
            return self.result.took_s
        if self.began is None or self.beat_at is None:
            return None
        return max(self.beat_at - self.began, 0.0)


@dataclass(frozen=True, slots=True)
class Papers:
    """One attempt's files. Everything here may wait for a slow disk."""

    root: Path
    attempt: str

    @property
    def folder(self) -> Path:
        """Where the attempt writes."""
        return self.root / "attempts" / self.attempt

    @property
    def desk(self) -> Path:
        """Where the service writes."""
        return self.root / "desk" / self.attempt

    def look(self) -> Look:
        """What they say now."""
        settled = _document(self.desk / "settled.json")
        number, began = _claim(self.folder / "claim/by")
        handle = _text(self.desk / "handle")
        asked = _document(self.desk / "asked.json")
        return Look(
            attempt=self.attempt,
            settled=settled,
            asked_at=datetime.fromisoformat(asked["at"]) if asked else None,
            asked_again=(self.desk / "asked-again").exists(),
            number=number or (int(handle) if handle else None),
            claimed=(self.folder / "claim").exists(),
            began=began,
            beat=_text(self.folder / "claim/beat"),
            beat_at=_written_at(self.folder / "claim/beat"),
            result=None if settled else self._result(began),
            cancelled=(self.folder / "cancel").exists(),
        )

    def make(self, user: str, job: str = "") -> None:
        """Make the folders; those of the attempt and its job belong to the user in whose name it runs.

        So does what is in the job's: a checkpoint may have been brought from another site.
        """
        self.desk.mkdir(parents=True, exist_ok=True, mode=0o750)
        kept = self.root / "checkpoints" / job
        for folder in (self.folder, *([kept] if job else [])):
            folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            with contextlib.suppress(KeyError):  # a user whom only the cluster knows needs a shared group
                entry = pwd.getpwnam(user)
                os.chown(self.folder, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
                if job:
                    _give(kept, entry.pw_uid, entry.pw_gid)

    def ask(self, now: datetime) -> None:
        """Write down that a submission begins, before it does."""
        if not write_once(self.desk / "asked.json", {"at": now.isoformat()}):
            (self.desk / "asked-again").touch()

    def withdraw(self) -> None:
        """Take back the only submission: it was refused."""
        if not (self.desk / "asked-again").exists():
            (self.desk / "asked.json").unlink(missing_ok=True)

    def accept(self, number: int) -> None:
        """Write down Slurm's number."""
        draft = self.desk / f".handle.{os.getpid()}"
        draft.write_text(str(number), encoding="ascii")
        draft.replace(self.desk / "handle")

    def cancel(self) -> None:
        """Ask the attempt to end itself."""
        with contextlib.suppress(FileExistsError):  # a link put there is not followed
            (self.folder / "cancel").touch(exist_ok=False)

    def take(self) -> bool:
        """Take the claim in the attempt's place; it then never runs. Whether it was still to be had."""
        try:
            (self.folder / "claim").mkdir()
        except FileExistsError:
            return False
        return True

    def bar(self) -> bool:
        """Settle in the attempt's place; whether it had not done so itself. What still runs of it ends itself."""
        draft = self.desk / f".result.{os.getpid()}"
        draft.write_text("code=0\nwhy=lost\ntold=\nbegan=0\nended=0\n", encoding="ascii")
        try:
            os.link(draft, self.folder / "result")
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def started(self, at: datetime) -> datetime:
        """When it began, as first written down."""
        path = self.desk / "started.json"
        self.desk.mkdir(parents=True, exist_ok=True, mode=0o750)
        write_once(path, {"at": at.isoformat()})
        return datetime.fromisoformat((_document(path) or {"at": at.isoformat()})["at"])

    def settle(self, outcome: dict[str, Any]) -> dict[str, Any]:
        """Write down the outcome; the one that stands, which an earlier one may be."""
        write_once(self.desk / "settled.json", outcome)
        return _document(self.desk / "settled.json") or outcome

    def log(self, stream: str, offset: int) -> LogPiece:
        """A piece of a stream.

        Raises:
            UnknownAttempt: there is no such attempt.
        """
        if stream not in STREAMS:
            raise ValueError(f"stream {stream!r}: must be one of {', '.join(STREAMS)}")
        if not self.folder.exists():
            raise UnknownAttempt(self.attempt)
        over = (self.desk / "settled.json").exists()
        data = b""
        with contextlib.suppress(FileNotFoundError), _open_here(self.folder / f"{stream}.log") as file:
            file.seek(offset)
            data = file.read(PIECE_BYTES)
        dropped = _text(self.folder / f"{stream}.dropped")[:18]
        return LogPiece(
            data=data,
            next_offset=offset + len(data),
            complete=over and len(data) < PIECE_BYTES,
            dropped_bytes=int(dropped) if dropped.isdecimal() else 0,
        )

    def _result(self, began: float | None) -> Result | None:
        text = _text(self.folder / "result")
        if not text:
            return None
        facts = dict(line.partition("=")[::2] for line in text.splitlines())
        began = float(facts["began"]) or began or 0.0
        return Result(
            code=int(facts["code"]),
            why=facts["why"],
            told=bool(facts["told"]),
            took_s=max(float(facts["ended"]) - began, 0.0),
            cpu_s=cpu_seconds(_text(self.folder / "claim/times")),
            nodes=facts.get("nodes", ""),
        )


def _open_here(path: Path) -> BinaryIO:
    """Open a file of a folder that work owns, where there may be anything.

    A link must not lead us to what work may not read, and a pipe must not keep us waiting for who writes into it.

    Raises:
        FileNotFoundError: it is not there, or is no plain file.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link; a socket
            raise FileNotFoundError(path) from error
        raise
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise FileNotFoundError(path)
    return open(number, "rb")


def _text(path: Path) -> str:
    """What is written on a paper; papers are short, whatever work makes of them."""
    try:
        with _open_here(path) as file:
            return file.read(PAPER_BYTES).decode(errors="replace").strip()
    except FileNotFoundError:
        return ""


def _written_at(path: Path) -> float | None:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return None


def _give(folder: Path, user: int, group: int) -> None:
    """Give a folder away with all that is in it, by handles: work may swap a path in it for a link at any moment."""
    for _, folders, files, handle in os.fwalk(folder):
        os.fchown(handle, user, group)
        for name in (*folders, *files):
            os.chown(name, user, group, dir_fd=handle, follow_symlinks=False)


def _document(path: Path) -> dict[str, Any] | None:
    """What the service wrote down on its desk."""
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return document


def _claim(path: Path) -> tuple[int | None, float | None]:
    number, _, began = _text(path).partition(" ")
    return (int(number), float(began)) if number and began else (None, None)
