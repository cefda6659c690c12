"""A Ray cluster of one head on loopback: our direct child, with ports and folders of its own."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx

START_SECONDS = 120.0
STOP_SECONDS = "20"  # work that writes a checkpoint at its end is given time, as an operator would
TOKEN = "a-token-for-the-tests-of-this-run"
PORTS = (
    "port",
    "dashboard-port",
    "dashboard-agent-listen-port",
    "dashboard-agent-grpc-port",
    "runtime-env-agent-port",
    "metrics-export-port",
    "ray-client-server-port",
    "node-manager-port",
    "object-manager-port",
)


class NoRayError(Exception):
    """This machine has no Ray for us; the message says what is missing."""


class Cluster:
    """A head that can be killed and started again.

    It gets an address of its own, since 127.0.0.1 would be replaced silently.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.claims = folder / "claims"
        self.address = f"127.0.{random.randint(10, 250)}.1"
        self.ports = _free_ports(self.address, len(PORTS))
        self.token_file = folder / "token"
        self.token_file.write_text(TOKEN)
        self._log = (folder / "log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return self.ports[PORTS.index("dashboard-port")]

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def start(self) -> None:
        words = [f"--{name}={number}" for name, number in zip(PORTS, self.ports, strict=True)]
        self._process = subprocess.Popen(
            [
                str(Path(sys.executable).parent / "ray"),
                *("start", "--head", "--block", "--num-cpus=4", "--object-store-memory=80000000"),
                *("--disable-usage-stats", f"--temp-dir={self.folder / 't'}"),
                *(f"--node-ip-address={self.address}", f"--dashboard-host={self.address}", *words),
            ],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "RAY_AUTH_MODE": "token",
                "RAY_AUTH_TOKEN": TOKEN,
                "RAY_JOB_STOP_WAIT_TIME_S": STOP_SECONDS,
            },
            stdout=self._log,
            stderr=self._log,
            cwd="/",
            start_new_session=True,
        )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(httpx.TransportError):
                if self.ask("GET", "/api/v0/nodes").json()["data"]["result"]["result"]:
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.2)
        self.kill()
        raise NoRayError(f"Ray did not start in {START_SECONDS} s: {self._log.name}")

    def kill(self) -> None:
        """SIGKILL the head, and all that is its own with it."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {TOKEN}"}
        return httpx.request(method, self.url + path, headers=headers, timeout=20, trust_env=False, **parts)

    def clean(self) -> None:
        """Stop all jobs that are not over."""
        with contextlib.suppress(httpx.TransportError, ValueError):
            for job in self.ask("GET", "/api/jobs/").json():
                if job.get("submission_id") and job["status"] in {"PENDING", "RUNNING"}:
                    self.ask("POST", f"/api/jobs/{job['submission_id']}/stop")

    def close(self) -> None:
        self.kill()
        self._log.close()


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A fresh head, gone at the end.

    Raises:
        NoRayError: Ray is not here.
    """
    if find_spec("ray") is None or not (Path(sys.executable).parent / "ray").exists():
        raise NoRayError("no ray: install the extra `ray`")
    folder = Path(tempfile.mkdtemp(prefix="edwc-ray-"))
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(address: str, count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((address, 0))
        return [probe.getsockname()[1] for probe in probes]
