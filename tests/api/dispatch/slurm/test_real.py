"""Work at a real Slurm site: gangs and GPUs, ends of every kind, what others do to it, what the cluster holds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from api.dispatch import Ending, LogPiece, Sight, StartRefused
from api.dispatch.slurm import SlurmBackend
from tests.api.dispatch.benches import seen
from tests.api.dispatch.slurm.bench import A100, SlurmBench
from topology import Resources

pytestmark = pytest.mark.slow
Play = Callable[[SlurmBench, SlurmBackend], Awaitable[None]]


def story(play: Play) -> Callable[[SlurmBench], None]:
    async def opened(bench: SlurmBench) -> None:
        await play(bench, bench.open())

    def test(bench: SlurmBench) -> None:
        asyncio.run(bench.play(opened))

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    return test


async def said(backend: SlurmBackend) -> LogPiece:
    return await backend.logs("att_1")


@story
async def test_a_gang_with_gpus_runs_once_a_task_on_several_nodes(
    bench: SlurmBench, backend: SlurmBackend
) -> None:
    each = Resources(cpu_cores=3, memory_gib=1, accelerators={A100: 2})
    await backend.start(
        bench.shell("echo $SLURMD_NODENAME $SLURM_PROCID $SLURM_GPUS_ON_NODE", tasks=4, resources=each)
    )
    assert (await seen(backend, "att_1")).succeeded
    lines = sorted((await said(backend)).data.decode().splitlines(), key=lambda line: line.split()[1])
    assert [line.split()[1] for line in lines] == ["0", "1", "2", "3"]
    assert {line.split()[0] for line in lines} == {"west-n1", "west-n2"}


@story
async def test_one_task_sees_its_gpus_and_its_name(bench: SlurmBench, backend: SlurmBackend) -> None:
    resources = Resources(cpu_cores=2, accelerators={A100: 3})
    await backend.start(
        bench.shell("echo $SLURM_GPUS_ON_NODE $SLURM_CPUS_ON_NODE $EDWC_ATTEMPT", resources=resources)
    )
    assert (await seen(backend, "att_1")).succeeded
    assert (await said(backend)).data == b"3 2 att_1\n"


@story
async def test_exit_codes_signals_and_the_limit_are_told(bench: SlurmBench, backend: SlurmBackend) -> None:
    for name, script, fields in (
        ("1", "exit 3", {}),
        ("2", "kill -SEGV $$", {}),
        ("3", "sleep 100", {"wall_limit_minutes": 1 / 60}),
    ):
        await backend.start(bench.shell(script, attempt=f"att_{name}", job=f"job_{name}", **fields))
    end = await seen(backend, "att_1")
    assert (end.ending, end.exit_code, end.signal) == (Ending.EXITED, 3, None)
    end = await seen(backend, "att_2")
    assert (end.ending, end.exit_code, end.signal) == (Ending.SIGNALLED, None, 11)
    end = await seen(backend, "att_3")
    assert (end.ending, end.detail) == (Ending.TIMEOUT, "wall-clock limit")


@story
async def test_a_gang_tells_its_exit_code_too(bench: SlurmBench, backend: SlurmBackend) -> None:
    await backend.start(bench.shell("exit $SLURM_PROCID", tasks=3))
    end = await seen(backend, "att_1")
    assert (end.ending, end.exit_code) == (Ending.EXITED, 2)


@story
async def test_others_who_cancel_it_are_not_taken_for_a_failure(
    bench: SlurmBench, backend: SlurmBackend
) -> None:
    number = await backend.start(bench.long("1"))
    await seen(backend, "att_1", sight=Sight.RUNNING)
    bench.cluster.ask("DELETE", f"/job/{number}")
    assert (await seen(backend, "att_1")).ending is Ending.CANCELLED


@story
async def test_it_waits_for_room_and_can_be_cancelled_there(bench: SlurmBench, backend: SlurmBackend) -> None:
    whole = Resources(cpu_cores=8)
    await backend.start(bench.long("1", tasks=2, resources=whole))
    await seen(backend, "att_1", sight=Sight.RUNNING)
    number = await backend.start(bench.long("2", job="job_2", resources=whole))
    assert (await seen(backend, "att_2", sight=Sight.WAITING)).detail
    await backend.cancel("att_2")
    end = await seen(backend, "att_2")
    assert (end.ending, end.started_at) == (Ending.CANCELLED, None)
    assert bench.cluster.ask("GET", f"/job/{number}")["jobs"][0]["job_state"] == "CANCELLED"
    await backend.cancel("att_1")
    await seen(backend, "att_1")


@story
async def test_what_no_node_can_hold_is_refused(bench: SlurmBench, backend: SlurmBackend) -> None:
    for resources in (Resources(cpu_cores=99), Resources(cpu_cores=1, memory_gib=999)):
        with pytest.raises(StartRefused, match="Slurm refuses it"):
            await backend.start(bench.brief("1", resources=resources))


@story
async def test_capacity_follows_drained_nodes(bench: SlurmBench, backend: SlurmBackend) -> None:
    whole = Resources(cpu_cores=16, memory_gib=31.25, accelerators={A100: 8})
    assert await backend.capacity() == {"west": whole}
    bench.cluster.set_nodes("DRAIN", "west-n2")
    try:
        assert await backend.capacity() == {"west": whole * 0.5}
    finally:
        await asyncio.to_thread(bench.cluster.clear)
    assert await backend.capacity() == {"west": whole}


@story
async def test_the_state_a_restarted_service_finds(bench: SlurmBench, backend: SlurmBackend) -> None:
    await backend.start(bench.shell("echo before; until [ -e ../go ]; do sleep 0.05; done; exit 4"))
    await seen(backend, "att_1", sight=Sight.RUNNING)
    await backend.close()
    (bench.folder / "attempts/att_1/go").touch()
    later = bench.open()
    assert (await seen(later, "att_1")).exit_code == 4
    assert (await said(later)).data == b"before\n"


@story
async def test_no_token_and_no_key_is_ever_written_down(bench: SlurmBench, backend: SlurmBackend) -> None:
    await backend.start(bench.shell("env; sleep 0.2"))
    await seen(backend, "att_1")
    secret = bench.cluster.key.read_bytes()
    token = backend.gateway._passes.headers()["X-SLURM-USER-TOKEN"].encode()
    for path in bench.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert secret not in content
            assert token not in content
