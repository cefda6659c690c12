"""The proxy itself: who saw the request, and who saw the answer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.api.dispatch.faults.proxy import Fault, FaultProxy


class Greeter:
    """A server that says ok and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionResetError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.asked.append(head.split(b"\r\n")[0].decode())
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()


@asynccontextmanager
async def street() -> AsyncIterator[tuple[Greeter, FaultProxy]]:
    greeter = Greeter()
    server = await asyncio.start_server(greeter.answer, "127.0.0.1", 0)
    proxy = FaultProxy(server.sockets[0].getsockname()[1])
    await proxy.start()
    try:
        yield greeter, proxy
    finally:
        await proxy.kill()
        server.close()


@pytest.mark.parametrize(
    ("fault", "arrives", "answer"),
    [
        (Fault.NONE, True, "ok"),
        (Fault.DELAY, True, "ok"),
        (Fault.RESET, False, "ReadError"),
        (Fault.BLACK_HOLE, False, "ReadTimeout"),
        (Fault.SILENCE, True, "ReadTimeout"),
        (Fault.LOST_REPLY, True, "ReadError"),
        (Fault.CUT_STREAM, True, "ReadError"),
    ],
)
def test_a_fault_does_what_it_says(fault: Fault, arrives: bool, answer: str) -> None:
    async def act() -> None:
        async with street() as (greeter, proxy), httpx.AsyncClient(timeout=0.5) as client:
            proxy.break_next(fault, only=b"GET /broken", delay_s=0.2)
            began = time.monotonic()
            try:
                seen = (await client.get(f"{proxy.url}/broken")).text
            except httpx.TransportError as error:
                seen = type(error).__name__
            took = time.monotonic() - began
            assert (seen, bool(greeter.asked)) == (answer, arrives)
            assert (took > 0.19) == (fault in {Fault.DELAY, Fault.BLACK_HOLE, Fault.SILENCE})
            assert (await client.get(f"{proxy.url}/whole")).text == "ok"

    asyncio.run(act())


def test_a_dead_proxy_refuses() -> None:
    async def act() -> None:
        async with street() as (greeter, proxy), httpx.AsyncClient(timeout=0.5) as client:
            await proxy.kill()
            with pytest.raises(httpx.ConnectError):
                await client.get(proxy.url)
            await proxy.start()
            assert (await client.get(proxy.url)).text == "ok"
            assert len(greeter.asked) == 1

    asyncio.run(act())


def test_a_proxy_with_a_token_lets_in_who_brings_it() -> None:
    async def act() -> None:
        async with street() as (greeter, proxy), httpx.AsyncClient(timeout=0.5) as client:
            proxy.token = "sesame"
            assert (await client.get(proxy.url)).status_code == 401
            assert (await client.post(proxy.url, json=[1])).status_code == 401
            assert (await client.get(proxy.url, headers={"Authorization": "Bearer sesame"})).text == "ok"
            assert len(greeter.asked) == 1

    asyncio.run(act())
