"""What work can make of the papers it owns: the service does not wait for them, follow them, or drown in them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from api.dispatch import Sight
from api.dispatch.slurm.papers import Papers
from tests.api.dispatch.benches import launch
from tests.api.dispatch.slurm.recorded import job
from tests.api.dispatch.slurm.test_memory import Stage, story

ZEROS = Path("/dev/zero")
TRAPS: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a link to a device": lambda path: path.symlink_to(ZEROS),
    "a link to a secret": lambda path: path.symlink_to(path.parents[3] / "key"),
    "a folder": Path.mkdir,
    "a long file": lambda path: path.write_bytes(b"1" * 10_000_000),
}


def within_a_minute(work: Callable[[], object]) -> None:
    """Do it in a thread that the process does not wait for, should it hang."""
    done: list[object] = []
    thread = threading.Thread(target=lambda: done.append(work()), daemon=True)
    thread.start()
    thread.join(60)
    assert any(done), "it hangs, or broke"


@pytest.mark.parametrize("paper", ["claim/by", "claim/beat", "claim/times", "result", "stdout.dropped"])
@pytest.mark.parametrize("trap", TRAPS)
def test_a_look_at_papers_ends(tmp_path: Path, trap: str, paper: str) -> None:
    papers = Papers(tmp_path, "att_1")
    papers.desk.mkdir(parents=True)
    (papers.folder / "claim").mkdir(parents=True)
    TRAPS[trap](papers.folder / paper)

    def look() -> object:
        with contextlib.suppress(ValueError, KeyError):  # then nothing is known of it
            return len(papers.look().beat) <= 65_536
        return True

    within_a_minute(look)
    within_a_minute(lambda: papers.log("stdout", 0))


@pytest.mark.parametrize("trap", [name for name in TRAPS if name != "a long file"])
def test_output_is_read_from_a_plain_file_or_not_at_all(tmp_path: Path, trap: str) -> None:
    papers = Papers(tmp_path, "att_1")
    papers.folder.mkdir(parents=True)
    TRAPS[trap](papers.folder / "stdout.log")
    within_a_minute(lambda: papers.log("stdout", 0))
    assert papers.log("stdout", 0).data == b""


@story
async def test_work_that_hides_its_beat_is_taken_at_slurms_word(stage: Stage) -> None:
    await stage.backend.start(launch())
    stage.rest.jobs[1] = job(1, state="RUNNING")
    stage.begin(1)
    (stage.papers.folder / "claim/beat").unlink()
    os.mkfifo(stage.papers.folder / "claim/beat")
    assert (await asyncio.wait_for(stage.seen(), 60)).sight is Sight.RUNNING


@story
async def test_a_shared_disk_that_hangs_holds_up_its_own_site_only(stage: Stage) -> None:
    """Its threads are all taken, and the process has its own as before."""
    let_go = threading.Event()
    stuck = [asyncio.create_task(stage.backend._off(let_go.wait, 60)) for _ in range(100)]
    asked = asyncio.create_task(stage.seen())
    for _ in range(3):
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "answered"), 30) == "answered"
    assert not asked.done()
    let_go.set()
    await asyncio.gather(*stuck)
    assert (await asked).sight is Sight.NEVER


def test_a_word_to_end_is_not_written_through_a_link(tmp_path: Path) -> None:
    papers = Papers(tmp_path, "att_1")
    papers.folder.mkdir(parents=True)
    (papers.folder / "cancel").symlink_to(tmp_path / "elsewhere")
    papers.cancel()
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_checkpoint_is_given_away_without_what_its_links_lead_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when a folder becomes a link just after it was looked at."""
    nobody, kept = pwd.getpwnam("nobody"), tmp_path / "checkpoints/job_1"
    (kept / "a").mkdir(parents=True)
    (kept / "a/secret").touch()
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/secret").touch()
    (kept / "link").symlink_to(tmp_path / "etc")
    given = os.chown

    def chown(path: str | Path, *args: int, **kwargs: int | bool | None) -> None:
        if Path(path).name == "a" and (kept / "a").is_dir() and not (kept / "a").is_symlink():
            (kept / "a").rename(tmp_path / "moved")
            (kept / "a").symlink_to(tmp_path / "etc")
        given(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "chown", chown)
    Papers(tmp_path, "att_1").make("nobody", "job_1")
    assert (kept.stat().st_uid, os.lstat(kept / "link").st_uid) == (nobody.pw_uid, nobody.pw_uid)
    assert (tmp_path / "etc/secret").stat().st_uid == 0
    assert (tmp_path / "attempts/att_1").stat().st_uid == nobody.pw_uid
