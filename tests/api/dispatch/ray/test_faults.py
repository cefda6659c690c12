"""The fault matrix of Ray: every trouble strikes a real cluster once, with jobs at all four stages.

Each cell: no acknowledged job is lost, none runs to its end twice, the final state is right; the time from the end of
the trouble until the job is seen again is recorded. "Controller" is our own service; "node" is the whole cluster of
one head, which forgets its jobs; "REST front" is what stands before the head, since a head whose dashboard dies ends
itself. Ray's log holds what its disk holds: the disk that fills up is that of the claims, where output is kept too.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.dispatch import Launch, Sight
from api.dispatch.credential import Credential
from api.dispatch.kind import Surroundings
from api.dispatch.ray import RayBackend, RaySite
from tests.api.dispatch.faults.errand import Errand
from tests.api.dispatch.faults.matrix import judge
from tests.api.dispatch.faults.proxy import Fault, FaultProxy
from tests.api.dispatch.ray.bench import RayBench, shell
from tests.api.dispatch.ray.cluster import TOKEN, Cluster
from tests.benchmarks.reliability import STAGES, TROUBLES, Cell, record
from topology import Resources

pytestmark = pytest.mark.slow
Act = Callable[[], Awaitable[None]]
HOG = Resources(cpu_cores=3.5)  # of four: what needs one waits
ONE = Resources(cpu_cores=1)
WIRE = {
    "network reset": Fault.RESET,
    "black hole": Fault.BLACK_HOLE,
    "reply lost": Fault.LOST_REPLY,
    "slow": Fault.DELAY,
}


class Scene:
    """A cluster behind a proxy, seen by a service whose clock and token can go wrong, with work at every stage."""

    def __init__(self, cluster: Cluster, folder: Path, disk: Path | None, tail: str) -> None:
        self.cluster, self.folder, self.disk = cluster, folder, disk
        self.proxy = FaultProxy(cluster.port, host=cluster.address)
        self.token = folder / "token"
        self.token.write_text(TOKEN)
        self.skew = timedelta()
        self.opened: list[RayBackend] = []
        self.hog = self._errand(f"hog{tail}", HOG)
        self.errands = {
            stage: self._errand(f"{stage}{tail}", ONE if stage == "queued" else Resources(cpu_cores=0.05))
            for stage in STAGES
        }

    def _errand(self, name: str, resources: Resources) -> Errand:
        def sized(script: str, **fields: Any) -> Launch:
            return shell(script, resources=resources, **fields)

        return Errand(self.open, self.folder, sized, name)

    def open(self) -> RayBackend:
        site = RaySite(
            endpoint=f"http://127.0.0.1:{self.proxy.port}",
            token=Credential(file=self.token),
            claims=str(self.disk or self.cluster.claims),
            grace_seconds=1,
            timeout_seconds=5.0,
        )
        around = Surroundings(
            site="west", data=self.folder / "notes", clock=lambda: datetime.now(UTC) + self.skew
        )
        self.opened.append(RayBackend(site, around))
        return self.opened[-1]

    async def play(self, trouble: str) -> dict[str, float]:
        """Bring work to its stages, let the trouble strike and pass; when each was seen again [s]."""
        await self._set_out()
        strike, heal = self._acts(trouble)
        stepping = [asyncio.create_task(errand.go_on_for(2.0)) for errand in self.errands.values()]
        await strike()
        self.errands["ending"].let_go()
        await asyncio.gather(*stepping)
        await heal()
        healed = time.monotonic()
        found = await asyncio.gather(*(self._seen_again(stage, healed) for stage in STAGES))
        for errand in (self.hog, *self.errands.values()):
            errand.let_go()
        await asyncio.gather(*(judge(errand) for errand in self.errands.values()))
        return dict(zip(STAGES, found, strict=True))

    async def _set_out(self) -> None:
        await self.hog.when(lambda: self.hog.lines("begun"))
        await self.errands["queued"].until(Sight.WAITING)
        for stage in ("running", "ending"):
            errand = self.errands[stage]
            await errand.when(lambda errand=errand: errand.lines("begun"))  # type: ignore[misc]

    async def _seen_again(self, stage: str, healed: float) -> float:
        sights = {
            "running": (Sight.RUNNING,),
            "ending": (Sight.ENDED,),
        }.get(stage, (Sight.WAITING, Sight.RUNNING))
        await self.errands[stage].until(*sights)
        return time.monotonic() - healed

    def _acts(self, trouble: str) -> tuple[Act, Act]:
        async def nothing() -> None:
            pass

        async def break_wire() -> None:
            times = 6 if trouble == "reply lost" else 10**9
            self.proxy.break_next(WIRE[trouble], times, delay_s=0.4)

        async def heal_wire() -> None:
            self.proxy.heal()

        async def kill_cluster() -> None:
            await asyncio.to_thread(self.cluster.kill)

        async def start_cluster() -> None:
            await asyncio.to_thread(self.cluster.start)

        async def reopen() -> None:
            for errand in self.errands.values():
                errand.accepted = False
                errand.reopen()

        async def skew() -> None:
            self.skew = timedelta(minutes=10)

        async def expire() -> None:
            self.token.write_text("expired")

        async def renew() -> None:
            self.token.write_text(TOKEN)

        acts: dict[str, tuple[Act, Act]] = {
            "controller killed": (reopen, nothing),
            "REST front killed": (self.proxy.kill, self.proxy.start),
            "node killed": (kill_cluster, start_cluster),
            "clock skew": (skew, nothing),
            "disk full of logs": (self._fill, self._empty),
            "token expired": (expire, renew),
        }
        return acts.get(trouble, (break_wire, heal_wire))

    async def _fill(self) -> None:
        assert self.disk is not None
        with suppress(OSError), (self.disk / "hoard").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    async def _empty(self) -> None:
        assert self.disk is not None
        (self.disk / "hoard").unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path | None]:
    """A disk that is quickly full, for the trouble that fills it."""
    if request.node.callspec.params["trouble"] != "disk full of logs":
        yield None
        return
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "edwc-test", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a disk that fills up: this machine lets us mount none")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble(trouble: str, bench: RayBench, tmp_path: Path, disk: Path | None) -> None:
    async def act() -> None:
        scene = Scene(bench.cluster, tmp_path, disk, bench.tail)
        await scene.proxy.start()
        for errand in (scene.hog, *scene.errands.values()):
            errand.reopen()  # now the proxy has its port
        try:
            found = await scene.play(trouble)
            for stage, recovery_s in found.items():
                tries = scene.errands[stage].number
                record(
                    Cell(backend="ray", trouble=trouble, stage=stage, recovery_s=recovery_s, attempts=tries)
                )
        finally:
            for backend in scene.opened:
                await backend.close()
            await scene.proxy.kill()

    asyncio.run(act())
