"""The copier: a Mover of plain files and of whatever fsspec can read, S3-compatible stores among it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import fsspec  # type: ignore[import-untyped]

from api.staging.errors import SourceGone, WrongChecksum
from api.staging.mover import Copied, Copy

PIECE_BYTES = 2**20
_BYTES_PER_GBIT = 1e9 / 8


class Copier:
    """Reads in pieces, writes beside the target, checks the digest, then puts the file in its place.

    What has arrived of a copy that was cut short stays, and the next attempt goes on behind it.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        """Take the clock that the rate is kept by."""
        self._clock, self._sleep, self._piece_bytes = clock, sleep, piece_bytes

    async def copy(self, order: Copy) -> Copied:
        """Copy in a thread of its own; see Mover.copy."""
        stop = threading.Event()
        try:
            return await asyncio.to_thread(self._copy, order, stop)
        except asyncio.CancelledError:
            stop.set()
            raise

    def _copy(self, order: Copy, stop: threading.Event) -> Copied:
        note = order.target.with_name(f"{order.target.name}.sha256")
        if order.target.exists() and note.exists():
            found = note.read_text(encoding="ascii").strip()
            return Copied(size_bytes=order.target.stat().st_size, sha256=found, moved_bytes=0)
        order.target.parent.mkdir(parents=True, exist_ok=True)
        part = order.target.with_name(f"{order.target.name}.part")
        try:
            with fsspec.open(order.source, "rb") as source, part.open("ab") as target:
                moved, digest = self._move(order, source, target, stop)
        except Exception as error:  # every protocol of fsspec has a client of its own, with errors of its own
            raise SourceGone(f"{order.source}: {error}") from error
        if order.sha256 and digest != order.sha256.lower():
            part.unlink()
            raise WrongChecksum(order.source, order.sha256, digest)
        size_bytes = part.stat().st_size
        part.replace(order.target)
        note.write_text(digest, encoding="ascii")
        return Copied(size_bytes=size_bytes, sha256=digest, moved_bytes=moved)

    def _move(self, order: Copy, source: Any, target: IO[bytes], stop: threading.Event) -> tuple[int, str]:
        """Return the bytes moved now, and the digest of the whole."""
        digest = hashlib.sha256()
        kept = _digested(Path(target.name), digest)
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
                self._sleep(early)
        target.flush()
        os.fsync(target.fileno())
        return moved, digest.hexdigest()


def _digested(path: Path, digest: Any) -> int:
    """Take what has arrived into the digest; its size in bytes."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
        return file.tell()
