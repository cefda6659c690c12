"""The fault matrix of Slurm: every trouble strikes at every stage, against the real programs.

Each cell: no acknowledged job is lost, none runs to its end twice, the final state is right; how long it takes from the
end of the trouble until the job is seen again is recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest

from tests.api.dispatch.faults import matrix
from tests.api.dispatch.faults.matrix import Trouble
from tests.api.dispatch.slurm.bench import SlurmBench, errand
from tests.api.dispatch.slurm.troubles import TROUBLES, SmallDisk, scene
from tests.api.dispatch.slurm_site import SlurmSite
from tests.benchmarks.reliability import STAGES, Cell, record

pytestmark = pytest.mark.slow


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
        work = errand(bench, lambda: set_.open(by_token=trouble.by_token))
        staged = Trouble(
            strike=partial(trouble.strike, set_), heal=partial(trouble.heal, set_), lasts_s=trouble.lasts_s
        )
        if stage == "queued":
            await asyncio.to_thread(set_.cluster.set_nodes, "DRAIN")
        recovery_s = await matrix.strike(stage, staged, work)
        if stage == "queued":
            await asyncio.to_thread(set_.cluster.set_nodes, "RESUME")
        await matrix.judge(work)
        assert live_jobs(bench) == [], "nothing of ours is left that could still do work"
        record(Cell(backend="slurm", trouble=name, stage=stage, recovery_s=recovery_s, attempts=work.number))


def live_jobs(bench: SlurmBench) -> list[str]:
    """Attempts of this cell that Slurm may still run and whose claim is not taken: copies beside it do no work."""
    live = []
    for job in bench.cluster.ask("GET", "/jobs/")["jobs"]:
        papers = bench.folder / "attempts" / job["name"]
        if job["job_state"] in ("PENDING", "RUNNING") and papers.exists() and not (papers / "claim").exists():
            live.append(job["name"])
    return live
