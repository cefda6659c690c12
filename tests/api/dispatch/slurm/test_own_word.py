"""What Slurm ends of its own accord - for time, for memory, for more urgent work - is told as what it is."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta

import pytest

from api.dispatch import Ending, Sight
from api.dispatch.slurm import SlurmBackend
from tests.api.dispatch.benches import seen
from tests.api.dispatch.slurm.bench import SlurmBench
from tests.api.dispatch.slurm.conftest import skip_or_fail
from tests.api.dispatch.slurm_site import MEMORY_GROUPS, NoSlurmError, Shape, SlurmSite, running_sites
from topology import Resources

pytestmark = pytest.mark.slow
WHOLE = Resources(cpu_cores=4)


@pytest.fixture(scope="module")
def strict_site() -> Iterator[SlurmSite]:
    if not os.access(MEMORY_GROUPS, os.W_OK):
        skip_or_fail(f"no memory control groups in {MEMORY_GROUPS} that we may make")
    try:
        with running_sites({"strict": Shape(nodes=1, cpus=4, strict=True)}) as sites:
            yield sites["strict"]
    except NoSlurmError as missing:
        skip_or_fail(str(missing))


def story(play: Callable[[SlurmBench, SlurmBackend], Awaitable[None]]) -> Callable[[SlurmSite], None]:
    def test(strict_site: SlurmSite) -> None:
        bench = SlurmBench(strict_site)

        async def opened(bench: SlurmBench) -> None:
            await play(bench, bench.open())

        asyncio.run(bench.play(opened))
        strict_site.clear()

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    return test


def state_of(bench: SlurmBench, number: str) -> str:
    return str(bench.cluster.ask("GET", f"/job/{number}")["jobs"][0]["job_state"])


@story
async def test_work_beyond_slurms_time_limit_took_too_long(bench: SlurmBench, backend: SlurmBackend) -> None:
    """An operator has shortened it: the attempt's own limit is hours away. Slurm looks every half minute."""
    number = await backend.start(bench.long("1"))
    await seen(backend, "att_1", sight=Sight.RUNNING)
    soon = datetime.now() + timedelta(seconds=1)
    subprocess.run(
        ["scontrol", "update", f"JobId={number}", f"EndTime={soon.isoformat(timespec='seconds')}"],
        env={"SLURM_CONF": str(bench.cluster.configuration), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    end = await seen(backend, "att_1", within_s=90)
    assert (end.ending, end.detail) == (Ending.TIMEOUT, "Slurm's time limit")
    assert state_of(bench, number) == "TIMEOUT"


@story
async def test_work_beyond_its_memory_was_killed_for_it(bench: SlurmBench, backend: SlurmBackend) -> None:
    number = await backend.start(
        bench.shell(
            "x=aaaaaaaa; while :; do x=$x$x; done", resources=Resources(cpu_cores=1, memory_gib=1 / 16)
        )
    )
    end = await seen(backend, "att_1", within_s=60)
    assert (end.ending, end.signal, end.detail) == (Ending.SIGNALLED, signal.SIGKILL, "out of memory")
    assert state_of(bench, number) == "OUT_OF_MEMORY"


@story
async def test_work_that_made_room_for_more_urgent_work_is_lost_not_failed(
    bench: SlurmBench, backend: SlurmBackend
) -> None:
    number = await backend.start(bench.long("1", resources=WHOLE))
    await seen(backend, "att_1", sight=Sight.RUNNING)
    await bench.open(partition="urgent").start(bench.brief("2", job="job_2", resources=WHOLE))
    lost = await seen(backend, "att_1", sight=Sight.LOST, within_s=60)
    assert lost.detail == "Slurm preempted it"
    assert state_of(bench, number) == "PREEMPTED"
    assert (await seen(backend, "att_2", within_s=60)).succeeded
    await backend.start(bench.brief("3", token=2))
    assert (await seen(backend, "att_3", within_s=60)).succeeded
