"""What every backend promises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from api.dispatch import Ending, Sight, StaleAttempt, UnknownAttempt
from tests.api.dispatch.benches import BENCHES, Bench, seen

Play = Callable[[Bench], Awaitable[None]]
PROMISES: dict[str, Play] = {}  # for the benches of real programs, which have slow modules of their own


def promise(play: Play) -> Callable[[str, Path], None]:
    """Hold every backend to a promise."""

    @pytest.mark.parametrize("kind", BENCHES)
    def test(kind: str, tmp_path: Path) -> None:
        asyncio.run(play(BENCHES[kind](tmp_path)))  # type: ignore[arg-type]

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    PROMISES[play.__name__.removeprefix("test_")] = play
    return test


@promise
async def test_work_runs_and_ends_well(bench: Bench) -> None:
    backend = bench.open()
    await backend.start(bench.brief("1"))
    await bench.pass_time()
    end = await seen(backend, "att_1")
    assert end.succeeded
    assert end.exit_code == 0
    assert end.started_at is not None
    assert end.ended_at is not None
    assert end.started_at <= end.ended_at


@promise
async def test_a_second_start_of_an_attempt_starts_nothing(bench: Bench) -> None:
    backend = bench.open()
    handles = {await backend.start(bench.long("1")) for _ in range(3)}
    first = await seen(backend, "att_1", sight=Sight.RUNNING)
    await bench.pass_time()
    handles.add(await bench.open().start(bench.long("1")))
    again = await seen(backend, "att_1", sight=Sight.RUNNING)
    assert len(handles) == 1
    assert again.started_at == first.started_at
    await backend.cancel("att_1")
    await seen(backend, "att_1")


@promise
async def test_starts_at_the_same_time_start_once(bench: Bench) -> None:
    one, two = bench.open(), bench.open()
    handles = await asyncio.gather(*(backend.start(bench.long("1")) for backend in (one, two, one, two)))
    assert len(set(handles)) == 1
    await one.cancel("att_1")
    assert (await seen(two, "att_1")).ending is Ending.CANCELLED


@promise
async def test_what_was_never_started_is_never(bench: Bench) -> None:
    assert (await bench.open().poll(["att_9"]))["att_9"].sight is Sight.NEVER


@promise
async def test_a_cancelled_attempt_ends(bench: Bench) -> None:
    backend = bench.open()
    await backend.start(bench.long("1"))
    await backend.cancel("att_1")
    await backend.cancel("att_1")
    end = await seen(backend, "att_1")
    assert end.ending is Ending.CANCELLED
    assert not end.succeeded


@promise
async def test_a_cancel_before_the_start_is_a_tombstone(bench: Bench) -> None:
    backend = bench.open()
    await backend.cancel("att_1")
    await backend.start(bench.long("1"))
    assert (await seen(backend, "att_1")).ending is Ending.CANCELLED


@promise
async def test_a_cancel_after_the_end_changes_nothing(bench: Bench) -> None:
    backend = bench.open()
    await backend.start(bench.brief("1"))
    await bench.pass_time()
    end = await seen(backend, "att_1")
    await backend.cancel("att_1")
    assert (await backend.poll(["att_1"]))["att_1"] == end


@promise
async def test_an_older_token_is_refused(bench: Bench) -> None:
    backend = bench.open()
    await backend.start(bench.long("2", token=2))
    with pytest.raises(StaleAttempt, match="token 1, but token 2"):
        await bench.open().start(bench.long("1", token=1))
    assert (await backend.poll(["att_1"]))["att_1"].sight is Sight.NEVER
    await backend.cancel("att_2")
    await seen(backend, "att_2")


@promise
async def test_another_opening_sees_the_same(bench: Bench) -> None:
    first = bench.open()
    await first.start(bench.long("1"))
    before = await seen(first, "att_1", sight=Sight.RUNNING)
    second = bench.open()
    assert await seen(second, "att_1", sight=Sight.RUNNING) == before
    await second.cancel("att_1")
    assert (await seen(second, "att_1")).ending is Ending.CANCELLED


@promise
async def test_logs_of_the_unknown_are_refused(bench: Bench) -> None:
    with pytest.raises(UnknownAttempt, match="att_9"):
        await bench.open().logs("att_9")


@promise
async def test_logs_are_complete_when_work_has_ended(bench: Bench) -> None:
    backend = bench.open()
    await backend.start(bench.brief("1"))
    await bench.pass_time()
    await seen(backend, "att_1")
    piece = await backend.logs("att_1")
    assert piece.complete
    assert piece.next_offset == len(piece.data)
    with pytest.raises(ValueError, match="stream 'both': must be one of stdout, stderr"):
        await backend.logs("att_1", stream="both")


@promise
async def test_capacity_can_be_asked(bench: Bench) -> None:
    assert set(await bench.open().capacity()) <= {"west"}
