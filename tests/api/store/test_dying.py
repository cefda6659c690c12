"""kill -9 at any moment: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.store import (
    Committed,
    Event,
    Job,
    Jobs,
    Many,
    Put,
    UnavailableError,
    every,
    migrate,
    open_store,
    verify_audit,
)
from tests.api.store.builders import NOON, tenant
from tests.api.store.conftest import skip_or_fail
from tests.api.store.places import SECRET, Place, opened
from tests.api.store.server import NoServerError, running_server
from tests.api.store.victim import PER_GROUP

ROOT = Path(__file__).resolve().parents[3]


def test_forty_deaths_lose_nothing_acknowledged(durable_place: Place) -> None:
    die_and_count(durable_place, deaths=40)


@pytest.mark.slow
def test_three_hundred_deaths_lose_nothing_acknowledged(durable_place: Place) -> None:
    die_and_count(durable_place, deaths=300)


def die_and_count(place: Place, deaths: int) -> None:
    chance = random.Random(4)
    asyncio.run(_settle(place))
    acknowledged: list[str] = []
    with victims(place.url) as parent:
        for life in range(deaths):
            acknowledged += live_and_die(parent, life, after_s=chance.uniform(0, 0.06))
            if life % 10 == 9:
                asyncio.run(verify(place, acknowledged))
    asyncio.run(verify(place, acknowledged))
    assert len(acknowledged) > deaths


def live_and_die(parent: subprocess.Popen[bytes], life: int, after_s: float) -> list[str]:
    """Let a victim live for a moment; the groups it said were stored."""
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(f"{life}\n".encode())
    parent.stdin.flush()
    victim = int(parent.stdout.readline())
    # Every other one dies some time after its birth, the rest after their first acknowledged write.
    lines = [] if life % 2 else [parent.stdout.readline().decode().strip()]
    time.sleep(after_s)
    os.kill(victim, signal.SIGKILL)
    while (line := parent.stdout.readline().decode().strip()) != "dead":
        assert line, "the victims' parent died itself"
        lines.append(line)
    return lines


async def verify(place: Place, acknowledged: list[str]) -> None:
    # The write at opening waits for what a dead client's server may still be committing.
    async with opened(place, tenant()) as store:
        groups: dict[str, list[Job]] = defaultdict(list)
        async for job in every(store, Jobs(limit=5_000)):
            groups[job.labels["group"]].append(job)
        missing = set(acknowledged) - set(groups)
        assert not missing, f"{len(missing)} acknowledged writes are gone"
        assert {len(jobs) for jobs in groups.values()} <= {PER_GROUP}, "a write is half there"
        assert all(len({j.state for j in jobs}) == 1 for jobs in groups.values()), "a move is half there"
        assert all(groups[group][0].state == "planned" for group in acknowledged)
        events = [event async for event in every(store, Many(Event, limit=10_000))]
        assert [e.seq for e in events] == list(range(1, len(events) + 1))
        moves = Counter(e.subject for e in events)
        assert all(moves[j.id] == j.version for jobs in groups.values() for j in jobs)
        tally = await store.read(Committed(tenant="default"))
        spent = await store.read(Committed(tenant="default", period="2026-07"))
        assert tally.jobs_live == spent.committed_cny == len(groups) * PER_GROUP
        verdict = await verify_audit(store, SECRET)
        assert verdict.sound, verdict.faults
        assert verdict.rows == len(groups)


@pytest.mark.slow
def test_a_killed_server_loses_nothing_acknowledged() -> None:
    """The same, but it is PostgreSQL itself that dies."""
    try:
        with running_server(sync=True) as server:
            migrate(server.url(), now=NOON)
            place = _Given(server.url())
            asyncio.run(_settle(place))
            acknowledged: list[str] = []
            with victims(place.url) as parent:
                for life in range(5):
                    assert parent.stdin is not None
                    parent.stdin.write(f"{life}\n".encode())
                    parent.stdin.flush()
                    assert parent.stdout is not None
                    victim = int(parent.stdout.readline())
                    time.sleep(0.5)
                    server.kill()
                    os.kill(victim, signal.SIGKILL)
                    while (line := parent.stdout.readline().decode().strip()) != "dead":
                        acknowledged.append(line)
                    server.start()
                    asyncio.run(verify(place, acknowledged))
            assert len(acknowledged) > 5
    except NoServerError as missing:
        skip_or_fail(str(missing))


@pytest.mark.slow
def test_a_store_outlives_its_server(tmp_path: Path) -> None:
    """While the server is away every write is refused; once it is back the same store goes on."""
    try:
        with running_server(sync=True) as server:
            migrate(server.url(), now=NOON)

            async def outlive() -> None:
                store = open_store(server.url())
                await store.write(Put(record=tenant()))
                server.kill()
                # The killed server's children may serve their clients a moment longer, and truly commit.
                await _until_unavailable(lambda: store.write(Put(record=tenant("other"))))
                await _until_unavailable(lambda: store.read(Jobs()))
                server.start()
                await store.write(Put(record=tenant("other")))
                assert await store.read(Jobs())
                await store.close()

            asyncio.run(outlive())
    except NoServerError as missing:
        skip_or_fail(str(missing))


async def _until_unavailable(act: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await act()
            except UnavailableError:
                return
            await asyncio.sleep(0.01)


async def _settle(place: Place) -> None:
    async with opened(place, tenant()):
        pass


class _Given:
    kind = "postgres"

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self):  # type: ignore[no-untyped-def]
        return open_store(self.url, secret=SECRET)

    def run(self, sql: str) -> None:
        raise AssertionError(sql)


@contextmanager
def victims(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """The parent of victims: started once, for starting Python takes longer than dying."""
    parent = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.api.store.victim", url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        yield parent
    finally:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.close()
        parent.wait(20)
        parent.stdout.close()
