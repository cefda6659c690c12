"""A real server dies at any moment: what it acknowledged is there, once, and listeners go on where they were."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.http.places import job
from tests.api.http.server import Server

SENDERS = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("server"))
    one.start()
    yield one
    one.kill()


async def send(server: Server, acknowledged: dict[str, str], sender: int, stop: asyncio.Event) -> None:
    """Submit job after job, each with its own idempotency key; a lost answer is asked for again."""
    number = 0
    async with server.async_client() as client:
        while not stop.is_set():
            name = f"job-{sender}-{number}"
            headers = {"Idempotency-Key": name}
            while name not in acknowledged and not stop.is_set():
                try:
                    answer = await client.post("/v1/jobs", json=job(name), headers=headers)
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                assert answer.status_code == 201, answer.text
                acknowledged[name] = answer.json()["id"]
            number += 1


async def listen(server: Server, heard: list[int], stop: asyncio.Event) -> None:
    """Hear everything, coming back after every death with the last id heard."""
    while not stop.is_set():
        headers = {"Last-Event-ID": str(heard[-1] if heard else 0)}
        try:
            async with (
                server.async_client() as client,
                client.stream("GET", "/v1/events", headers=headers) as stream,
            ):
                async for line in stream.aiter_lines():
                    if line.startswith("id: "):
                        heard.append(int(line[4:]))
        except httpx.TransportError:
            await asyncio.sleep(0.05)


async def ordeal(server: Server, kills: int, dice: random.Random) -> tuple[dict[str, str], list[int]]:
    acknowledged: dict[str, str] = {}
    heard: list[int] = []
    stop = asyncio.Event()
    ear = asyncio.create_task(listen(server, heard, stop))
    senders = [asyncio.create_task(send(server, acknowledged, n, stop)) for n in range(SENDERS)]
    for _ in range(kills):
        await more(acknowledged, dice.randint(1, 80))
        await asyncio.sleep(dice.uniform(0, 0.05))
        server.kill()
        await asyncio.to_thread(server.start)
    await more(acknowledged, 20)
    stop.set()
    await asyncio.gather(*senders)
    newest = await last_event(server)
    for _ in range(100):
        if heard and heard[-1] >= newest:
            break
        await asyncio.sleep(0.05)
    ear.cancel()
    await asyncio.gather(ear, return_exceptions=True)
    return acknowledged, heard


async def more(acknowledged: dict[str, str], jobs: int) -> None:
    """Wait until so many more jobs are acknowledged."""
    wanted = len(acknowledged) + jobs
    async with asyncio.timeout(60):
        while len(acknowledged) < wanted:
            await asyncio.sleep(0.005)


async def last_event(server: Server) -> int:
    async with server.async_client() as client:
        text = (await client.get("/metrics")).text
    return int(
        float(next(line.split()[1] for line in text.splitlines() if line.startswith("edwc_events_last_seq ")))
    )


def stored(server: Server) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = []
    cursor: str | None = ""
    with server.client() as client:
        while cursor is not None:
            page = client.get(
                "/v1/jobs", params={"limit": 1000, **({"cursor": cursor} if cursor else {})}
            ).json()
            jobs += page["jobs"]
            cursor = page["cursor"]
    return jobs


def survive(server: Server, kills: int) -> None:
    acknowledged, heard = asyncio.run(ordeal(server, kills, random.Random(kills)))
    jobs = stored(server)
    assert len(acknowledged) > 10
    found = {each["id"]: each["name"] for each in jobs}
    lost = {name for name, job_id in acknowledged.items() if found.get(job_id) != name}
    assert not lost, f"acknowledged and gone: {sorted(lost)[:5]}"
    doubled = [name for name, count in Counter(each["name"] for each in jobs).items() if count > 1]
    assert not doubled, f"stored twice: {doubled[:5]}"
    assert heard == list(range(1, len(heard) + 1)), "an event was lost, doubled or out of order"
    assert len(heard) == len(jobs)
    with server.client() as client:
        assert json.loads(client.post("/v1/admin/audit/verify").content)["sound"]


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(server: Server) -> None:
    survive(server, 2)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_in_hundreds_of_deaths(tmp_path: Path) -> None:
    server = Server(tmp_path, forked=True)
    server.start()
    try:
        survive(server, 200)
    finally:
        server.kill()


def test_a_server_told_to_stop_ends_its_streams_and_exits_well(server: Server) -> None:
    open_now = threading.Event()

    def listen() -> None:
        with server.client() as client, client.stream("GET", "/v1/events?after=0") as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    open_now.set()

    with server.client() as client:
        assert client.post("/v1/jobs", json=job()).status_code == 201
    listener = threading.Thread(target=listen)
    listener.start()
    assert open_now.wait(10)
    assert server.stop() == 0  # the last test of this file: nobody needs the server any more
    listener.join(5)
    assert not listener.is_alive()
