"""The README's second walk-through, driven word by word: real sites, a real server, and a site that is killed.

In a block `console sites`, a command that ends in `&` runs on, and is waited for until it has printed what stands below
it; `edwc jobs` is asked again until it prints what is promised, as a reader would.
"""

from __future__ import annotations

import doctest
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.dispatch.slurm.conftest import skip_or_fail
from tests.api.dispatch.slurm_site import missing_slurm
from tests.test_words import ROOT, commands

FENCE = re.compile(r"^```console sites\n(.*?)^```", re.MULTILINE | re.DOTALL)
PATIENCE_SECONDS = 90.0
WALK_MINUTES = 6  # longer than the walk and the deadlines in it
END_SECONDS = 30.0


def walk(page: str) -> list[tuple[str, str]]:
    found = FENCE.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(found) == 1, f"{page} has one walk-through of real sites, not {len(found)}"
    return commands(found[0])


def keeps(promised: str, printed: str) -> bool:
    return doctest.OutputChecker().check_output(
        promised, printed, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )


class Shell:
    """One reader's terminals: commands that run on, and commands that end."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.folder, self.running = folder, list[subprocess.Popen[bytes]]()
        # A reader's shell is not inside a make, which would have its commands say where they are.
        outside = {
            name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
        }
        self.knows = {
            **outside,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "VENV": str(Path(sys.executable).parent.parent),
            "COLUMNS": "140",
            "NO_COLOR": "1",
            "EDWC_STORE": f"sqlite:///{folder}/walk.db",
            "EDWC_PORT": str(port),
            "EDWC_URL": f"http://127.0.0.1:{port}",
        }

    def leave_running(self, command: str, promised: str) -> None:
        out = self.folder / f"{len(self.running)}.out"
        with out.open("wb") as file:
            self.running.append(
                subprocess.Popen(
                    ["bash", "-c", command],
                    cwd=ROOT,
                    env=self.knows,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        self.until(f"{promised.rstrip()}...", out.read_text, command)
        key = re.search(r"edwc_\w+", out.read_text())
        if key is not None:
            self.knows["EDWC_API_KEY"] = key[0]

    def ask(self, command: str, promised: str) -> None:
        if command.startswith("edwc jobs"):
            self.until(promised, lambda: self._output(command), command)
        else:
            printed = self._output(command)
            assert keeps(promised, printed), f"`{command}` printed\n{printed}\nnot\n{promised}"

    def until(self, promised: str, look: Callable[[], str], command: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not keeps(promised, printed := look()):
            assert time.monotonic() < end, f"`{command}` goes on printing\n{printed}\nnot\n{promised}"
            time.sleep(0.5)

    def close(self) -> None:
        for process in reversed(self.running):
            os.killpg(process.pid, signal.SIGINT)
            process.wait(END_SECONDS)

    def _output(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command.replace("/tmp/", f"{self.folder}/")],
            cwd=ROOT,
            env=self.knows,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == 0, f"`{command}` exited {done.returncode}:\n{printed}"
        return printed


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    missing = missing_slurm()
    if missing:
        skip_or_fail(missing)
    shell = Shell(tmp_path)
    yield shell
    shell.close()


@pytest.mark.slow
def test_a_site_is_killed_and_its_gang_goes_on_elsewhere(shell: Shell) -> None:
    # Prices change on the hour. Work that may wait for a cheaper one rightly does, and the walk shows none of that.
    before_the_hour = 3600 - time.time() % 3600
    if before_the_hour < 60 * WALK_MINUTES:
        time.sleep(before_the_hour)
    for command, promised in walk("README.md"):
        if command.endswith("&"):
            shell.leave_running(command.removesuffix("&"), promised)
        else:
            shell.ask(command, promised)


def test_both_readmes_tell_the_same_walk() -> None:
    assert walk("README.md") == walk("README.zh-CN.md")
