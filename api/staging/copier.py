"""The copier: a Mover of plain files and of whatever fsspec can read, S3-compatible stores among it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import fsspec  # type: ignore[import-untyped]

from api.staging.errors import SourceGone, StagingError, WrongChecksum
from api.staging.mover import Copied, Copy

PIECE_BYTES = 2**20
COPIES_AT_ONCE = 64
_BYTES_PER_GBIT = 1e9 / 8


class Copier:
    """Reads in pieces, writes beside the target, checks the digest, then puts the file in its place.

    What has arrived of a copy that was cut short stays, and the next attempt goes on behind it. Copies keep to their
    rate by waiting, for hours where a link is thin: in threads of their own, so that nothing else waits for them.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        """Take the clock that the rate is kept by, and what waits so many seconds unless the copy is given up."""
        self._clock, self._wait, self._piece_bytes = clock, wait, piece_bytes
        self._threads = ThreadPoolExecutor(COPIES_AT_ONCE, thread_name_prefix="edwc-copy")

    async def copy(self, order: Copy) -> Copied:
        """Copy in a thread of its own; see Mover.copy."""
        stop = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._copy, order, stop)
        except asyncio.CancelledError:
            stop.set()
            raise

    def _copy(self, order: Copy, stop: threading.Event) -> Copied:
        try:
            return self._found_or_copied(order, stop)
        except StagingError:
            raise
        except Exception as error:  # every protocol of fsspec has a client of its own, with errors of its own
            raise SourceGone(f"{order.source}: {error}") from error

    def _found_or_copied(self, order: Copy, stop: threading.Event) -> Copied:
        note = order.target.with_name(f"{order.target.name}.sha256")
        if order.target.exists() and note.exists():
            found = note.read_text(encoding="ascii").strip()
            return Copied(size_bytes=order.target.stat().st_size, sha256=found, moved_bytes=0)
        if order.target.parent.is_symlink():
            raise OSError(f"{order.target.parent} is a link; remove it")
        order.target.parent.mkdir(parents=True, exist_ok=True)
        part = order.target.with_name(f"{order.target.name}.part")
        with fsspec.open(order.source, "rb") as source, open(part, "a+b", opener=_plain_file) as target:
            moved, digest = self._move(order, source, target, stop)
        if order.sha256 and digest != order.sha256.lower():
            part.unlink()
            raise WrongChecksum(order.source, order.sha256, digest)
        size_bytes = part.stat().st_size
        part.replace(order.target)
        with open(note, "w", encoding="ascii", opener=_plain_file) as file:
            file.write(digest)
        return Copied(size_bytes=size_bytes, sha256=digest, moved_bytes=moved)

    def _move(self, order: Copy, source: Any, target: IO[bytes], stop: threading.Event) -> tuple[int, str]:
        """Return the bytes moved now, and the digest of the whole."""
        digest = hashlib.sha256()
        kept = _digested(target, digest)
        source.seek(0, os.SEEK_END)
        if kept > source.tell():  # another file by that name: begin again
            target.truncate(0)
            digest, kept = hashlib.sha256(), 0
        source.seek(kept)
        begun, moved = self._clock(), 0
        while piece := source.read(self._piece_bytes):
            if stop.is_set():
                raise OSError("given up")
            target.write(piece)
            digest.update(piece)
            moved += len(piece)
            early = moved / (order.rate_gbps * _BYTES_PER_GBIT) - (self._clock() - begun)
            if early > 0:
                self._wait(stop, early)
        target.flush()
        os.fsync(target.fileno())
        return moved, digest.hexdigest()


def _digested(arrived: IO[bytes], digest: Any) -> int:
    """Take what has arrived into the digest; its size in bytes."""
    arrived.seek(0)
    while piece := arrived.read(PIECE_BYTES):
        digest.update(piece)
    return arrived.tell()


def _plain_file(path: str, flags: int) -> int:
    """Open a file to write into, an opener for `open`: what work put there may be a link to elsewhere, or a pipe."""
    number = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(f"{path} is no plain file; remove it")
    return number
