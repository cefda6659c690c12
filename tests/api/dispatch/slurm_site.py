"""A real Slurm site on loopback: every daemon is our child in the foreground, and can be killed and started again."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt

START_SECONDS = 30.0
PROGRAMS = ("munged", "slurmctld", "slurmd", "slurmrestd")
CONFIGURATION = """\
ClusterName={name}
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={port}
SlurmUser={slurm_user}
SlurmdUser={slurmd_user}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket={base}/munge/socket
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key={base}/etc/jwt.key
CredType=cred/munge
StateSaveLocation={base}/state
SlurmdSpoolDir={base}/spool/%n
SlurmctldPidFile={base}/run/slurmctld.pid
SlurmdPidFile={base}/run/slurmd-%n.pid
SlurmctldLogFile={base}/log/slurmctld.log
SlurmdLogFile={base}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin={task_plugin}
{preemption}JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=64
EnforcePartLimits=ALL
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,bf_interval=2,bf_continue,batch_sched_delay=0,default_queue_depth=2000
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
JobRequeue=0
MinJobAge=3600
MaxJobCount=20000
KillWait=3
SlurmdTimeout={node_timeout}
InactiveLimit=0
"""
PREEMPTION = "PreemptType=preempt/partition_prio\nPreemptMode=CANCEL\n"
MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")
GROUPS = """\
CgroupMountpoint=/sys/fs/cgroup
CgroupAutomount=no
ConstrainRAMSpace=yes
"""


class NoSlurmError(Exception):
    """This machine has no Slurm for us; the message says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a site pretends to have."""

    nodes: int = 2
    cpus: int = 8
    memory_mib: int = 16_000
    gpus: int = 0
    gpu_type: str = "a100"
    fronts: int = 1
    node_timeout_s: int = 6
    strict: bool = False  # memory is held to by control groups, and a partition `urgent` preempts others
    front_ports: tuple[int, ...] = ()  # free ones when none are named


def missing_slurm() -> str:
    """What this machine lacks for a Slurm site; "" when it lacks nothing."""
    missing = [name for name in PROGRAMS if _program(name) is None]
    if missing:
        return f"no {', '.join(missing)}: install slurmctld slurmd slurmrestd slurm-client munge slurm-wlm-jwt-plugin"
    if not list(Path("/usr/lib").glob("*/slurm-wlm/auth_jwt.so")):
        return "no auth_jwt plugin: install slurm-wlm-jwt-plugin"
    if os.geteuid() == 0:
        absent = [name for name in ("slurm", "munge", "daemon", "nobody") if not _is_user(name)]
        return f"no user {', '.join(absent)}" if absent else ""
    return ""


class SlurmSite:
    """One site: a controller, nodes, and REST fronts.

    Run by root, the daemons are the users Debian made for them and jobs run as `daemon`; else all is the caller's.
    """

    def __init__(self, name: str, base: Path, shape: Shape) -> None:
        self.name, self.base, self.shape = name, base, shape
        self.is_root = os.geteuid() == 0
        self.user = "daemon" if self.is_root else pwd.getpwuid(os.geteuid()).pw_name
        self.folder = base / "shared"
        self.key = base / "etc/jwt.key"
        ports = _free_ports(1 + shape.nodes + shape.fronts)
        self._port, self._node_ports = ports[0], ports[1 : 1 + shape.nodes]
        self.front_ports = list(shape.front_ports) or ports[1 + shape.nodes :]
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(f"http://127.0.0.1:{port}" for port in self.front_ports)

    @property
    def configuration(self) -> Path:
        return self.base / "etc/slurm.conf"

    @property
    def parts(self) -> list[str]:
        nodes = [f"node{number}" for number in range(1, self.shape.nodes + 1)]
        return [
            "munged",
            "slurmctld",
            *nodes,
            *(f"front{number}" for number in range(1, self.shape.fronts + 1)),
        ]

    def start(self) -> None:
        """Write what is needed, start all, and wait until every node is idle."""
        self._prepare()
        self.launch("munged")
        _await((self.base / "munge/socket").exists, "munged's socket")
        for part in self.parts[1:]:
            self.launch(part)
        self.await_nodes("idle")

    def launch(self, part: str) -> None:
        """Start one part; it is not waited for."""
        arguments, options = self._how(part)
        with (self.base / "log" / f"{part}.out").open("ab") as log:
            self.children[part] = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options
            )

    def kill(self, part: str) -> None:
        """SIGKILL one part; a node dies with all that runs on it."""
        child = self.children.pop(part)
        child.kill()
        child.wait()
        if part.startswith("node"):
            self._kill_work(f"{self.name}-n{part.removeprefix('node')}")

    def await_nodes(self, state: str, within_s: float = START_SECONDS) -> None:
        """Wait until all nodes are in a state."""

        def reached() -> bool:
            with contextlib.suppress(httpx.HTTPError, KeyError, ValueError):
                nodes = self.ask("GET", "/nodes/")["nodes"]
                return bool(nodes) and all(
                    node["state"] == state and not node["state_flags"] for node in nodes
                )
            return False

        _await(reached, f"nodes of {self.name} to be {state}", within_s)

    def set_nodes(self, state: str, nodes: str = "") -> None:
        """What an operator does: DRAIN or RESUME nodes, all when none is named."""
        names = nodes or f"{self.name}-n[1-{self.shape.nodes}]"
        subprocess.run(
            ["scontrol", "update", f"NodeName={names}", f"State={state}", "Reason=test"],
            env={"SLURM_CONF": str(self.configuration), "PATH": "/usr/bin:/bin"},
            check=state != "RESUME",  # there may be nothing to resume
            capture_output=True,
            timeout=START_SECONDS,
        )

    def clear(self) -> None:
        """Cancel all jobs and bring all nodes back, as an operator would."""
        for job in self.ask("GET", "/jobs/")["jobs"]:
            if job["job_state"] in ("PENDING", "RUNNING"):
                self.ask("DELETE", f"/job/{job['job_id']}")
        self.set_nodes("RESUME")
        self.await_nodes("idle")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Speak to the first living front, without the product."""
        now = int(time.time())
        token = jwt.encode(
            {"iat": now, "exp": now + 600, "sun": self.user}, self.key.read_bytes(), algorithm="HS256"
        )
        headers = {"X-SLURM-USER-NAME": self.user, "X-SLURM-USER-TOKEN": token}
        url = f"{self.urls[0]}/slurm/v0.0.38{path}"
        return httpx.request(method, url, json=body, headers=headers, timeout=15.0).json()

    def stop(self) -> None:
        """End all at once; jobs too. Asked kindly, they would wait for one another."""
        for node in range(1, self.shape.nodes + 1):
            self._kill_work(f"{self.name}-n{node}")
        for child in self.children.values():
            child.kill()
        for child in self.children.values():
            child.wait()
        if self.shape.strict:
            self._drop_groups()

    def _drop_groups(self) -> None:
        """Remove the control groups that killed daemons left, innermost first."""
        for top in MEMORY_GROUPS.glob(f"slurm_{self.name}-n*"):
            for group in sorted((top, *top.rglob("*/")), reverse=True):
                with contextlib.suppress(OSError):
                    group.rmdir()

    def _prepare(self) -> None:
        for name in ("etc", "state", "spool", "log", "run", "munge", "rest", "dev", "shared"):
            (self.base / name).mkdir(parents=True, exist_ok=True)
        for number in range(1, self.shape.nodes + 1):
            (self.base / "spool" / f"{self.name}-n{number}").mkdir(exist_ok=True)
        munge_key = self.base / "etc/munge.key"
        for key, size in ((munge_key, 128), (self.key, 32)):
            key.write_bytes(secrets.token_bytes(size))
            key.chmod(0o400)
        if self.is_root:
            for name in ("state", "log", "run", "etc/jwt.key"):
                shutil.chown(self.base / name, "slurm", "slurm")
            for name in ("munge", "etc/munge.key"):
                shutil.chown(self.base / name, "munge", "munge")
            shutil.chown(self.base / "rest", "nobody")
            shutil.chown(self.base / "shared", self.user)
        self.configuration.write_text(self._configuration())

    def _configuration(self) -> str:
        values = {
            "name": self.name,
            "base": self.base,
            "port": self._port,
            "slurm_user": "slurm" if self.is_root else self.user,
            "slurmd_user": "root" if self.is_root else self.user,
            "node_timeout": self.shape.node_timeout_s,
            "task_plugin": "task/cgroup" if self.shape.strict else "task/none",
            "preemption": PREEMPTION if self.shape.strict else "",
        }
        text = CONFIGURATION.format(**values)
        gres = ""
        if self.shape.gpus:
            for number in range(self.shape.gpus):
                _make_device(self.base / "dev" / f"gpu{number}")
            files = f"{self.base}/dev/gpu[0-{self.shape.gpus - 1}]"
            (self.base / "etc/gres.conf").write_text(f"Name=gpu Type={self.shape.gpu_type} File={files}\n")
            text += "GresTypes=gpu\n"
            gres = f"Gres=gpu:{self.shape.gpu_type}:{self.shape.gpus}"
        for number, port in enumerate(self._node_ports, 1):
            text += (
                f"NodeName={self.name}-n{number} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} "
                f"CPUs={self.shape.cpus} RealMemory={self.shape.memory_mib} {gres} State=UNKNOWN\n"
            )
        if self.shape.strict:
            (self.base / "etc/cgroup.conf").write_text(GROUPS)
            text += (
                "PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF\n"
            )
        return text + "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"

    def _how(self, part: str) -> tuple[list[str], dict[str, Any]]:
        conf = ["-f", str(self.configuration)]
        program = {"munged": "munged", "slurmctld": "slurmctld"}.get(
            part, "slurmd" if part.startswith("node") else "slurmrestd"
        )
        path = _program(program)
        if path is None:
            raise NoSlurmError(f"no {program}")
        if part == "munged":
            folder, key = self.base / "munge", self.base / "etc/munge.key"
            files = {"socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
            options = [f"--{option}={folder / name}" for option, name in files.items()]
            return [path, "-F", "--force", "--num-threads=2", f"--key-file={key}", *options], self._as(
                "munge", "munge"
            )
        if part == "slurmctld":
            return [path, "-D", *conf], {}
        if program == "slurmd":
            return [path, "-D", *conf, "-N", f"{self.name}-n{part.removeprefix('node')}"], {}
        address = f"127.0.0.1:{self.front_ports[int(part.removeprefix('front')) - 1]}"
        environment = {"SLURM_CONF": str(self.configuration), "SLURM_JWT": "daemon", "PATH": "/usr/bin:/bin"}
        arguments = [path, "-a", "rest_auth/jwt", "-s", "openapi/v0.0.38", *conf, address]
        return arguments, {"cwd": self.base / "rest", "env": environment, **self._as("nobody", "nogroup")}

    def _as(self, user: str, group: str) -> dict[str, Any]:
        return {"user": user, "group": group, "extra_groups": []} if self.is_root else {}

    def _kill_work(self, node: str) -> None:
        """Kill the steps of one node of this site, and the stewards over them, all at once as a power cut does."""
        doomed: set[int] = set()
        for _ in range(20):
            found = self._work_of(node)
            if found <= doomed:
                break
            doomed |= found
            _signal(found, signal.SIGSTOP)  # so that none sees another die, nor bears a new one
        _signal(doomed, signal.SIGKILL)

    def _work_of(self, node: str) -> set[int]:
        marks = {b"SLURMD_NODENAME=" + node.encode(), b"SLURM_CONF=" + str(self.configuration).encode()}
        found: set[int] = set()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError, ValueError, IndexError):
                if marks <= set((entry / "environ").read_bytes().split(b"\0")):
                    found.add(int(entry.name))
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    if Path(f"/proc/{parent}/comm").read_text().startswith("slurmstepd"):
                        found.add(parent)
        return found


