"""The command in a process that was forked from one with everything imported: begun in a tenth of the time.

From the first line of the command on it is the real server: its own process, threads, files and sockets, and a kill -9
ends it like any other. Only the import of its modules, which touches no store, has been done beforehand.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

_SPAWN = multiprocessing.get_context("forkserver")
_SPAWN.set_forkserver_preload(["edwc", "api.serving", "api.cli.serve"])


class Forked:
    """A process with the few methods of a Popen that a Server needs."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], out: Path, log: Path) -> None:
        """Run `edwc` with these words; what it says goes to files."""
        self._process = _SPAWN.Process(target=_run, args=(list(words), dict(env), str(out), str(log)))
        self._process.start()

    def poll(self) -> int | None:
        """Its exit status; None while it lives."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def wait(self, timeout: float) -> int:
        """Its exit status, once it has ended."""
        self._process.join(timeout)
        assert self._process.exitcode is not None, f"the server lives on after {timeout} s"
        return self._process.exitcode


def _run(words: list[str], env: dict[str, str], out: str, log: str) -> None:
    from edwc import main  # noqa: PLC0415  (in the child)

    os.environ.clear()
    os.environ.update(env)
    for descriptor, path in ((1, out), (2, log)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    main(words)
