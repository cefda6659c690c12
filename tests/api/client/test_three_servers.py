"""Three real servers on one PostgreSQL: one is killed, one swallows requests, one's answers are lost; no job is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest

from api.client import AsyncClient, Client, Demand, Ejection, Job, JobStatus, Patience, Variant
from tests.api.dispatch.faults.proxy import Fault, FaultProxy
from tests.api.http.server import Server

JOBS, AT_ONCE = 240, 16
KILLED_AT, SWALLOWING_AT, LOSING_FROM = 60, 90, 100
PATIENCE = Patience(
    connect_s=0.5, read_s=1.0, total_s=60.0, pause_s=0.02, pause_max_s=0.3, tries_max=100, silence_s=5.0
)
EJECTION = Ejection(rest_s=0.2, rest_max_s=1.0)


@pytest.fixture
def servers(postgres_url: str, tmp_path: Path) -> Iterator[list[Server]]:
    """Three `edwc api` processes on one empty database."""
    base, name = postgres_url.rsplit("/", 1)[0], "edwc_three_servers"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name}")
    standing = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        standing.append(Server(folder, store=f"{base}/{name}", secret="three-servers " * 4))
    standing[0].start()  # the first makes the tables and shows the key
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Server.start, standing[1:]))
    yield standing
    for server in standing:
        server.kill()
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.slow
def test_no_submission_is_lost_or_doubled_whatever_befalls_the_servers(servers: list[Server]) -> None:
    names = [f"job-{number}" for number in range(JOBS)]
    accepted = asyncio.run(asyncio.wait_for(submit_all(servers, names), 120.0))
    with Client(servers[2].url, servers[0].key) as client:
        stored = {each.id: each.name for each in client.jobs(page_size=1000)}
    assert sorted(stored.values()) == sorted(names), "each is there, and once"
    assert [stored[each.id] for each in accepted] == names, "each answer names its own job"


async def submit_all(servers: list[Server], names: list[str]) -> list[JobStatus]:
    """Submit every job through three doors while the servers behind them fail, one in each way."""
    doors = [FaultProxy(int(server.url.rsplit(":", 1)[1])) for server in servers]
    async with AsyncExitStack() as stack:
        for door in doors:
            await door.start()
            stack.push_async_callback(door.kill)
        urls = [door.url for door in doors]
        client = await stack.enter_async_context(
            AsyncClient(urls, servers[0].key, patience=PATIENCE, ejection=EJECTION)
        )
        line = asyncio.Semaphore(AT_ONCE)

        async def submit(number: int) -> JobStatus:
            async with line:
                if number == KILLED_AT:
                    await asyncio.to_thread(servers[0].kill)
                if number == SWALLOWING_AT:
                    doors[1].break_next(Fault.BLACK_HOLE)
                if number >= LOSING_FROM and number % 10 == 0:
                    doors[2].break_next(Fault.LOST_REPLY, times=2)
                job = Job(
                    name=names[number],
                    demand=Demand(cpu_cores=1),
                    variants=[Variant(runtime_minutes=10)],
                )
                return await client.submit(job)

        found = await asyncio.gather(*map(submit, range(len(names))))
        assert all(door.requests for door in doors), "every door was tried"
        return found
