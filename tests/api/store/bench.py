"""Measures the store alone: `python -m tests.api.store.bench [sqlite] [postgres] [memory]`.

Prints one table a database: durable single writes by 64 writers (each with an idempotency key), batches of
500, look-ups beside 2,000 writes a second, and the moves that commit a plan of 10,000 jobs. CPU is this
process's alone; both cores are 200 %.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from api.store import AddJob, Events, Job, Jobs, MoveJob, One, Put, Store, migrate, new_id, open_store
from tests.api.store.builders import job, jobs, once, tenant
from tests.api.store.server import running_server

SECONDS = 4.0


async def main(url: str) -> None:
    migrate(url, now=datetime.now(UTC))
    store = open_store(url)
    await store.write(Put(record=tenant()))
    await singles(store)
    await batches(store)
    await mixed(store)
    await moves(store)
    await store.close()


async def singles(store: Store) -> None:
    """64 clients, each waiting for its own commit before the next."""
    latencies = await _spend("64 writers, one job and key each", 64, lambda: _submit(store))
    _tell("  latency", latencies)


async def batches(store: Store) -> None:
    async def submit() -> int:
        await store.write(*[AddJob(job=j) for j in jobs(500, at=datetime.now(UTC))])
        return 500

    _tell("  latency", await _spend("4 writers, batches of 500", 4, submit))


async def mixed(store: Store) -> None:
    """Look-ups while 2,000 jobs a second are written."""
    known = [j.id for j in (await store.read(Jobs(limit=1000))).items]
    ends = time.perf_counter() + SECONDS
    done = 0

    async def write() -> None:
        nonlocal done
        while time.perf_counter() < ends:
            due = time.perf_counter() + 32 / 2000
            await _submit(store)
            done += 1
            await asyncio.sleep(due - time.perf_counter())

    async def look(query: Callable[[int], object], pause: float, latencies: list[float]) -> None:
        i = 0
        while time.perf_counter() < ends:
            i += 7
            begun = time.perf_counter()
            await store.read(query(i))  # type: ignore[arg-type]
            latencies.append(time.perf_counter() - begun)
            await asyncio.sleep(pause)

    ones: list[float] = []
    lists: list[float] = []
    news: list[float] = []
    spent = time.process_time()
    await asyncio.gather(
        *(write() for _ in range(32)),
        *(look(lambda i: One(Job, known[i % len(known)], "default"), 0.01, ones) for _ in range(4)),
        look(lambda _: Jobs(tenant="default", limit=50), 0.05, lists),
        look(lambda i: Events(after=i, tenant="default", limit=100), 0.05, news),
    )
    cpu = (time.process_time() - spent) / SECONDS
    print(f"{'reads beside paced writes':38} {done / SECONDS:9,.0f} writes/s   cpu {cpu:4.0%}")
    _tell("  one job", ones)
    _tell("  page of 50 jobs", lists)
    _tell("  page of 100 events", news)


async def moves(store: Store) -> None:
    now = datetime.now(UTC)
    batch = jobs(10_000, at=now)
    for i in range(0, len(batch), 500):
        await store.write(*[AddJob(job=j) for j in batch[i : i + 500]])
    begun, spent = time.perf_counter(), time.process_time()
    for i in range(0, len(batch), 500):
        await store.write(
            *[MoveJob(job=j.moved("planned", now, site="zhongwei")) for j in batch[i : i + 500]]
        )
    wall = time.perf_counter() - begun
    print(f"{'10,000 moves in writes of 500':38} {len(batch) / wall:9,.0f} jobs/s   cpu {_cpu(spent, wall)}")


async def _submit(store: Store) -> int:
    now = datetime.now(UTC)
    one = job(at=now)
    key = replace(once(new_id("key", now)), created_at=now, expires_at=now.replace(year=now.year + 1))
    await store.write(AddJob(job=one), once=key)
    return 1


async def _spend(title: str, clients: int, act: Callable[[], Awaitable[int]]) -> list[float]:
    latencies: list[float] = []
    done = 0
    begun, spent = time.perf_counter(), time.process_time()

    async def client() -> None:
        nonlocal done
        while time.perf_counter() - begun < SECONDS:
            start = time.perf_counter()
            count = await act()
            done += count
            latencies.append(time.perf_counter() - start)

    await asyncio.gather(*(client() for _ in range(clients)))
    wall = time.perf_counter() - begun
    per_job = (time.process_time() - spent) / done * 1e6
    print(f"{title:38} {done / wall:9,.0f} jobs/s   cpu {_cpu(spent, wall)} ({per_job:.0f} us a job)")
    return latencies


def _cpu(spent: float, wall: float) -> str:
    return f"{(time.process_time() - spent) / wall:4.0%}"


def _tell(title: str, latencies: list[float]) -> None:
    ordered = sorted(latencies)
    p50, p99 = (ordered[int(len(ordered) * q)] * 1e3 for q in (0.5, 0.99))
    print(f"{title:38} p50 {p50:7.2f} ms   p99 {p99:7.2f} ms   ({len(ordered)} times)")


@contextmanager
def _address(kind: str) -> Iterator[str]:
    if kind == "memory":
        yield "memory://"
    elif kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.db"
    else:
        with running_server(sync=True) as server:
            yield server.url()


if __name__ == "__main__":
    for kind in sys.argv[1:] or ["sqlite", "postgres"]:
        with _address(kind) as url:
            print(f"\n{kind}")
            asyncio.run(main(url))
