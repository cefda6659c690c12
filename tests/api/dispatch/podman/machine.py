"""A machine that runs containers: a real Podman service with storage of its own, and one small image."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

IMAGE = "localhost/edwc-busybox:latest"
START_SECONDS = 20.0
PROGRAMS = ("podman", "runc", "conmon", "catatonit", "busybox")
CONTAINERS_CONF = """
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=512:512"]
log_driver = "k8s-file"
netns = "host"
"""


class NoPodmanError(Exception):
    """This machine cannot run containers for us; the message says what is missing."""


class Machine:
    """A Podman service that is our direct child, and can be killed and started again; its containers live on."""

    def __init__(self, folder: Path, graph: Path | None = None) -> None:
        self.folder = folder
        self.graph = (
            graph or folder / "graph"
        )  # images, containers and their logs; it may be a disk of its own
        self._log = (folder / "log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "containers.conf").write_text(CONTAINERS_CONF)
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{self.graph}"\nrunroot = "{folder}/run"\n'
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        try:
            self.podman("import", str(_tar_of_busybox(folder)), IMAGE)
        except NoPodmanError:
            self._log.close()
            raise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def podman(self, *arguments: str) -> str:
        """Run podman beside the service, on the same storage."""
        done = subprocess.run(
            [*self._command(), *arguments],
            env=self._environment(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise NoPodmanError(f"podman {' '.join(arguments)}: {done.stderr.decode()[-400:]}")
        return done.stdout.decode()

    def start(self) -> None:
        service = ["system", "service", "--time", "0", f"tcp:127.0.0.1:{self.port}"]
        self._process = subprocess.Popen(
            [*self._command(), *service], env=self._environment(), stdout=self._log, stderr=self._log
        )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}/v4.0.0/libpod/_ping", timeout=2, trust_env=False)
                return
            time.sleep(0.03)
        self.kill()
        raise NoPodmanError(f"podman's service did not start in {START_SECONDS} s")

    def kill(self) -> None:
        """SIGKILL the service."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def inspect(self, name: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}/v4.0.0/libpod/containers/{name}/json", timeout=10, trust_env=False)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def kill_container(self, name: str, *, monitor_first: bool = False) -> None:
        """Kill a container's first process behind Podman's back, and its monitor before it."""
        document = self.inspect(name)
        if monitor_first:
            os.kill(document["State"]["ConmonPid"], signal.SIGKILL)
        os.kill(document["State"]["Pid"], signal.SIGKILL)

    def reboot(self) -> None:
        """All at once: the service, monitors and containers are gone, and so is what was only in memory."""
        names = [row["Names"][0] for row in json.loads(self.podman("ps", "--format", "json"))]
        victims = [self.inspect(name)["State"] for name in names]
        self.kill()
        for state in victims:
            for pid in (state["ConmonPid"], state["Pid"]):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        subprocess.run(["umount", *map(str, self.graph.glob("vfs-containers/*/userdata/shm"))], check=False)
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        self.start()

    def clean(self) -> None:
        """Remove all containers and pods."""
        with httpx.Client(base_url=f"{self.url}/v4.0.0/libpod", timeout=30, trust_env=False) as client:
            for row in client.get("/pods/json").json() or ():
                client.post(f"/pods/{row['Id']}/kill", params={"signal": "KILL"})
                client.delete(f"/pods/{row['Id']}", params={"force": "true"})
            for row in client.get("/containers/json", params={"all": "true"}).json() or ():
                client.delete(f"/containers/{row['Id']}", params={"force": "true", "timeout": "0"})

    def close(self) -> None:
        self.kill()
        for arguments in (("pod", "rm", "-f", "-a"), ("rm", "-f", "-a", "-t", "0")):
            with contextlib.suppress(NoPodmanError):
                self.podman(*arguments)
        self._log.close()

    def _command(self) -> list[str]:
        places = {"--root": "graph", "--runroot": "run", "--tmpdir": "tmp"}
        return [
            "podman",
            *(word for flag, name in places.items() for word in (flag, str(self.folder / name))),
        ]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
        }


@contextmanager
def running_machine() -> Iterator[Machine]:
    """A fresh machine, gone at the end.

    Raises:
        NoPodmanError: What is needed is not here.
    """
    search = os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/usr/libexec/podman"))
    missing = [name for name in PROGRAMS if shutil.which(name, path=search) is None]
    if missing:
        raise NoPodmanError(f"no {', '.join(missing)}: install podman runc catatonit busybox-static")
    if os.geteuid() != 0:
        raise NoPodmanError("we are not root, and runc without cgroups of our own needs it")
    folder = Path(tempfile.mkdtemp(prefix="edwc-pod-"))
    machine = None
    try:
        machine = Machine(folder)
        machine.start()
        yield machine
    finally:
        if machine is not None:
            machine.close()
        shutil.rmtree(folder, ignore_errors=True)


def _tar_of_busybox(folder: Path) -> Path:
    busybox = Path(shutil.which("busybox") or "/usr/bin/busybox").read_bytes()
    applets = subprocess.run(["busybox", "--list"], capture_output=True, check=True).stdout.decode().split()
    path = folder / "image.tar"
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = len(busybox), 0o755
        tar.addfile(entry, io.BytesIO(busybox))
        for applet in applets:
            if applet != "busybox":
                link = tarfile.TarInfo(f"bin/{applet}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(link)
        root = tarfile.TarInfo("tmp")
        root.type, root.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(root)
    return path
