"""Frames of a container's output, cut anywhere on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from api.dispatch.podman.frames import NUMBERS, stretch_of

FRAMES = st.lists(st.tuples(st.sampled_from(sorted(NUMBERS)), st.binary(max_size=30)), max_size=12)


@given(
    frames=FRAMES, piece_bytes=st.integers(1, 40), offset=st.integers(0, 60), most_bytes=st.integers(1, 80)
)
def test_a_stretch_is_that_of_the_stream(
    frames: list[tuple[str, bytes]], piece_bytes: int, offset: int, most_bytes: int
) -> None:
    wire = b"".join(
        bytes([NUMBERS[stream], 0, 0, 0]) + len(body).to_bytes(4, "big") + body for stream, body in frames
    )

    async def pieces() -> AsyncIterator[bytes]:
        for begin in range(0, len(wire), piece_bytes):
            yield wire[begin : begin + piece_bytes]

    whole = b"".join(body for stream, body in frames if stream == "stderr")
    data, passed, complete = asyncio.run(stretch_of(pieces(), "stderr", offset, most_bytes))
    assert data == whole[offset : offset + most_bytes]
    assert complete == (len(whole) - offset <= most_bytes)
    if complete:
        assert passed == len(whole)
