"""Whatever is asked of it, a store on a database answers as the one in memory does."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.store import (
    ANYTHING,
    AddJob,
    Announce,
    Attempt,
    Audit,
    AuditRow,
    Change,
    Committed,
    Events,
    IdempotencyRecord,
    JobCounts,
    Jobs,
    Many,
    MoveJob,
    Put,
    RefusedError,
    Store,
    Sweep,
    verify_audit,
)
from tests.api.store.builders import NOON, attempt, job, once, tenant
from tests.api.store.places import SECRET, MemoryPlace, Place, PostgresPlace, SqlitePlace, opened

few = st.integers(0, 3)
texts = st.sampled_from(["", "a", "b", "组", "x'; DROP TABLE jobs; --", '"\\', "%s ? :x"])
states = st.sampled_from(["queued", "planned", "running", "succeeded", "cancelled"])
instants = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours * 12))
labels = st.dictionaries(texts.filter(bool), texts, max_size=2)
job_records = st.builds(
    lambda i, at, name, labels, cost, owner, state, version, site: job(
        name,
        at=at,
        id=f"job_{i}",
        labels=labels,
        cost=str(cost),
        tenant=owner,
        state=state,
        version=version,
        site=site,
    ),
    few,
    instants,
    texts,
    labels,
    st.decimals(0, 4, places=2),
    st.sampled_from(["default", "other", "nobody"]),
    states,
    st.integers(1, 4),
    texts,
)
attempts = st.builds(
    lambda i, state, code: attempt(id=f"att_{i}", number=i, state=state, exit_code=code),
    few,
    states,
    st.none() | few,
)
changes = st.one_of(
    st.builds(AddJob, job=job_records),
    st.builds(MoveJob, job=job_records, states=st.just(()) | states.map(lambda s: (s,))),
    st.builds(lambda a, b: Put(record=a, expect=b), attempts, st.just(ANYTHING) | st.none() | attempts),
    st.builds(Announce, at=instants, kind=texts, subject=texts, tenant=texts),
    st.builds(Audit, at=instants, actor=texts, action=texts, target=texts),
    st.builds(Sweep, now=instants),
)
keys = st.builds(
    lambda key, body, at: once(key, body, at=at), st.sampled_from("kl"), st.sampled_from("bc"), instants
)
writes = st.tuples(st.lists(changes, min_size=1, max_size=4), st.none() | keys)

QUERIES: list[Any] = [
    Jobs(limit=10),
    Jobs(limit=2, newest_first=False),
    *(
        Jobs(tenant="default", **{field: value})
        for field, value in [("name", "a"), ("site", ""), ("site", "组")]
    ),
    Jobs(label=("a", "b"), states=("queued", "planned")),
    Jobs(label=("组", ""), tenant="other", since=NOON + timedelta(hours=1)),
    Events(limit=1000),
    Events(after=2, tenant="default"),
    Events(after=1, tenant="default", public=True),
    Events(tenant="default", limit=2, public=True),
    Many(Attempt, {"exit_code": None}),
    Many(Attempt, {"state": "running"}, newest_first=True),
    Many(AuditRow, limit=2),
    Many(IdempotencyRecord),
    JobCounts(),
    JobCounts(tenant="other"),
    Committed(tenant="default"),
    Committed(tenant="default", period="2026-07"),
    Committed(tenant="nobody", period="2026-07"),
]


@pytest.fixture(params=("sqlite", "postgres"))
def kind(request: pytest.FixtureRequest) -> tuple[str, str]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    return request.param, url


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(writes, min_size=1, max_size=8))
def test_a_database_and_the_memory_agree(kind: tuple[str, str], history: list[Any]) -> None:
    async def act() -> None:
        with fresh(*kind) as place:
            people = (tenant(jobs_max=3), tenant("other", budget_cny_per_month=Decimal("5")))
            async with opened(place, *people) as store, opened(MemoryPlace(), *people) as twin:
                for asked, key in history:
                    assert await outcome(store, asked, key) == await outcome(twin, asked, key)
                for query in QUERIES:
                    assert await store.read(query) == await twin.read(query), query
                assert (await verify_audit(store, SECRET)).sound

    asyncio.run(act())


async def outcome(store: Store, asked: list[Change], key: IdempotencyRecord | None) -> object:
    try:
        return await store.write(*asked, once=key)
    except RefusedError:
        return "refused"  # of several broken rules, which is told first is not promised


@contextmanager
def fresh(kind: str, url: str) -> Iterator[Place]:
    if kind == "postgres":
        yield PostgresPlace(url)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield SqlitePlace(Path(folder) / "store.db")


def test_the_twin_forgets_a_refused_write_entirely() -> None:
    async def act() -> None:
        async with opened(MemoryPlace(), tenant()) as store:
            with pytest.raises(RefusedError):
                await store.write(AddJob(job=job()), AddJob(job=replace(job(), tenant="nobody")))
            assert (await store.read(Jobs())).items == ()

    asyncio.run(act())
