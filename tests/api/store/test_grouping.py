"""The group commit seen from its callers: none waits for another's loop, and none is kept waiting without end."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.store import AddJob, Announce, Events, Jobs, RefusedError, StoreBusyError, writer
from tests.api.store.builders import NOON, job, jobs, tenant
from tests.api.store.places import Place, opened

NOTE = Announce(at=NOON, kind="x", subject="y")


def test_a_caller_who_goes_away_leaves_the_write_standing(durable_place: Place) -> None:
    async def act() -> None:
        async with opened(durable_place, tenant()) as store:
            asked = asyncio.create_task(store.write(AddJob(job=job())))
            await asyncio.sleep(0)
            asked.cancel()
            await store.write(NOTE)
            assert len((await store.read(Jobs())).items) == 1

    asyncio.run(act())


@pytest.mark.parametrize("bad", [{"version": 2**70}, {"detail": {"a": 1}}, {"created_at": "noon"}])
def test_a_value_no_column_takes_harms_only_its_own_write(durable_place: Place, bad: dict[str, Any]) -> None:
    misfit = job()
    for name, value in bad.items():
        object.__setattr__(misfit, name, value)  # past the checks at birth, as a fault of ours would be

    async def act() -> None:
        async with opened(durable_place, tenant()) as store:
            writes = [store.write(AddJob(job=job())), store.write(AddJob(job=misfit)), store.write(NOTE)]
            good, refused, note = await asyncio.gather(*writes, return_exceptions=True)
            assert isinstance(refused, RefusedError)
            assert not isinstance(good, BaseException)
            assert not isinstance(note, BaseException)
            assert len((await store.read(Jobs())).items) == 1

    asyncio.run(act())


def test_closing_waits_for_the_writes_under_way(durable_place: Place) -> None:
    async def act() -> None:
        store = durable_place.open()
        asked = [asyncio.create_task(store.write(NOTE)) for _ in range(20)]
        await asyncio.sleep(0)
        await store.close()
        await asyncio.gather(*asked)
        async with opened(durable_place) as again:
            assert len(await again.read(Events())) == 20

    asyncio.run(act())


def test_too_many_waiting_writes_are_turned_away_at_once(
    durable_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHANGES_WAITING_MAX", 600)

    async def act() -> None:
        async with opened(durable_place, tenant()) as store:
            batches = [store.write(*(AddJob(job=j) for j in jobs(500))) for _ in range(6)]
            outcomes = await asyncio.gather(*batches, return_exceptions=True)
            turned_away = sum(isinstance(o, StoreBusyError) for o in outcomes)
            assert 1 <= turned_away <= 4
            assert len((await store.read(Jobs(limit=10_000))).items) == 500 * (6 - turned_away)

    asyncio.run(act())


def test_event_loops_in_several_threads_share_a_store(place: Place) -> None:
    async def in_a_loop_of_its_own() -> None:
        await asyncio.gather(*(store.write(NOTE) for _ in range(10)))
        assert len(await store.read(Events())) >= 10

    store = place.open()
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(asyncio.run, in_a_loop_of_its_own()) for _ in range(4)]:
            done.result()

    async def last() -> None:
        assert [e.seq for e in await store.read(Events())] == list(range(1, 41))
        await store.close()

    asyncio.run(last())
