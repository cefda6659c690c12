"""Two controllers, one leader; the other takes over when it is killed, and no job starts twice."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.store import (
    AddJob,
    Attempt,
    Head,
    Job,
    JobCounts,
    Many,
    One,
    StaleLeaderError,
    Store,
    Sweep,
    new_ids,
)
from tests.api.store.builders import tenant
from tests.api.store.places import PostgresPlace, opened

TAKEOVER_SECONDS = 10.0


@contextmanager
def controller(url: str, holder: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.api.loop.controller_process", url, holder, str(folder / "local")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"stands\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def submit(store: Store, count: int, marks: Path) -> list[str]:
    """Store jobs that each leave one line when they run."""
    now = datetime.now(UTC)
    document = {
        "name": "mark",
        "demand": {"cpu_cores": 1},
        "variants": [{"runtime_minutes": 1}],
        "value_cny": 1000,
        "command": ["sh", "-c", f"echo $EDWC_JOB >> {marks}; sleep 0.2"],
    }
    ids = new_ids("job", now, count)
    jobs = [
        Job(
            id=job_id,
            tenant="default",
            name=f"mark-{i}",
            document=json.dumps(document),
            created_at=now,
            updated_at=now,
            month="2026-07",
        )
        for i, job_id in enumerate(ids)
    ]
    await store.write(*(AddJob(job=job) for job in jobs))
    return ids


async def leader(store: Store, *, other_than: str = "") -> tuple[str, int]:
    end = time.monotonic() + 30
    while True:
        head = await store.read(One(Head, "leader"))
        if head is not None and head.holder not in ("", other_than):
            return head.holder, head.number
        assert time.monotonic() < end, "nobody leads"
        await asyncio.sleep(0.05)


async def until_done(store: Store, count: int, *, within_s: float) -> None:
    end = time.monotonic() + within_s
    while (counts := await store.read(JobCounts())).get("succeeded", 0) < count:
        assert time.monotonic() < end, f"only {dict(counts)} of {count} done"
        await asyncio.sleep(0.1)


async def reign_after_reign(url: str, store: Store, folder: Path, *, jobs: int, kills: int) -> None:
    """Kill the leader again and again, each time in the middle of its work."""
    marks, ids, epoch = folder / "marks", [], 0
    with ExitStack() as processes:
        leading = processes.enter_context(controller(url, "controller-0", folder))
        for kill in range(1, kills + 1):
            holder, epoch = await leader(store, other_than=f"controller-{kill - 2}")
            assert holder == f"controller-{kill - 1}"
            next_one = processes.enter_context(controller(url, f"controller-{kill}", folder))
            ids += await submit(store, jobs, marks)
            await asyncio.sleep(0.7)
            leading.kill()
            killed_at = time.monotonic()
            await leader(store, other_than=holder)
            assert time.monotonic() - killed_at < TAKEOVER_SECONDS
            with pytest.raises(StaleLeaderError, match=f"leader epoch {epoch} is over"):
                await store.write(Sweep(now=datetime.now(UTC)), epoch=epoch)
            leading = next_one
        await until_done(store, len(ids), within_s=150)
    assert Counter(marks.read_text().split()) == Counter(ids), "a job was started twice, or never"
    attempts = (await store.read(Many(Attempt, limit=10_000))).items
    assert Counter(attempt.job for attempt in attempts) == Counter(ids)


def play(url: str, folder: Path, *, jobs: int, kills: int) -> None:
    async def act() -> None:
        async with opened(PostgresPlace(url), tenant()) as store:
            await reign_after_reign(url, store, folder, jobs=jobs, kills=kills)

    asyncio.run(act())


def test_the_other_takes_over_and_no_job_starts_twice(postgres_url: str, tmp_path: Path) -> None:
    play(postgres_url, tmp_path, jobs=12, kills=1)


@pytest.mark.slow
def test_ten_leaders_fall_and_no_job_starts_twice(postgres_url: str, tmp_path: Path) -> None:
    play(postgres_url, tmp_path, jobs=10, kills=10)
