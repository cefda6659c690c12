"""The attempt's own script, run as Slurm would run it: who claims, what is kept, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.dispatch.slurm.papers import Papers, Result
from api.dispatch.slurm.request import SCRIPT

QUICK = {
    "EDWC_WALL_SECONDS": "60",
    "EDWC_BEAT_SECONDS": "0.1",
    "EDWC_GRACE_SECONDS": "1",
    "EDWC_LOG_BYTES": "1000",
}


def begin(root: Path, command: str, number: int = 7, **environment: str) -> subprocess.Popen[bytes]:
    papers = Papers(root, "att_1")
    papers.desk.mkdir(parents=True, exist_ok=True)
    papers.folder.mkdir(parents=True, exist_ok=True)
    script = papers.desk / "script"
    script.write_text(f"#!/bin/sh\nset -- {command}\n{SCRIPT}")
    given = {"PATH": os.environ["PATH"], "EDWC_FOLDER": str(papers.folder), "SLURM_JOB_ID": str(number)}
    return subprocess.Popen(["sh", str(script)], env=given | QUICK | environment)


def run(root: Path, command: str, **environment: str) -> tuple[int, Result]:
    code = begin(root, command, **environment).wait(20)
    result = Papers(root, "att_1").look().result
    assert result is not None
    return code, result


def wait_for(reached: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_output_and_exit_code_are_kept(tmp_path: Path) -> None:
    code, result = run(tmp_path, "sh -c 'echo good; echo bad >&2; pwd; exit 3'")
    assert (code, result.code, result.why, result.told) == (3, 3, "", False)
    papers = Papers(tmp_path, "att_1")
    assert papers.log("stdout", 0).data == f"good\n{papers.folder}/work\n".encode()
    assert papers.log("stderr", 0).data == b"bad\n"
    assert papers.look().number == 7


def test_a_second_copy_finds_the_claim_taken_and_does_nothing(tmp_path: Path) -> None:
    first = begin(tmp_path, "sh -c 'echo once >> ran; sleep 0.5'")
    wait_for(Papers(tmp_path, "att_1").folder.joinpath("work/ran").exists)
    assert begin(tmp_path, "sh -c 'echo once >> ran'", number=8).wait(5) == 75
    first.wait(10)
    assert (Papers(tmp_path, "att_1").folder / "work/ran").read_text() == "once\n"
    assert begin(tmp_path, "sh -c 'echo once >> ran'").wait(5) == 75, "nor after the end"


def test_a_claim_taken_by_the_service_bars_the_work(tmp_path: Path) -> None:
    papers = Papers(tmp_path, "att_1")
    papers.folder.mkdir(parents=True)
    assert papers.take()
    assert begin(tmp_path, "true").wait(5) == 75
    assert not papers.take()


def test_it_ends_itself_when_cancelled_whatever_slurm_does(tmp_path: Path) -> None:
    work = begin(tmp_path, "sleep 1000")
    papers = Papers(tmp_path, "att_1")
    wait_for(lambda: papers.look().beat)
    papers.cancel()
    assert work.wait(10) == 143
    result = papers.look().result
    assert result is not None
    assert result.why == "cancelled"


def test_it_keeps_its_own_time_and_kills_what_will_not_end(tmp_path: Path) -> None:
    code, result = run(tmp_path, "sh -c \"trap '' TERM; sleep 100; sleep 100\"", EDWC_WALL_SECONDS="1")
    assert (code, result.why) == (137, "timeout")


def test_it_ends_itself_when_it_was_given_up(tmp_path: Path) -> None:
    """The service held it for dead and started another attempt; should it live after all, it stops."""
    work = begin(tmp_path, "sleep 1000")
    papers = Papers(tmp_path, "att_1")
    wait_for(lambda: papers.look().beat)
    assert papers.bar()
    assert work.wait(10) == 143
    result = papers.look().result
    assert result is not None
    assert result.why == "lost"


def test_who_settles_first_has_settled(tmp_path: Path) -> None:
    run(tmp_path, "true")
    assert not Papers(tmp_path, "att_1").bar()


def test_logs_stop_at_the_cap_and_the_work_goes_on(tmp_path: Path) -> None:
    code, _ = run(tmp_path, "sh -c 'head -c 5000 /dev/zero; exit 0'")
    piece = Papers(tmp_path, "att_1").log("stdout", 0)
    assert (code, len(piece.data), piece.dropped_bytes) == (0, 1000, 4000)


def test_output_in_many_pieces_is_kept_and_seen_at_once(tmp_path: Path) -> None:
    script = "sh -c 'for i in 1 2 3 4; do echo $i; sleep 0.05; done; until [ -e ../go ]; do sleep 0.05; done'"
    work, papers = begin(tmp_path, script), Papers(tmp_path, "att_1")
    wait_for(
        lambda: (papers.folder / "stdout.log").exists() and papers.log("stdout", 0).data == b"1\n2\n3\n4\n"
    )
    (papers.folder / "go").touch()
    assert work.wait(10) == 0


def test_a_full_disk_of_logs_does_not_fail_the_work(tmp_path: Path) -> None:
    folder = Papers(tmp_path, "att_1").folder
    folder.mkdir(parents=True)
    (folder / "stdout.log").symlink_to("/dev/full")
    code, result = run(tmp_path, "sh -c 'head -c 5000 /dev/zero; echo done > ../done'")
    assert (code, result.code) == (0, 0)
    assert (folder / "done").exists()


def test_a_link_in_the_place_of_a_log_is_not_followed(tmp_path: Path) -> None:
    folder = Papers(tmp_path, "att_1").folder
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_text("hush")
    (folder / "stdout.log").symlink_to(tmp_path / "secret")
    assert Papers(tmp_path, "att_1").log("stdout", 0).data == b""


def test_a_command_that_is_not_there_says_so(tmp_path: Path) -> None:
    code, result = run(tmp_path, "no-such-program")
    assert (code, result.code, result.why) == (127, 127, "not_started")
    assert Papers(tmp_path, "att_1").log("stderr", 0).data == b"no-such-program: not found\n"


@pytest.mark.parametrize(
    "_time", range(5)
)  # it was a race: the shell may see the work's end before it asks for it
def test_slurms_word_to_end_reaches_the_work_and_is_noted(tmp_path: Path, _time: int) -> None:
    work = begin(tmp_path, "sh -c \"trap 'exit 0' TERM; touch ../ready; while :; do sleep 0.05; done\"")
    wait_for(Papers(tmp_path, "att_1").folder.joinpath("ready").exists)
    work.send_signal(signal.SIGTERM)
    assert work.wait(10) == 0
    result = Papers(tmp_path, "att_1").look().result
    assert result is not None
    assert (result.code, result.told) == (0, True)


def test_what_it_leaves_behind_is_ended_and_the_processor_time_counted(tmp_path: Path) -> None:
    started = time.monotonic()
    _, result = run(tmp_path, "sh -c 'sleep 1000 & i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; exit 0'")
    assert time.monotonic() - started < 5
    assert result.cpu_s is not None
    assert result.cpu_s > 0.005
