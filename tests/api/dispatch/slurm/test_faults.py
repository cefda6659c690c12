"""The fault matrix of Slurm: every trouble strikes at every stage, against the real programs.

Each cell: no acknowledged job is lost, none runs to its end twice, the final state is right; how long it takes from the
end of the trouble until the job is seen again is recorded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from api.dispatch import Sight
from tests.api.dispatch.slurm.bench import SlurmBench
from tests.api.dispatch.slurm.errand import Errand
from tests.api.dispatch.slurm.troubles import TROUBLES, Scene, SmallDisk, Trouble, scene
from tests.api.dispatch.slurm_site import SlurmSite
from tests.benchmarks.reliability import Cell, record

pytestmark = pytest.mark.slow
STAGES = ("submitting", "queued", "running", "ending")


@pytest.fixture
def quick_bench(cluster: SlurmSite, request: pytest.FixtureRequest) -> Iterator[SlurmBench]:
    """A bench that loses patience soon; the disk that fills up is its own."""
    bench = SlurmBench(cluster, answer_seconds=3.0, connect_seconds=1.0)
    if request.node.callspec.params["trouble"] != "disk full of logs":
        yield bench
    else:
        disk = SmallDisk(bench.folder)
        if not disk.mount():
            pytest.skip("a disk that fills up: this machine lets us mount none")
        yield bench
        disk.unmount()
    cluster.clear()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_cell(trouble: str, stage: str, quick_bench: SlurmBench) -> None:
    asyncio.run(play(trouble, stage, quick_bench))


async def play(name: str, stage: str, bench: SlurmBench) -> None:
    trouble = TROUBLES[name]
    async with scene(bench) as set_:
        errand = Errand(bench, set_.open(by_token=trouble.by_token))
        recovery_s = await ACTS[stage](set_, trouble, errand)
        errand.let_go()
        await errand.until(Sight.ENDED)
        assert errand.last.succeeded, errand.last
        assert len(errand.lines("done")) == 1, "it ran to its end once"
        assert len(errand.lines("begun")) <= errand.number
        assert live_jobs(bench) == [], "nothing of ours is left that could still do work"
        record(
            Cell(backend="slurm", trouble=name, stage=stage, recovery_s=recovery_s, attempts=errand.number)
        )


async def suffer(set_: Scene, trouble: Trouble, errand: Errand) -> float:
    """Go on while the trouble lasts; when it ended."""
    await trouble.strike(set_)
    await errand.go_on_for(trouble.lasts_s)
    await trouble.heal(set_)
    return time.monotonic()


async def submitting(set_: Scene, trouble: Trouble, errand: Errand) -> float:
    healed = await suffer(set_, trouble, errand)
    await errand.until(Sight.WAITING, Sight.RUNNING)
    return time.monotonic() - healed


async def queued(set_: Scene, trouble: Trouble, errand: Errand) -> float:
    await asyncio.to_thread(set_.cluster.set_nodes, "DRAIN")
    await errand.until(Sight.WAITING)
    healed = await suffer(set_, trouble, errand)
    await errand.until(Sight.WAITING, Sight.RUNNING)
    recovery_s = time.monotonic() - healed
    await asyncio.to_thread(set_.cluster.set_nodes, "RESUME")
    return recovery_s


async def running(set_: Scene, trouble: Trouble, errand: Errand) -> float:
    await errand.when(lambda: errand.lines("begun"))
    healed = await suffer(set_, trouble, errand)
    await errand.until(Sight.RUNNING)
    return time.monotonic() - healed


async def ending(set_: Scene, trouble: Trouble, errand: Errand) -> float:
    await errand.when(lambda: errand.lines("begun"))
    await trouble.strike(set_)
    errand.let_go()
    await errand.go_on_for(trouble.lasts_s)
    await trouble.heal(set_)
    healed = time.monotonic()
    await errand.until(Sight.ENDED)
    return time.monotonic() - healed


ACTS = {"submitting": submitting, "queued": queued, "running": running, "ending": ending}


def live_jobs(bench: SlurmBench) -> list[str]:
    """Attempts of this cell that Slurm may still run and whose claim is not taken: copies beside it do no work."""
    live = []
    for job in bench.cluster.ask("GET", "/jobs/")["jobs"]:
        papers = bench.folder / "attempts" / job["name"]
        if job["job_state"] in ("PENDING", "RUNNING") and papers.exists() and not (papers / "claim").exists():
            live.append(job["name"])
    return live
