"""A file is written whole or not at all."""

import os
from pathlib import Path

import click
import pytest

from api.cli.file import write_whole


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("old", encoding="utf-8")
    write_whole(tmp_path / "plan.json", "new")
    assert (tmp_path / "plan.json").read_text(encoding="utf-8") == "new"
    assert len(list(tmp_path.iterdir())) == 1


def test_the_old_file_stays_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("disk full")

    (tmp_path / "plan.json").write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_whole(tmp_path / "plan.json", "new")
    assert (tmp_path / "plan.json").read_text(encoding="utf-8") == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("name", [".", "missing/plan.json"])
def test_a_path_that_cannot_be_a_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(click.BadParameter, match="folder"):
        write_whole(tmp_path / name, "x")
