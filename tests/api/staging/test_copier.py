"""A copy is whole or not there, goes on where it was cut short, is what was promised, and keeps to its rate."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import fsspec
import pytest

from api.staging import Copied, Copier, Copy, SourceGone, WrongChecksum

DATA = bytes(range(256)) * 4096
DIGEST = hashlib.sha256(DATA).hexdigest()


class SlowTime:
    """A clock that moves only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, _: threading.Event, seconds: float) -> None:
        self.now += seconds


def copy(source: str, target: Path, *, mover: Copier | None = None, **fields: Any) -> Copied:
    order = Copy(source=source, target=target, **fields)
    return asyncio.run((mover or Copier()).copy(order))


@pytest.fixture(params=["plain", "file", "memory"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "memory":
        with fsspec.open("memory://bucket/data.bin", "wb") as file:
            file.write(DATA)
        return "memory://bucket/data.bin"
    path = tmp_path / "data.bin"
    path.write_bytes(DATA)
    return str(path) if request.param == "plain" else path.as_uri()


def test_a_file_arrives_whole_and_checked(source: str, tmp_path: Path) -> None:
    target = tmp_path / "in" / "input.0"
    assert copy(source, target, sha256=DIGEST.upper()) == Copied(
        size_bytes=len(DATA), sha256=DIGEST, moved_bytes=len(DATA)
    )
    assert target.read_bytes() == DATA
    assert copy(source, target).moved_bytes == 0


def test_a_copy_that_was_cut_short_goes_on(source: str, tmp_path: Path) -> None:
    target = tmp_path / "input.0"
    (tmp_path / "input.0.part").write_bytes(DATA[:700_001])
    copied = copy(source, target, sha256=DIGEST)
    assert copied.moved_bytes == len(DATA) - 700_001
    assert target.read_bytes() == DATA


def test_what_was_left_of_another_file_is_not_built_upon(source: str, tmp_path: Path) -> None:
    target = tmp_path / "input.0"
    (tmp_path / "input.0.part").write_bytes(DATA + b"longer")
    assert copy(source, target, sha256=DIGEST).moved_bytes == len(DATA)
    (tmp_path / "other.part").write_bytes(b"x" * 100)
    with pytest.raises(WrongChecksum):
        copy(source, tmp_path / "other", sha256=DIGEST)
    assert copy(source, tmp_path / "other", sha256=DIGEST).sha256 == DIGEST


def test_other_bytes_than_promised_are_not_kept(source: str, tmp_path: Path) -> None:
    target = tmp_path / "input.0"
    with pytest.raises(WrongChecksum, match=f"sha-256 is {DIGEST}, not {'0' * 64}"):
        copy(source, target, sha256="0" * 64)
    assert list(tmp_path.glob("input.0*")) == []


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    for url in (f"{tmp_path}/none", "memory://bucket/none", "nosuch://bucket/x"):
        with pytest.raises(SourceGone, match=url.rpartition("/")[2]):
            copy(url, tmp_path / "input.0")


def test_a_copy_keeps_to_the_rate_the_plan_reserved(source: str, tmp_path: Path) -> None:
    time = SlowTime()
    mover = Copier(clock=time, wait=time.wait, piece_bytes=10_000)
    copy(source, tmp_path / "input.0", rate_gbps=0.001, mover=mover)
    assert time.now == pytest.approx(len(DATA) * 8 / 1e6)


def test_slow_copies_hold_up_nothing_else_and_end_when_they_are_given_up(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(DATA)
    waiting, given_up = threading.Semaphore(0), threading.Semaphore(0)

    def wait(stop: threading.Event, seconds: float) -> None:
        assert seconds > 60
        waiting.release()
        assert stop.wait(60), "nobody gave it up"
        given_up.release()

    async def act() -> None:
        many = min(32, (os.cpu_count() or 1) + 4)  # so many threads all else of the process shares
        mover = Copier(wait=wait, piece_bytes=1000)
        orders = [
            Copy(source=str(tmp_path / "data.bin"), target=tmp_path / f"{n}" / "input.0", rate_gbps=1e-8)
            for n in range(many)
        ]
        copies = [asyncio.create_task(mover.copy(order)) for order in orders]
        while waiting._value < many:
            await asyncio.sleep(0.005)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "answered"), 30) == "answered"
        for each in copies:
            each.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
        while given_up._value < many:
            await asyncio.sleep(0.005)

    asyncio.run(act())


@pytest.mark.parametrize("name", ["input.0.part", "input.0.sha256"])
@pytest.mark.parametrize("trap", ["link", "pipe"])
def test_nothing_is_written_through_what_work_put_there(tmp_path: Path, name: str, trap: str) -> None:
    (tmp_path / "data.bin").write_bytes(DATA)
    inputs = tmp_path / "in"
    inputs.mkdir()
    if trap == "link":
        (inputs / name).symlink_to(tmp_path / "elsewhere")
    else:
        os.mkfifo(inputs / name)
    with pytest.raises(SourceGone):
        copy(str(tmp_path / "data.bin"), inputs / "input.0")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_a_link_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(DATA)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "att_1").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceGone, match="att_1 is a link; remove it"):
        copy(str(tmp_path / "data.bin"), tmp_path / "att_1" / "input.0")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_target_that_cannot_be_written_is_told_as_any_copy_that_failed(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(DATA)
    (tmp_path / "att_1").write_text("no folder")
    with pytest.raises(SourceGone, match=r"data\.bin: .*att_1"):
        copy(str(tmp_path / "data.bin"), tmp_path / "att_1" / "input.0")


def test_a_rate_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rate_gbps is 0"):
        Copy(source="x", target=tmp_path, rate_gbps=0)
