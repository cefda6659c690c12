"""What jobs name is brought from where the operator allows, into a folder of the attempt's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api.staging import Copier, ForbiddenSource, NamedInput, Stager, named_inputs


def stager(tmp_path: Path, *sources: str) -> Stager:
    return Stager(mover=Copier(), root=tmp_path / "inputs", sources=sources)


def stage(keeper: Stager, url: str, attempt: str = "att_1") -> dict[str, str]:
    return dict(asyncio.run(keeper.stage(attempt, "west", [NamedInput(number=0, url=url)], {})))


def test_labels_name_the_bytes_of_inputs() -> None:
    labels = {
        "input.1.url": "s3://b/x",
        "input.0.url": "s3://b/y",
        "input.0.sha256": "ab",
        "input.2.url": "",
        "team": "a",
    }
    first, second = named_inputs(labels)
    assert (first.number, first.url, first.sha256, first.variable) == (0, "s3://b/y", "ab", "EDWC_INPUT_0")
    assert (second.number, second.sha256) == (1, "")


def test_an_attempt_finds_its_inputs_and_finds_them_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "set").write_bytes(b"bytes")
    keeper = stager(tmp_path, f"file://{tmp_path}/data/")
    found = stage(keeper, f"file://{tmp_path}/data/set")
    assert Path(found["EDWC_INPUT_0"]).read_bytes() == b"bytes"
    assert stage(keeper, f"{tmp_path}/data/set") == found
    assert keeper.left_behind({"att_1"}) == []
    assert keeper.left_behind(()) == [keeper.folder("att_1", "west")]
    keeper.drop("att_1", "west")
    assert keeper.left_behind(()) == []


@pytest.mark.parametrize(
    "url",
    [
        "file://{root}/secret",
        "{root}/secret",
        "file://{root}/data/../secret",
        "file://{root}/data/%2e%2e/secret",
        "{root}/data/link",
        "s3://data/x",
        "http://169.254.169.254/latest",
        "memory://other/x",
        "memory://mine/../other/x",
        "memory://mine/%2e%2e/other/x",
        "memory://mine/.%252e/other/x",
        "memory://mine/..\\other/x",
        "memory://mine/x?/../../other/x",
        "http://[x",
        "file://{root}/data/%00",
        "simplecache::file://{root}/secret",
        "local://{root}/secret",
    ],
)
def test_nobody_reads_what_the_operator_has_not_allowed(tmp_path: Path, url: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "secret").write_bytes(b"keys")
    (tmp_path / "data" / "link").symlink_to(tmp_path / "secret")
    keeper = stager(tmp_path, f"file://{tmp_path}/data/", "memory://mine/")
    with pytest.raises(ForbiddenSource, match="ask the operator to allow it"):
        stage(keeper, url.format(root=tmp_path))
    assert not (tmp_path / "inputs").exists()


def test_a_site_may_have_a_folder_of_its_own(tmp_path: Path) -> None:
    keeper = Stager(mover=Copier(), root=tmp_path / "a", sources=(), roots={"west": tmp_path / "b"})
    assert keeper.folder("att_1", "west") == tmp_path / "b" / "att_1"
    assert keeper.folder("att_1", "east") == tmp_path / "a" / "att_1"
