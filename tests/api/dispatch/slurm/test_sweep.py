"""Papers of attempts that were settled long ago go, with their output; those of any other stay."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.dispatch.slurm.papers import Papers
from api.dispatch.slurm.sweep import sweep

NOW = datetime.now(UTC)
KEEP = timedelta(days=30)
OLD = timedelta(days=31)


def attempt(root: Path, name: str, *, settled: bool = True) -> Papers:
    papers = Papers(root, name)
    papers.make("daemon", job=f"job_{name}")
    (papers.folder / "stdout.log").write_text("said")
    if settled:
        papers.settle({"ending": None})
    return papers


def age(root: Path, by: timedelta) -> None:
    then = (NOW - by).timestamp()
    for path in (root, *root.rglob("*")):
        os.utime(path, (then, then))


def clean(root: Path, *keep: str) -> list[str]:
    return sweep(root, keep=keep, before=NOW - KEEP, now=NOW)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "fences").mkdir()
    return tmp_path


def test_what_was_settled_long_ago_goes_with_its_output(root: Path) -> None:
    papers = attempt(root, "att_1")
    age(root, OLD)
    assert clean(root) == ["att_1"]
    assert not papers.folder.exists()
    assert not papers.desk.exists()


def test_what_is_asked_about_or_young_or_was_never_settled_stays(root: Path) -> None:
    asked, lost = attempt(root, "att_1"), attempt(root, "att_2", settled=False)
    age(root, 10 * OLD)
    young = attempt(root, "att_3")
    assert clean(root, "att_1") == []
    assert all(papers.folder.exists() for papers in (asked, lost, young))


def test_a_fence_and_a_checkpoint_stay_twice_as_long(root: Path) -> None:
    attempt(root, "att_1")
    (root / "fences/job_att_1").write_text("1")
    age(root, OLD)
    clean(root)
    assert (root / "checkpoints/job_att_1").exists()
    assert (root / "fences/job_att_1").exists()
    age(root, 2 * OLD)
    clean(root)
    assert not (root / "checkpoints/job_att_1").exists()
    assert not (root / "fences/job_att_1").exists()


def test_a_checkpoint_that_is_written_on_is_young(root: Path) -> None:
    attempt(root, "att_1")
    (root / "checkpoints/job_att_1/step").write_text("7")
    age(root, 3 * OLD)
    (root / "checkpoints/job_att_1/step").write_text("8")
    clean(root, "att_1")
    assert (root / "checkpoints/job_att_1/step").exists()


def test_a_site_that_has_no_papers_yet_has_nothing_to_sweep(root: Path) -> None:
    assert clean(root / "fresh") == []
