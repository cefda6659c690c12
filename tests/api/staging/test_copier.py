"""A copy is whole or not there, goes on where it was cut short, is what was promised, and keeps to its rate."""

from __future__ import annotations

import asyncio
import hashlib
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

    def sleep(self, seconds: float) -> None:
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
    mover = Copier(clock=time, sleep=time.sleep, piece_bytes=10_000)
    copy(source, tmp_path / "input.0", rate_gbps=0.001, mover=mover)
    assert time.now == pytest.approx(len(DATA) * 8 / 1e6)


def test_a_rate_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rate_gbps is 0"):
        Copy(source="x", target=tmp_path, rate_gbps=0)
