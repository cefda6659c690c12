"""A real server process: started, asked, killed, started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.api.http.forked import Forked

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 60.0
_ADDRESS = re.compile(r"EDWC serves (http://\S+)")
_KEY = re.compile(r"edwc_[a-z2-7]{12}_[a-z2-7]{32}")


class Server:
    """`edwc api` or `edwc serve` on a store, by default SQLite in a folder; the port stays when it is started again."""

    def __init__(
        self, folder: Path, *, command: str = "api", store: str = "", forked: bool = False, **settings: str
    ) -> None:
        """Name what is served; `forked` begins each process in a tenth of the time, see `Forked`."""
        self.folder, self.command, self.forked = folder, command, forked
        self.store = store or f"sqlite:///{folder / 'edwc.db'}"
        self.settings = {f"EDWC_{name.upper()}": value for name, value in settings.items()}
        self.key = self.url = ""
        self.starts = 0
        self._process: subprocess.Popen[bytes] | Forked | None = None

    def start(self) -> None:
        """Start it and wait until it says where it listens."""
        self.starts += 1
        said = self.folder / f"said-{self.starts}"
        port = self.url.rpartition(":")[2] or "0"
        said.touch()
        self._process = self._begin([self.command, "--store", self.store, "--port", port], said)
        end = time.monotonic() + START_SECONDS
        while not (address := _ADDRESS.search(said.read_text())):
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise AssertionError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.02)
        self.url = address[1]
        shown = _KEY.search(said.read_text())
        self.key = shown[0] if shown else self.key

    def _begin(self, words: list[str], said: Path) -> subprocess.Popen[bytes] | Forked:
        env, log = {**os.environ, **self.settings}, self.folder / "log"
        if self.forked:
            return Forked(words, env, said, log)
        with said.open("wb") as out, log.open("ab") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "edwc", *words], cwd=ROOT, env=env, stdout=out, stderr=errors
            )

    def kill(self) -> None:
        """Kill it without a warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> int:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self._process.wait(timeout=30)

    def client(self, **how: Any) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=10, **how
        )

    def async_client(self, **how: Any) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=10, **how)