@contextmanager
def running_sites(shapes: Mapping[str, Shape], base: Path | None = None) -> Iterator[dict[str, SlurmSite]]:
    """Sites by name, gone at the end with all they wrote.

    Args:
        shapes: by name.
        base: a folder that is not there yet; by default a fresh one.

    Raises:
        NoSlurmError: the machine has no Slurm that we may run.
    """
    missing = missing_slurm()
    if missing:
        raise NoSlurmError(missing)
    if base is None:
        base = Path(tempfile.mkdtemp(prefix="edwc-slurm-"))
    else:
        base.mkdir()
    base.chmod(0o755)  # jobs run as another user
    sites = {name: SlurmSite(name, base / name, shape) for name, shape in shapes.items()}
    try:
        for site in sites.values():
            site.start()
        yield sites
    finally:
        for site in sites.values():
            site.stop()
        shutil.rmtree(base, ignore_errors=True)


def _signal(processes: set[int], number: signal.Signals) -> None:
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _program(name: str) -> str | None:
    return shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


def _make_device(path: Path) -> None:
    """A second /dev/null, which passes for a GPU; a plain file where we may not make one."""
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        path.touch()


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _await(reached: Any, what: str, within_s: float = START_SECONDS) -> None:
    end = time.monotonic() + within_s
    while not reached():
        if time.monotonic() > end:
            raise NoSlurmError(f"waited {within_s} s for {what}")
        time.sleep(0.05)
