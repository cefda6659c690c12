"""The claim's scripts, without a Ray: who comes first works, who comes second tells how it went."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from api.dispatch.ray.claim import ENDED, NOT_KNOWN, ending, entrypoint


def line(folder: Path, script: str, *, cap_bytes: int = 1000, limit_s: int = 60) -> str:
    command, environment = ("sh", "-c", script), {"WHO": "first"}
    return entrypoint(
        str(folder / "claims/att_1"), command, environment, cap_bytes=cap_bytes, limit_s=limit_s, grace_s=1
    )


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


def test_the_limit_and_the_cap_hold(tmp_path: Path) -> None:
    code, said = run(line(tmp_path, "head -c 9000 /dev/zero; sleep 60", limit_s=1))
    assert (code, len(said)) == (124, 1000)


def test_an_end_before_the_start_lets_nothing_begin(tmp_path: Path) -> None:
    assert run(ending(str(tmp_path / "claims/att_1"))) == (ENDED, "")
    assert run(line(tmp_path, "echo never")) == (ENDED, "")


def test_an_end_after_the_start_ends_it(tmp_path: Path) -> None:
    first = begin(tmp_path, "sleep 100")
    assert run(ending(str(tmp_path / "claims/att_1"))) == (ENDED, "")
    end(first)
    assert run(line(tmp_path, "echo never")) == (ENDED, "")


def test_an_end_after_the_end_changes_nothing(tmp_path: Path) -> None:
    run(line(tmp_path, "exit 6"))
    assert run(ending(str(tmp_path / "claims/att_1"))) == (6, "")
