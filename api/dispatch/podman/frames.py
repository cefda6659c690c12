"""Frames: how Podman sends the output of a container, both streams on one connection."""

from __future__ import annotations

from collections.abc import AsyncIterator

HEAD_BYTES = 8
NUMBERS = {"stdout": 1, "stderr": 2}


async def stretch_of(
    pieces: AsyncIterator[bytes], stream: str, offset: int, most_bytes: int
) -> tuple[bytes, int, bool]:
    """Return a stretch of one stream, how long the stream was as far as read, and whether it was read to its end.

    Args:
        pieces: what arrives, cut anywhere.
        stream: "stdout" or "stderr".
        offset: of the first byte wanted.
        most_bytes: reading stops after this much.
    """
    kept, passed, waiting = bytearray(), 0, bytearray()
    async for piece in pieces:
        waiting += piece
        while len(waiting) >= HEAD_BYTES:
            size = int.from_bytes(waiting[4:HEAD_BYTES], "big")
            if len(waiting) < HEAD_BYTES + size:
                break
            body, number = waiting[HEAD_BYTES : HEAD_BYTES + size], waiting[0]
            del waiting[: HEAD_BYTES + size]
            if number == NUMBERS[stream]:
                kept += body[max(0, offset - passed) :]
                passed += size
        if len(kept) > most_bytes:
            return bytes(kept[:most_bytes]), passed, False
    return bytes(kept), passed, True
