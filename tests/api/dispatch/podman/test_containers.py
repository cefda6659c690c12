"""Real containers: limits, logs, how they end, and what is left when somebody is killed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from api.dispatch import BackendSilent, Ending, Observation, Sight, StartRefused
from tests.api.dispatch.benches import launch, seen
from tests.api.dispatch.podman.bench import PodmanBench, shell
from tests.api.dispatch.podman.machine import Machine
from topology import Resources

Play = Callable[[PodmanBench], Awaitable[None]]
pytestmark = pytest.mark.slow


def story(play: Play) -> Callable[[Machine], None]:
    def test(machine: Machine) -> None:
        PodmanBench(machine).play(play)

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    return test


async def end_of(bench: PodmanBench, script: str, **fields: Any) -> Observation:
    backend = bench.open()
    await backend.start(shell(script, **fields))
    return await seen(backend, "att_1")


async def printed(bench: PodmanBench, text: bytes) -> None:
    backend = bench.open()
    for _ in range(200):
        if text in (await backend.logs("att_1")).data:
            return
        await asyncio.sleep(0.03)
    raise AssertionError(f"never printed {text!r}")


@story
async def test_an_exit_code_and_both_streams_are_kept(bench: PodmanBench) -> None:
    end = await end_of(bench, "echo good; echo bad >&2; printf tail; exit 3")
    assert (end.ending, end.exit_code) == (Ending.EXITED, 3)
    backend = bench.open()
    assert (await backend.logs("att_1")).data == b"good\ntail"
    assert (await backend.logs("att_1", stream="stderr")).data == b"bad\n"
    rest = await backend.logs("att_1", 2)
    assert (rest.data, rest.next_offset, rest.complete) == (b"od\ntail", 9, True)


@story
async def test_a_signal_is_told(bench: PodmanBench) -> None:
    end = await end_of(bench, "kill -SEGV $$")
    assert (end.ending, end.signal, end.exit_code) == (Ending.SIGNALLED, signal.SIGSEGV, None)


@story
async def test_a_command_that_is_not_there_fails(bench: PodmanBench) -> None:
    backend = bench.open()
    await backend.start(launch(command=("no-such-program",)))
    assert (await seen(backend, "att_1")).exit_code == 127
    assert b"not found" in (await backend.logs("att_1", stream="stderr")).data


@story
async def test_a_command_that_the_runtime_cannot_run_is_refused(bench: PodmanBench) -> None:
    backend = bench.open(guard=False, init=False)
    with pytest.raises(StartRefused, match="no-such-program"):
        await backend.start(launch(command=("no-such-program",)))
    assert (await backend.poll(["att_1"]))["att_1"].sight is Sight.NEVER


@story
async def test_an_image_that_is_not_there_is_refused(bench: PodmanBench) -> None:
    with pytest.raises(StartRefused, match="image not known"):
        await bench.open(pull=False).start(shell("true", image="localhost/never-built:1"))
    with pytest.raises(StartRefused, match="name an image"):
        await bench.open(image=None).start(shell("true"))


@story
async def test_the_wall_clock_limit_ends_it_without_us(bench: PodmanBench) -> None:
    end = await end_of(bench, "trap '' TERM; sleep 100", wall_limit_minutes=1 / 60)
    assert (end.ending, end.detail) == (Ending.TIMEOUT, "wall-clock limit of 1 s")
    assert end.started_at is not None
    assert end.ended_at is not None
    assert (end.ended_at - end.started_at).total_seconds() < 3


@story
async def test_the_memory_limit_holds(bench: PodmanBench) -> None:
    end = await end_of(
        bench, "x=aaaaaaaa; while :; do x=$x$x; done", resources=Resources(cpu_cores=1, memory_gib=1 / 32)
    )
    assert not end.succeeded
    assert bench.machine.inspect("att_1")["HostConfig"]["Memory"] == 2**25


@story
async def test_limits_are_those_of_all_tasks(bench: PodmanBench) -> None:
    demand = Resources(cpu_cores=0.5, memory_gib=0.25)
    end = await end_of(bench, "cat /sys/fs/cgroup/pids/pids.max; env", tasks=3, resources=demand)
    assert end.succeeded
    host = bench.machine.inspect("att_1")["HostConfig"]
    assert (host["NanoCpus"], host["Memory"], host["PidsLimit"]) == (1_500_000_000, 0.75 * 2**30, 4096)
    assert b"EDWC_TASKS=3\n" in (await bench.open().logs("att_1")).data


@story
async def test_cancel_ends_what_will_not_listen(bench: PodmanBench) -> None:
    backend = bench.open()
    await backend.start(shell("trap '' TERM; echo deaf; while :; do sleep 0.1; done"))
    await printed(bench, b"deaf")
    await backend.cancel("att_1")
    end = await seen(backend, "att_1")
    assert (end.ending, end.signal) == (Ending.CANCELLED, signal.SIGKILL)


@story
async def test_work_that_ends_well_when_asked_has_succeeded(bench: PodmanBench) -> None:
    backend = bench.open(grace_seconds=5)
    await backend.start(shell("trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done"))
    await printed(bench, b"ready")
    await backend.cancel("att_1")
    assert (await seen(backend, "att_1")).succeeded


@story
async def test_a_second_start_of_what_has_ended_does_no_work(bench: PodmanBench) -> None:
    """A request to start that arrives after the end runs a container anew; its guard lets it do nothing."""
    end = await end_of(bench, "echo once; exit 7")
    bench.machine.podman("start", "att_1")
    again = await seen(bench.open(), "att_1")
    assert (end.exit_code, again.exit_code) == (7, 7)
    assert (await bench.open().logs("att_1")).data == b"once\n"


@story
async def test_logs_keep_the_newest_beyond_the_cap(bench: PodmanBench) -> None:
    backend = bench.open(log_cap_mib=0.02)
    await backend.start(shell("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 0"))
    assert (await seen(backend, "att_1")).succeeded
    piece = await backend.logs("att_1", 35_000)
    assert piece.data.endswith(b"line 2999\n")
    assert (piece.dropped_bytes, piece.complete) == (35_000, True)


@story
async def test_a_killed_container_was_killed(bench: PodmanBench) -> None:
    backend = bench.open()
    await backend.start(bench.long("1"))
    bench.machine.kill_container("att_1")
    end = await seen(backend, "att_1")
    assert (end.ending, end.signal) == (Ending.SIGNALLED, signal.SIGKILL)


@story
async def test_a_container_killed_with_its_monitor_is_lost(bench: PodmanBench) -> None:
    backend = bench.open()
    await backend.start(bench.long("1"))
    bench.machine.kill_container("att_1", monitor_first=True)
    lost = await seen(backend, "att_1", sight=Sight.LOST)
    assert lost.started_at is not None


@story
async def test_a_reboot_loses_what_ran_and_keeps_what_ended(bench: PodmanBench) -> None:
    backend = bench.open()
    await backend.start(bench.brief("0"))
    before = await seen(backend, "att_0")
    await backend.start(bench.long("1"))
    await backend.cancel("att_2")
    bench.machine.reboot()
    later = bench.open()
    found = await later.poll(["att_0", "att_1", "att_2", "att_3"])
    assert found["att_0"] == before
    assert [found[f"att_{n}"].sight for n in (1, 2, 3)] == [Sight.LOST, Sight.ENDED, Sight.NEVER]
    await later.start(bench.long("1"))
    assert (await later.poll(["att_1"]))["att_1"].sight is Sight.LOST


@story
async def test_work_without_a_command_sleeps_its_time(bench: PodmanBench) -> None:
    backend = bench.open()
    await backend.start(launch(minutes=0.2 / 60))
    end = await seen(backend, "att_1")
    assert end.succeeded


@story
async def test_devices_are_given_once(bench: PodmanBench) -> None:
    backend = bench.open(accelerators={"a100-sxm4-80gb": ("/dev/null", "/dev/zero")})
    one = Resources(cpu_cores=0.1, accelerators={"a100-sxm4-80gb": 1})
    await backend.start(bench.long("1", resources=one))
    await backend.start(bench.long("2", job="job_2", resources=one))
    given = {bench.machine.inspect(name)["Config"]["Labels"]["edwc.devices"] for name in ("att_1", "att_2")}
    assert given == {"/dev/null", "/dev/zero"}
    with pytest.raises(StartRefused, match="has 2 devices of a100-sxm4-80gb, not 3"):
        await backend.start(bench.long("3", job="job_3", resources=one * 3))
    assert (await backend.capacity())["west"].get("a100-sxm4-80gb") == 2


@story
async def test_devices_of_what_a_reboot_took_are_free_again(bench: PodmanBench) -> None:
    backend = bench.open(accelerators={"a100-sxm4-80gb": ("/dev/null",)})
    one = Resources(cpu_cores=0.1, accelerators={"a100-sxm4-80gb": 1})
    await backend.start(bench.long("1", resources=one))
    with pytest.raises(BackendSilent, match="are in use"):
        await backend.start(bench.brief("2", job="job_2", resources=one))
    bench.machine.reboot()
    await backend.start(bench.brief("2", job="job_2", resources=one))
    assert (await seen(backend, "att_2")).succeeded


@story
async def test_capacity_is_the_machine_less_what_is_not_for_jobs(bench: PodmanBench) -> None:
    whole = (await bench.open().capacity())["west"]
    less = (await bench.open(reserved_cpu_cores=1, reserved_memory_gib=1).capacity())["west"]
    assert whole.cpu_cores - less.cpu_cores == 1
    assert whole.memory_gib - less.memory_gib == pytest.approx(1)
