"""What a read promises: only what is committed, only the tenant's own, pages that do not shift."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.store import (
    AddJob,
    Announce,
    Attempt,
    BadQueryError,
    BillLine,
    Event,
    Events,
    Job,
    JobCounts,
    Jobs,
    Key,
    LastSeq,
    Many,
    MoveJob,
    One,
    Plan,
    Put,
    Query,
    SiteState,
    Store,
    Usage,
    every,
)
from api.store.queries import write_cursor
from api.store.statements import statement_of
from tests.api.store.builders import NOON, attempt, job, jobs, tenant
from tests.api.store.places import Place, SqlitePlace, opened, story


async def names(store: Store, query: Jobs) -> list[str]:
    return [j.name for j in (await store.read(query)).items]


@story
async def test_jobs_are_found_by_what_they_are(store: Store) -> None:
    await store.write(Put(record=tenant("other")))
    old = job("old", at=NOON - timedelta(days=1))
    labelled = job("labelled", labels={"project": "x", "team": "y"})
    planned = job("planned")
    foreign = job("foreign", tenant="other", labels={"project": "x"})
    await store.write(*(AddJob(job=j) for j in (old, labelled, planned, foreign)))
    await store.write(MoveJob(job=planned.moved("planned", NOON, site="zhongwei")))
    mine = Jobs(tenant="default")
    assert sorted(await names(store, mine)) == ["labelled", "old", "planned"]
    assert await names(store, replace(mine, states=("planned", "running"))) == ["planned"]
    assert await names(store, replace(mine, name="old")) == ["old"]
    assert sorted(await names(store, replace(mine, ids=(old.id, planned.id, foreign.id, "job_none")))) == [
        "old",
        "planned",
    ]
    assert await names(store, replace(mine, label=("project", "x"))) == ["labelled"]
    assert await names(store, replace(mine, label=("project", "y"))) == []
    assert await names(store, replace(mine, site="zhongwei")) == ["planned"]
    assert sorted(await names(store, replace(mine, site=""))) == ["labelled", "old"]
    assert sorted(await names(store, replace(mine, since=NOON))) == ["labelled", "planned"]
    assert len(await names(store, Jobs(label=("project", "x")))) == 2
    assert await names(store, Jobs(states=("planned",), site="zhongwei", since=NOON, name="planned")) == [
        "planned"
    ]


@story
async def test_a_part_of_a_name_finds_the_job(store: Store) -> None:
    called = ["Pretrain-7B", "pretrain_7b", "100%", "a!b", "夜间 ÉTÉ", "back\\slash", "'; DROP TABLE jobs"]
    await store.write(*(AddJob(job=job(name)) for name in called))
    found = {
        "TRAIN": ["Pretrain-7B", "pretrain_7b"], "n_7": ["pretrain_7b"], "0%": ["100%"], "%": ["100%"],
        "!": ["a!b"], "间": ["夜间 ÉTÉ"], "ÉT": ["夜间 ÉTÉ"], "ét": [], "k\\s": ["back\\slash"],
        "'": ["'; DROP TABLE jobs"], "?": [], "%s": [],
    }  # fmt: skip
    for text, expected in found.items():
        assert sorted(await names(store, Jobs(tenant="default", search=text))) == expected, text
    assert await names(store, Jobs(tenant="other", search="train")) == []
    assert len(await names(store, Jobs(search="7", states=("queued",)))) == 2
    assert await names(store, Jobs(search="7", states=("running",))) == []


@story
async def test_what_a_search_finds_is_paged_like_any_list(store: Store) -> None:
    batch = [replace(j, created_at=NOON + timedelta(seconds=i // 3)) for i, j in enumerate(jobs(12))]
    await store.write(*(AddJob(job=j) for j in batch))
    await store.write(AddJob(job=job("other", labels={"project": "x"}, at=NOON + timedelta(seconds=1))))
    found = [j.name async for j in every(store, Jobs(tenant="default", search="JOB-", limit=5))]
    wanted = sorted(batch, key=lambda j: (j.created_at, j.id), reverse=True)
    assert found == [j.name for j in wanted]
    late = Jobs(search="job-1", since=NOON + timedelta(seconds=1), newest_first=False)
    assert sorted(await names(store, late)) == ["job-10", "job-11"]
    assert await names(store, Jobs(search="oth", label=("project", "x"))) == ["other"]
    assert await names(store, Jobs(search="job", label=("project", "x"))) == []


@story
async def test_pages_hold_every_job_once_whatever_is_added_meanwhile(store: Store) -> None:
    batch = [replace(j, created_at=NOON + timedelta(seconds=i // 3)) for i, j in enumerate(jobs(10))]
    await store.write(*(AddJob(job=j) for j in batch))
    seen: list[str] = []
    query = Jobs(tenant="default", limit=4)
    while True:
        page = await store.read(query)
        seen += [j.name for j in page.items]
        await store.write(AddJob(job=job("late", at=NOON + timedelta(minutes=len(seen)))))
        if page.cursor is None:
            break
        query = replace(query, after=page.cursor)
    assert seen == [j.name for j in sorted(batch, key=lambda j: (j.created_at, j.id), reverse=True)]


@story
async def test_every_walks_all_pages_in_either_order(store: Store) -> None:
    await store.write(*(AddJob(job=j) for j in jobs(7)))
    forward = [j.id async for j in every(store, Jobs(limit=2, newest_first=False))]
    assert forward == [j.id async for j in every(store, Jobs(limit=3))][::-1]
    assert len(forward) == 7


@story
async def test_a_label_is_paged_through_like_any_other(store: Store) -> None:
    batch = [
        replace(j, created_at=NOON + timedelta(seconds=i // 2), labels={"project": "x", "odd": str(i % 2)})
        for i, j in enumerate(jobs(9))
    ]
    await store.write(*(AddJob(job=j) for j in batch))
    query = Jobs(tenant="default", label=("odd", "1"), limit=1)
    newest_first = [j.name async for j in every(store, query)]
    assert newest_first == ["job-7", "job-5", "job-3", "job-1"]
    assert [j.name async for j in every(store, replace(query, newest_first=False))] == newest_first[::-1]
    late = replace(query, since=NOON + timedelta(seconds=2), states=("queued",), limit=3)
    assert await names(store, late) == ["job-7", "job-5"]
    assert len([j async for j in every(store, Jobs(label=("project", "x"), limit=2))]) == 9


OFTEN_ASKED = [
    Jobs(tenant="t"),
    Jobs(tenant="t", states=("queued",)),
    Jobs(tenant="t", name="x"),
    Jobs(tenant="t", search="x"),
    Jobs(tenant="t", search="x", states=("queued",)),
    Jobs(tenant="t", search="x", label=("a", "b")),
    Jobs(tenant="t", label=("a", "b")),
    Jobs(tenant="t", since=NOON),
    Jobs(tenant="t", site="x"),
    Jobs(states=("queued",), limit=5000),
    Events(after=3),
    Events(after=3, tenant="t"),
    Many(Attempt, {"state": "running"}),
    Many(Attempt, {"job": "x"}),
    Many(Attempt, {"job": ("x", "y")}),
    Many(Usage, {"tenant": "t", "month": "2026-07"}),
    Many(Usage, {"job": "x"}),
    Many(BillLine, {"tenant": "t", "month": "2026-07"}),
    Many(Key, {"tenant": "t"}),
    One(Key, "abc"),
    One(Job, "job_1", "t"),
]


@pytest.mark.parametrize("query", OFTEN_ASKED, ids=str)
def test_what_is_often_asked_is_answered_from_an_index_in_its_order(
    tmp_path: Path, query: Query[Any]
) -> None:
    place = SqlitePlace(tmp_path / "store.db")
    statement = statement_of(query)
    connection = sqlite3.connect(place.path)
    steps = [
        row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + statement.sql, statement.parameters)
    ]
    connection.close()
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step], steps


NEVER_GIVEN = ["", "nonsense", "W10", "WzEsMl0", "é", "W3RydWUsICJhIl0", "A" * 5000]
UNSTORABLE = [
    write_cursor((2**70, "x")),
    write_cursor((-(2**63) - 1, "x")),
    write_cursor((1, "\ud800")),
    write_cursor((1, "a\0")),
]


@pytest.mark.parametrize("cursor", [*NEVER_GIVEN, *UNSTORABLE])
def test_a_cursor_that_no_listing_gave_is_refused(place: Place, cursor: str) -> None:
    async def act() -> None:
        async with opened(place) as store:
            with pytest.raises(BadQueryError, match="start again without a cursor"):
                await store.read(Jobs(after=cursor))

    asyncio.run(act())


@story
async def test_questions_that_cannot_be_answered_are_refused(store: Store) -> None:
    with pytest.raises(BadQueryError, match="Job has no field 'colour'; it has id, tenant"):
        await store.read(Many(Job, {"colour": "red"}))
    with pytest.raises(BadQueryError, match="key"):
        await store.read(One(Attempt, "att_1"))
    with pytest.raises(BadQueryError, match="keeps no int"):
        await store.read(One(int, 1))
    with pytest.raises(BadQueryError, match="1 to 10000"):
        Jobs(limit=0)
    with pytest.raises(BadQueryError, match="where job is any of no values"):
        Many(Attempt, {"job": ()})


@story
async def test_another_tenants_things_are_not_there(store: Store) -> None:
    await store.write(Put(record=tenant("other")))
    hidden = job(tenant="other")
    await store.write(AddJob(job=hidden))
    assert await store.read(One(Job, hidden.id, tenant="default")) is None
    assert await store.read(One(Job, hidden.id, tenant="other")) == hidden
    assert (await store.read(Jobs(tenant="default"))).items == ()
    assert await store.read(Events(tenant="default")) == ()
    assert await store.read(JobCounts(tenant="default")) == {}
    assert await store.read(JobCounts()) == {"queued": 1}


@story
async def test_records_are_listed_by_their_fields_in_the_order_of_their_key(store: Store) -> None:
    one = attempt(id="a1", state="lost")
    attempts = [
        one,
        replace(one, id="a2", number=2, token=2, state="running"),
        replace(one, id="a3", job="job_2"),
    ]
    keys = [
        Key(prefix=p, tenant="default", digest="d", scopes=("submit", "read"), created_at=NOON) for p in "ba"
    ]
    sites = [SiteState(site=s, updated_at=NOON, cordoned=s == "x") for s in "zyx"]
    await store.write(*(Put(record=r) for r in [*attempts, *keys, *sites]))
    assert (await store.read(Many(Attempt, {"job": "job_1"}))).items == tuple(attempts[:2])
    assert (await store.read(Many(Attempt, {"job": ("job_1", "job_2")}))).items == tuple(attempts)
    assert (await store.read(Many(Attempt, {"state": "running", "exit_code": None}))).items == (attempts[1],)
    assert (await store.read(One(Attempt, ("job_2", 1)))) == attempts[2]
    assert [k.prefix for k in (await store.read(Many(Key))).items] == ["a", "b"]
    assert [s.site for s in (await store.read(Many(SiteState, {"cordoned": True}))).items] == ["x"]
    first = await store.read(Many(Attempt, limit=2))
    assert (await store.read(Many(Attempt, after=first.cursor))).items == (attempts[2],)


@story
async def test_the_latest_plan_is_the_newest_by_name(store: Store) -> None:
    plan = Plan(
        id="pln_1",
        created_at=NOON,
        policy="optimal",
        status="feasible",
        objective_cny=10.5,
        lower_bound_cny=10.25,
        gap=0.0238,
        solve_seconds=1.5,
        world_digest="abc",
        document="{}",
    )
    await store.write(Put(record=plan), Put(record=replace(plan, id="pln_2", gap=0.1)))
    (latest,) = (await store.read(Many(Plan, limit=1, newest_first=True))).items
    assert latest == replace(plan, id="pln_2", gap=0.1)


@story
async def test_every_move_is_an_event_in_order_without_gaps(store: Store) -> None:
    first = job()
    await store.write(AddJob(job=first))
    planned = first.moved("planned", NOON, site="zhongwei")
    await store.write(MoveJob(job=planned), Announce(at=NOON, kind="site.cordoned", subject="ulanqab"))
    receipt = await store.write(MoveJob(job=planned.moved("cancelled", NOON)))
    events = await store.read(Events())
    assert [e.seq for e in events] == [1, 2, 3, 4]
    assert [e.kind for e in events] == ["job.queued", "job.planned", "site.cordoned", "job.cancelled"]
    assert [e.seq for e in await store.read(Events(after=1, tenant="default"))] == [2, 4]
    assert [e.seq for e in await store.read(Events(after=1, limit=2))] == [2, 3]
    assert receipt.seq == 4 == await store.read(LastSeq())
    assert isinstance(await store.read(One(Event, 3)), Event)


@story
async def test_who_waits_is_woken_by_the_next_event(store: Store) -> None:
    waiting = asyncio.create_task(store.wait_for_change(0, 10))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    begun = time.monotonic()
    await store.write(AddJob(job=job()))
    assert await waiting == 1
    assert time.monotonic() - begun < 2
    assert await store.wait_for_change(0, 10) == 1
    assert await store.wait_for_change(1, 0.02) == 1


@story
async def test_a_reader_never_sees_an_event_before_the_one_before_it(store: Store) -> None:
    async def write() -> None:
        for _ in range(15):
            await store.write(Announce(at=NOON, kind="x", subject="y"))

    async def follow() -> None:
        seq = 0
        while seq < 120:
            await store.wait_for_change(seq, 5)
            for event in await store.read(Events(after=seq)):
                assert event.seq == seq + 1
                seq = event.seq

    await asyncio.gather(follow(), follow(), *(write() for _ in range(8)))
