"""A proxy on loopback that does to a connection what networks do: delay, silence, reset, or cutting the answer off."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from enum import Enum, auto

METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE"})


class Fault(Enum):
    NONE = auto()
    RESET = auto()  # the request is refused: it never arrives
    BLACK_HOLE = auto()  # the request vanishes: it never arrives, and nothing comes back
    DELAY = auto()  # the answer comes, but late
    SILENCE = auto()  # bytes go in, nothing comes out
    LOST_REPLY = auto()  # the request arrives, its answer is cut
    CUT_STREAM = auto()  # the answer begins, and is cut in the middle


INWARD = frozenset({Fault.RESET, Fault.BLACK_HOLE})


class FaultProxy:
    """Stands before one server; what it does may change from request to request.

    `upstream` is a port of loopback, or the path of a Unix socket. With a `token` it lets in who brings that one.
    """

    def __init__(self, upstream: int | str, *, host: str = "127.0.0.1", token: str | None = None) -> None:
        self.upstream, self.host, self.token = upstream, host, token
        self.port = 0
        self.fault = Fault.NONE
        self.faults_left = 10**9
        self.only = b""
        self.delay_s = 1.0
        self.requests = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._conversations: set[asyncio.Task[None]] = set()

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
        if self._conversations:
            await asyncio.wait(self._conversations, timeout=1.0)

    def break_next(
        self, fault: Fault, times: int = 10**9, *, only: bytes = b"", delay_s: float = 1.0
    ) -> None:
        """Do this to the next pieces, or only to those of requests that begin so, such as b"POST /jobs"."""
        self.fault, self.faults_left, self.only, self.delay_s = fault, times, only, delay_s

    def heal(self) -> None:
        self.break_next(Fault.NONE)

    def _due(self, request: bytes, *, inward: bool) -> Fault:
        """The fault that this piece of an exchange suffers; it counts as one."""
        due = self.faults_left > 0 and request.startswith(self.only) and (self.fault in INWARD) is inward
        if not due or self.fault is Fault.NONE:
            return Fault.NONE
        self.faults_left -= 1
        return self.fault

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.upstream, str):
            return await asyncio.open_unix_connection(self.upstream)
        return await asyncio.open_connection(self.host, self.upstream)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)
        self._writers.add(writer)
        try:
            up_reader, up_writer = await self._connect()
        except OSError:
            _reset(writer)
            return
        self._writers.add(up_writer)
        exchange = _Exchange(self, writer, up_writer)
        try:
            await asyncio.gather(_pump(reader, exchange.inward), _pump(up_reader, exchange.outward))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in (writer, up_writer):
                self._writers.discard(each)
                _reset(each)


class _Exchange:
    """Requests and answers on one connection."""

    def __init__(
        self, proxy: FaultProxy, writer: asyncio.StreamWriter, up_writer: asyncio.StreamWriter
    ) -> None:
        self._proxy, self._writer, self._up_writer = proxy, writer, up_writer
        self._request, self._swallowing = b"", False

    async def inward(self, piece: bytes) -> None:
        if piece.split(b" ", 1)[0] in METHODS:
            self._proxy.requests += 1
            self._request = piece
            fault = self._proxy._due(piece, inward=True)
            self._swallowing = fault is Fault.BLACK_HOLE
            if fault is Fault.RESET:
                _reset(self._writer)
                return
            if self._proxy.token and f"Bearer {self._proxy.token}".encode() not in piece:
                self._swallowing = True
                self._writer.write(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")
        if not self._swallowing:
            self._up_writer.write(piece)
            await self._up_writer.drain()

    async def outward(self, piece: bytes) -> None:
        fault = self._proxy._due(self._request, inward=False)
        if fault is Fault.SILENCE:
            return
        if fault is Fault.LOST_REPLY:
            _reset(self._writer)
            return
        if fault is Fault.DELAY:
            await asyncio.sleep(self._proxy.delay_s)
        self._writer.write(piece[: len(piece) // 2] if fault is Fault.CUT_STREAM else piece)
        await self._writer.drain()
        if fault is Fault.CUT_STREAM:
            _reset(self._writer)


async def _pump(reader: asyncio.StreamReader, forward: Callable[[bytes], Awaitable[None]]) -> None:
    while piece := await reader.read(65536):
        await forward(piece)
    raise ConnectionResetError


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
