"""The fault matrix of containers: every trouble strikes at every stage that there is, against a real Podman.

Each cell: no acknowledged job is lost, none runs to its end twice, the final state is right; the time from the end of
the trouble until the job is seen again is recorded. Podman itself has no queue: who waits there waits for a device that
other work holds, and is handed over again until it is free.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from api.dispatch import Backend, Launch, Sight
from api.dispatch.credential import Credential
from api.dispatch.kind import Surroundings
from api.dispatch.podman import PodmanBackend, PodmanSite
from tests.api.dispatch.faults.errand import Errand
from tests.api.dispatch.faults.matrix import Trouble, judge, strike
from tests.api.dispatch.faults.proxy import Fault, FaultProxy
from tests.api.dispatch.podman.bench import shell
from tests.api.dispatch.podman.machine import IMAGE, Machine
from tests.benchmarks.reliability import STAGES, TROUBLES, Cell, record
from topology import Resources

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 90.0
CARD = "a100-sxm4-80gb"
ONE_CARD = Resources(cpu_cores=0.1, accelerators={CARD: 1})
SMALL_DISK = "size=96m"


class Scene:
    """A machine behind a proxy that asks for a token, seen by a service whose clock can be set."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine, self.folder = machine, folder
        self.proxy = FaultProxy(machine.port, token="first")
        self.token = folder / "token"
        self.token.write_text("first")
        self.skew = timedelta()
        self.opened: list[PodmanBackend] = []
        self.errand: Errand | None = None

    def open(self) -> Backend:
        site = PodmanSite(
            endpoint=self.proxy.url,
            token=Credential(file=self.token),
            image=IMAGE,
            mounts={str(self.folder): f"{self.folder}:rw"},
            accelerators={CARD: ("/dev/null",)},
            grace_seconds=1,
            timeout_seconds=3.0,
        )
        around = Surroundings(site="west", data=self.folder, clock=lambda: datetime.now(UTC) + self.skew)
        self.opened.append(PodmanBackend(site, around))
        return self.opened[-1]

    def trouble(self, name: str) -> Trouble:
        wire = {
            "network reset": Fault.RESET,
            "black hole": Fault.BLACK_HOLE,
            "reply lost": Fault.LOST_REPLY,
            "slow": Fault.DELAY,
        }
        if name in wire:
            return self._on_the_wire(wire[name])
        made = {
            "controller killed": Trouble(strike=self._kill_service),
            "REST front killed": Trouble(
                strike=self._off_loop(self.machine.kill), heal=self._off_loop(self.machine.start)
            ),
            "node killed": Trouble(strike=self._off_loop(self.machine.reboot)),
            "clock skew": Trouble(strike=self._set(timedelta(minutes=10)), heal=self._set(timedelta())),
            "disk full of logs": Trouble(strike=self._fill, heal=self._empty),
            "token expired": Trouble(strike=self._expire, heal=self._renew),
        }
        return made[name]

    def _on_the_wire(self, fault: Fault) -> Trouble:
        async def strike() -> None:
            self.proxy.break_next(fault, 2 if fault is Fault.LOST_REPLY else 10**9, delay_s=0.4)

        async def heal() -> None:
            self.proxy.heal()

        return Trouble(strike=strike, heal=heal, lasts_s=1.5)

    async def _kill_service(self) -> None:
        """In the middle of what it does; the next one is opened without any memory."""
        assert self.errand is not None
        step = asyncio.create_task(self.errand.step())
        await asyncio.sleep(0.03)
        step.cancel()
        await asyncio.gather(step, return_exceptions=True)
        self.errand.accepted = False  # the word that it was taken may have been lost with the service
        self.errand.reopen()

    def _off_loop(self, act: object) -> object:
        async def do() -> None:
            await asyncio.to_thread(act)  # type: ignore[arg-type]

        return do

    def _set(self, skew: timedelta) -> object:
        async def do() -> None:
            self.skew = skew

        return do

    async def _fill(self) -> None:
        with suppress(OSError), (self.machine.graph / "hoard").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(65536))

    async def _empty(self) -> None:
        (self.machine.graph / "hoard").unlink(missing_ok=True)

    async def _expire(self) -> None:
        self.proxy.token = "second"

    async def _renew(self) -> None:
        self.token.write_text("second")


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk that is quickly full, for images, containers and logs; what runs is kept in memory, as is usual."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", SMALL_DISK, "edwc-test", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a disk that fills up: this machine lets us mount none")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def small_machine(one_machine: Machine, disk: Path) -> Iterator[Machine]:
    assert one_machine  # skipped where there is no Podman
    # Podman takes no run folder whose path is longer than 50 characters, which the tests' own folders may be.
    with TemporaryDirectory(prefix="edwc-pod-", ignore_cleanup_errors=True) as folder:
        machine = Machine(Path(folder), disk)
        machine.start()
        yield machine
        machine.close()


async def strike_the_queue(trouble: Trouble, waiting: Errand, holder: Errand) -> float:
    """Let a trouble strike while one job holds the only card and another waits for it.

    Until one runs again and the other is told again to wait [s]; a machine that was restarted may swap them.
    """
    pair = (waiting, holder)
    await holder.when(lambda: holder.lines("begun"))
    await waiting.when(lambda: CARD in waiting.refused)
    await trouble.strike()
    holder.reopen()  # one service gives devices away: that of the other, which may be a new one
    await asyncio.gather(*(each.go_on_for(trouble.lasts_s) for each in pair))
    await trouble.heal()
    healed = time.monotonic()
    for each in pair:
        each.refused = ""
    while not settled(pair):
        assert time.monotonic() - healed < PATIENCE_SECONDS, [(each.last, each.refused) for each in pair]
        await asyncio.gather(*(each.go_on_for(0.1) for each in pair))
    recovery_s = time.monotonic() - healed
    for each in sorted(pair, key=lambda each: not each.accepted):
        await judge(each)
    return recovery_s


def settled(pair: Sequence[Errand]) -> bool:
    running = [each for each in pair if each.last.sight is Sight.RUNNING]
    return len(running) == 1 and all(each in running or CARD in each.refused for each in pair)


def carded(script: str, **fields: object) -> Launch:
    return shell(script, resources=ONE_CARD, **fields)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_cell(trouble: str, stage: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    small = trouble == "disk full of logs"
    machine: Machine = request.getfixturevalue("small_machine" if small else "machine")

    async def act() -> None:
        scene = Scene(machine, tmp_path)
        await scene.proxy.start()
        try:
            queued = stage == "queued"
            scene.errand = errand = Errand(scene.open, tmp_path, carded if queued else shell, "errand")
            if queued:
                holder = Errand(lambda: errand.backend, tmp_path, carded, "holder")
                recovery_s = await strike_the_queue(scene.trouble(trouble), errand, holder)
            else:
                recovery_s = await strike(stage, scene.trouble(trouble), errand)
                await judge(errand)
            record(
                Cell(
                    backend="podman",
                    trouble=trouble,
                    stage=stage,
                    recovery_s=recovery_s,
                    attempts=errand.number,
                )
            )
        finally:
            for backend in scene.opened:
                await backend.close()
            await scene.proxy.kill()

    asyncio.run(act())
    machine.clean()
