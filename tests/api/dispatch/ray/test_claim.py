"""The claim's scripts, without a Ray: who comes first works, who comes second tells how it went."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from api.dispatch.ray.claim import ENDED, NOT_KNOWN, ending, entrypoint
from api.dispatch.runner import stat_fields


def line(folder: Path, script: str, *, cap_bytes: int = 1000, limit_s: int = 60) -> str:
    command, environment = ("sh", "-c", script), {"WHO": "first"}
    return entrypoint(
        str(folder / "claims/att_1"), command, environment, cap_bytes=cap_bytes, limit_s=limit_s, grace_s=1
    )


def ended(folder: Path) -> str:
    return ending(str(folder / "claims/att_1"), grace_s=2)


def run(command: str) -> tuple[int, str]:
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout


def begin(folder: Path, script: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        line(folder, f"touch {folder}/begun; {script}"),
        shell=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    while not (folder / "begun").exists():
        time.sleep(0.01)
    return process


def await_number(path: Path) -> int:
    while not (path.exists() and path.read_text().strip()):
        time.sleep(0.01)
    return int(path.read_text())


def is_running(pid: int) -> bool:
    return (fields := stat_fields(pid)) is not None and fields[0] not in "ZX"


def session_of(leader: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if (fields := stat_fields(pid)) is not None and int(fields[3]) == leader]


def end(process: subprocess.Popen[bytes]) -> int:
    process.communicate()
    return process.returncode


def test_who_comes_second_tells_how_the_first_went(tmp_path: Path) -> None:
    assert run(line(tmp_path, "echo $WHO; exit 3")) == (3, "first\n")
    assert run(line(tmp_path, "echo second; exit 4")) == (3, "first\n")


def test_who_comes_second_waits_for_the_first(tmp_path: Path) -> None:
    first = begin(tmp_path, "sleep 0.5; echo slowly; exit 5")
    assert run(line(tmp_path, "echo never")) == (5, "slowly\n")
    assert end(first) == 5


def test_a_first_that_was_cut_off_is_not_known(tmp_path: Path) -> None:
    first = begin(tmp_path, "sleep 100")
    os.killpg(first.pid, signal.SIGKILL)
    assert run(line(tmp_path, "echo never")) == (NOT_KNOWN, "")
    end(first)


def test_what_is_left_of_a_first_that_was_cut_off_is_ended_before_another_may_follow(tmp_path: Path) -> None:
    """Its work is in a group of its own, which a signal to the claimant's does not reach."""
    first = begin(tmp_path, f"echo $$ > {tmp_path}/work; while :; do sleep 0.1; done")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    work = await_number(tmp_path / "work")
    assert is_running(work)
    assert run(line(tmp_path, "echo never")) == (NOT_KNOWN, "")
    assert not is_running(work)
    end(first)


def test_work_whose_first_process_alone_was_killed_is_waited_for(tmp_path: Path) -> None:
    """As when a head dies: it takes the process that it started with it, and what that started works on."""
    first = begin(tmp_path, f"until [ -e {tmp_path}/go ]; do sleep 0.05; done; echo worked; exit 7")
    first.kill()
    first.wait()
    second = subprocess.Popen(line(tmp_path, "echo never"), shell=True, stdout=subprocess.PIPE, text=True)
    time.sleep(2.5)  # so long it would look before it calls a first cut off
    (tmp_path / "go").touch()
    said, _ = second.communicate(timeout=20)
    assert (second.returncode, said) == (7, "worked\n")
    end(first)


def test_work_that_is_told_to_end_has_time_to_keep_what_it_needs(tmp_path: Path) -> None:
    """All processes of a job are told at once, as Ray does it, and none of ours leaves before the work has."""
    keep = f"trap 'sleep 0.3; echo kept > {tmp_path}/kept; exit 9' TERM; echo $$ > {tmp_path}/work"
    first = begin(tmp_path, f"{keep}; while :; do sleep 0.05; done")
    await_number(tmp_path / "work")
    for pid in session_of(first.pid):
        with suppress(ProcessLookupError):  # the work's naps end by themselves
            os.kill(pid, signal.SIGTERM)
    first.wait()
    assert (tmp_path / "kept").read_text() == "kept\n"
    assert (tmp_path / "claims/att_1/end").read_text() == "9  \n"
    end(first)


def test_work_that_will_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    first = begin(tmp_path, f"trap '' TERM; echo $$ > {tmp_path}/work; while :; do sleep 0.1; done")
    work = await_number(tmp_path / "work")
    assert run(ended(tmp_path)) == (ENDED, "")
    assert not is_running(work)
    end(first)


def test_the_limit_and_the_cap_hold(tmp_path: Path) -> None:
    code, said = run(line(tmp_path, "head -c 9000 /dev/zero; sleep 60", limit_s=1))
    assert (code, len(said)) == (124, 1000)


def test_an_end_before_the_start_lets_nothing_begin(tmp_path: Path) -> None:
    assert run(ended(tmp_path)) == (ENDED, "")
    assert run(line(tmp_path, "echo never")) == (ENDED, "")


def test_an_end_after_the_start_ends_it(tmp_path: Path) -> None:
    first = begin(tmp_path, "sleep 100")
    assert run(ended(tmp_path)) == (ENDED, "")
    end(first)
    code, said = run(line(tmp_path, "echo never"))
    assert (code, "never" in said) == (ENDED, False)


def test_an_end_after_the_end_changes_nothing(tmp_path: Path) -> None:
    run(line(tmp_path, "exit 6"))
    assert run(ended(tmp_path)) == (6, "")
