"""A server process on a store given by URL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
# The load comes with one key, faster than a customer may.
SETTINGS = {"EDWC_REQUESTS_PER_SECOND": "1000000", "EDWC_LOG_LEVEL": "error"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """Where a server answers, a key for it, and its process."""

    url: str
    key: str
    pid: int

    def processor_s(self) -> float:
        """Processor time of its process so far, user and system [s]; its children, the planners, are not counted."""
        return _processor_s(self.pid)

    def solving_share(self, over_s: float = 0.3) -> float:
        """Return how much of a core its planners take just now."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        pids = [int(pid) for pid in children.read_text().split()]
        before, since = sum(map(_processor_s, pids)), time.monotonic()
        time.sleep(over_s)
        return (sum(map(_processor_s, pids)) - before) / (time.monotonic() - since)


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(command: str, store: str, folder: Path) -> Iterator[Served]:
    """Run `edwc api` or `edwc serve` on a fresh store; ended when left."""
    said = folder / "said"
    settings = {**os.environ, **SETTINGS, "EDWC_SECRET": "bench" * 8, "EDWC_DATA": str(folder / "data")}
    with said.open("wb") as out, (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "edwc", command, "--store", store, "--port", "0"],
            cwd=ROOT,
            env=settings,
            stdout=out,
            stderr=log,
        )
    try:
        yield _wait(process, said, folder / "log")
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], said: Path, log: Path) -> Served:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        text = said.read_text()
        url, key = re.search(r"serves (http://\S+)", text), re.search(r"edwc_[a-z2-7]{12}_[a-z2-7]{32}", text)
        if url and key:
            return Served(url=url[1], key=key[0], pid=process.pid)
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
