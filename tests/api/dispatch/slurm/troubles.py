"""The troubles of the fault matrix: how each strikes a real Slurm site, and how it passes."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from api.dispatch import Credential
from api.dispatch.slurm import SlurmBackend
from api.dispatch.slurm.passes import make_token
from tests.api.dispatch.faults.proxy import Fault, FaultProxy
from tests.api.dispatch.slurm.bench import SlurmBench, now
from tests.api.dispatch.slurm_site import SlurmSite

SKEW = timedelta(minutes=10)


@dataclass
class Scene:
    """A site behind proxies, with a clock that can be set, a token that can expire, a disk that can fill."""

    bench: SlurmBench
    proxies: list[FaultProxy]
    skew: timedelta = timedelta()
    hoards: list[Path] = field(default_factory=list)

    @property
    def cluster(self) -> SlurmSite:
        return self.bench.cluster

    @property
    def token(self) -> Path:
        return self.bench.folder.parent / f"{self.bench.folder.name}.token"

    def clock(self) -> datetime:
        return now() + self.skew

    def write_token(self, life_s: float) -> None:
        key = Credential(file=self.cluster.key)
        self.token.write_text(make_token(key, self.cluster.user, now().timestamp() - 60, life_s=life_s))

    def open(self, *, by_token: bool) -> SlurmBackend:
        fields = {"key": None, "token": Credential(file=self.token)} if by_token else {}
        backend = self.bench.open(endpoints=tuple(proxy.url for proxy in self.proxies), **fields)
        backend._clock = self.clock
        backend.gateway._passes._clock = self.clock
        return backend


@asynccontextmanager
async def scene(bench: SlurmBench) -> AsyncIterator[Scene]:
    proxies = [FaultProxy(port) for port in bench.cluster.front_ports]
    for proxy in proxies:
        await proxy.start()
    stage = Scene(bench, proxies)
    stage.write_token(3600)
    try:
        yield stage
    finally:
        await bench.close()
        for proxy in proxies:
            await proxy.kill()
        stage.token.unlink()


Act = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that goes wrong: how it strikes, and how it passes."""

    strike: Act
    heal: Act
    lasts_s: float = 1.0
    by_token: bool = False


def parts(*names: str) -> Trouble:
    """Daemons are killed, and started again."""

    async def strike(stage: Scene) -> None:
        for name in names:
            await asyncio.to_thread(stage.cluster.kill, name)

    async def heal(stage: Scene) -> None:
        for name in names:
            stage.cluster.launch(name)

    return Trouble(strike=strike, heal=heal)


def nodes(*names: str) -> Trouble:
    """Nodes die with all that runs on them; the controller, which would take most of a minute to see it, is told."""
    killed = parts(*names)

    async def strike(stage: Scene) -> None:
        await killed.strike(stage)
        await asyncio.to_thread(stage.cluster.set_nodes, "DOWN")

    async def heal(stage: Scene) -> None:
        await killed.heal(stage)
        await asyncio.to_thread(stage.cluster.set_nodes, "RESUME")

    return Trouble(strike=strike, heal=heal, lasts_s=3.0)


def wire(fault: Fault, times: int = 10**9, lasts_s: float = 1.0) -> Trouble:
    async def strike(stage: Scene) -> None:
        for proxy in stage.proxies:
            proxy.break_next(fault, times, delay_s=0.4)

    async def heal(stage: Scene) -> None:
        for proxy in stage.proxies:
            proxy.heal()

    return Trouble(strike=strike, heal=heal, lasts_s=lasts_s)


def clocks(skew: timedelta) -> Trouble:
    async def strike(stage: Scene) -> None:
        stage.skew = skew

    async def heal(stage: Scene) -> None:
        stage.skew = timedelta()

    return Trouble(strike=strike, heal=heal)


async def _fill(stage: Scene) -> None:
    hoard = stage.bench.folder / "hoard"
    stage.hoards.append(hoard)
    with suppress(OSError), hoard.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


async def _empty(stage: Scene) -> None:
    for hoard in stage.hoards:
        hoard.unlink(missing_ok=True)


async def _expire(stage: Scene) -> None:
    stage.write_token(30)


async def _renew(stage: Scene) -> None:
    stage.write_token(3600)


TROUBLES = {
    "controller killed": parts("slurmctld"),
    "REST front killed": parts("front1", "front2"),
    "node killed": nodes("node1", "node2"),
    "network reset": wire(Fault.RESET),
    "black hole": wire(Fault.BLACK_HOLE, lasts_s=2.0),
    "reply lost": wire(Fault.LOST_REPLY, times=1),
    "slow": wire(Fault.DELAY),
    "clock skew": clocks(SKEW),
    "disk full of logs": Trouble(strike=_fill, heal=_empty),
    "token expired": Trouble(strike=_expire, heal=_renew, by_token=True),
}


class SmallDisk:
    """A shared folder on a disk of its own that is quickly full."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self) -> bool:
        """Whether this machine let us."""
        command = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=755", "edwc-test", str(self.folder)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True, capture_output=True)
