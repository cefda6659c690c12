"""A proxy on loopback that does to a connection what networks do: nothing, silence, or cutting the answer off."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from enum import Enum, auto


class Fault(Enum):
    NONE = auto()
    SILENCE = auto()  # bytes go in, nothing comes out
    LOST_REPLY = auto()  # the request arrives, its answer is cut
    CUT_STREAM = auto()  # the answer begins, and is cut in the middle


class FaultProxy:
    """Stands before one server; what it does may change from request to request."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.port = 0
        self.fault = Fault.NONE
        self.faults_left = 10**9
        self.requests = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """Die at once: nobody listens, what is open is reset."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            _reset(writer)

    def break_next(self, fault: Fault, times: int = 10**9) -> None:
        self.fault, self.faults_left = fault, times

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            _reset(writer)
            return
        self._writers.add(up_writer)

        async def inward(piece: bytes) -> None:
            if piece.split(b" ", 1)[0] in {b"GET", b"POST"}:
                self.requests += 1
            up_writer.write(piece)
            await up_writer.drain()

        async def outward(piece: bytes) -> None:
            fault = self.fault if self.faults_left > 0 else Fault.NONE
            if fault is not Fault.NONE:
                self.faults_left -= 1
            if fault is Fault.SILENCE:
                return
            if fault is Fault.LOST_REPLY:
                _reset(writer)
                return
            writer.write(piece[: len(piece) // 2] if fault is Fault.CUT_STREAM else piece)
            await writer.drain()
            if fault is Fault.CUT_STREAM:
                _reset(writer)

        try:
            await asyncio.gather(_pump(reader, inward), _pump(up_reader, outward))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in (writer, up_writer):
                self._writers.discard(each)
                _reset(each)


async def _pump(reader: asyncio.StreamReader, forward: Callable[[bytes], Awaitable[None]]) -> None:
    while piece := await reader.read(65536):
        await forward(piece)
    raise ConnectionResetError


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
