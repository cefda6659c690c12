"""One leader at a time, and no word of a former one is heard."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from api.store import Announce, Events, Head, One, StaleLeaderError, Store
from tests.api.store.builders import NOON
from tests.api.store.places import Place, opened, story

REIGN = """
import asyncio, sys
from api.store import open_store

async def reign():
    leadership = await open_store(sys.argv[1]).lead("former")
    print(leadership.epoch, flush=True)
    await asyncio.sleep(60)

asyncio.run(reign())
"""


@story
async def test_while_one_leads_no_other_does(store: Store, place: Place) -> None:
    first = await store.lead("a")
    assert first is not None
    async with opened(place) as other:
        assert await other.lead("b") is None
        assert await first.held()
        await first.release()
        second = await other.lead("b")
        assert second is not None
        assert second.epoch == first.epoch + 1
        assert not await first.held() or place.kind == "memory"
        await second.release()


@story
async def test_a_former_leaders_write_is_refused(store: Store, place: Place) -> None:
    first = await store.lead("a")
    assert first is not None
    await store.write(Announce(at=NOON, kind="x", subject="1"), epoch=first.epoch)
    await first.release()
    async with opened(place) as other:
        second = await other.lead("b")
        assert second is not None
        with pytest.raises(StaleLeaderError, match=f"epoch {first.epoch} is over, {second.epoch} leads now"):
            await other.write(Announce(at=NOON, kind="x", subject="2"), epoch=first.epoch)
        await other.write(Announce(at=NOON, kind="x", subject="3"), epoch=second.epoch)
        assert [e.subject for e in await other.read(Events())] == ["1", "3"]
        head = await other.read(One(Head, "leader"))
        assert head is not None
        assert head.holder == "b"
        await second.release()


@story
async def test_an_epoch_that_never_was_is_refused(store: Store) -> None:
    with pytest.raises(StaleLeaderError):
        await store.write(Announce(at=NOON, kind="x", subject="y"), epoch=7)


def test_a_store_opened_anew_leads_with_a_new_epoch(durable_place: Place) -> None:
    async def reign() -> int:
        async with opened(durable_place) as store:
            leadership = await store.lead("a")
            assert leadership is not None
            await leadership.release()
            return leadership.epoch

    assert [asyncio.run(reign()) for _ in range(3)] == [1, 2, 3]


def test_a_killed_leaders_place_is_free_within_seconds(durable_place: Place) -> None:
    reign = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", REIGN, durable_place.url],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert reign.stdout is not None
    former = int(reign.stdout.readline())

    async def act() -> None:
        async with opened(durable_place) as store:
            assert await store.lead("heir") is None
            reign.kill()
            async with asyncio.timeout(10):
                while (leadership := await store.lead("heir")) is None:
                    await asyncio.sleep(0.05)
            assert leadership.epoch == former + 1
            await leadership.release()

    try:
        asyncio.run(act())
    finally:
        reign.kill()
        reign.wait()
        reign.stdout.close()


async def heard(store: Store, timeout_s: float) -> int:
    """Wait again and again until there is news: the other may take longer to write than one wait lasts."""
    while not (seq := await store.wait_for_change(0, timeout_s)):
        continue
    return seq


def test_another_process_is_heard_of(durable_place: Place) -> None:
    """Two stores on one database: what one writes wakes the other, at the latest when its time is over."""

    async def act() -> None:
        async with opened(durable_place) as here, opened(durable_place) as there:
            timeout = 10 if durable_place.kind == "postgres" else 0.2
            waiting = asyncio.create_task(heard(here, timeout))
            await asyncio.sleep(0.1)
            await there.write(Announce(at=NOON, kind="x", subject="y"))
            async with asyncio.timeout(9):
                assert await waiting == 1

    asyncio.run(act())


def test_writers_of_two_processes_take_turns(durable_place: Place) -> None:
    async def act() -> None:
        async with opened(durable_place) as here, opened(durable_place) as there:
            notes = [
                s.write(Announce(at=NOON, kind="x", subject="y")) for s in (here, there) for _ in range(40)
            ]
            await asyncio.gather(*notes)
            assert [e.seq for e in await here.read(Events())] == list(range(1, 81))

    asyncio.run(act())
