"""What containers find and leave: their inputs, their job's checkpoint, what they measured; and what is swept."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.dispatch import BackendSilent, Ending, Sight, broom
from tests.api.dispatch.benches import seen
from tests.api.dispatch.podman.bench import PodmanBench, shell
from tests.api.dispatch.podman.machine import Machine
from topology import Resources

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(machine: Machine, tmp_path: Path) -> PodmanBench:
    for name in ("checkpoints", "inputs", "sets", "scratch"):
        (tmp_path / name).mkdir()
    return PodmanBench(
        machine,
        inputs=tmp_path / "inputs",
        checkpoints=tmp_path / "checkpoints",
        mounts={
            str(tmp_path / "inputs"): "/inputs",
            str(tmp_path / "sets"): "/sets",
            str(tmp_path / "scratch"): "/scratch:rw",
        },
    )


def test_inputs_are_found_where_the_container_sees_them(bench: PodmanBench, tmp_path: Path) -> None:
    (tmp_path / "inputs/att_1").mkdir()
    (tmp_path / "inputs/att_1/input.0").write_text("bytes")
    brought = {"EDWC_INPUT_0": str(tmp_path / "inputs/att_1/input.0"), "EDWC_JOB": "not to be hidden"}

    async def act(_: object) -> None:
        backend = bench.open()
        await backend.start(
            shell("cat $EDWC_INPUT_0; echo; echo $EDWC_INPUT_0 $EDWC_JOB", environment=brought)
        )
        assert (await seen(backend, "att_1")).succeeded
        assert (await backend.logs("att_1")).data == b"bytes\n/inputs/att_1/input.0 job_1\n"

    bench.play(act)


def test_a_container_sees_its_own_inputs_only_and_writes_where_the_site_lets_it(
    bench: PodmanBench, tmp_path: Path
) -> None:
    for attempt in ("att_1", "att_2"):
        (tmp_path / "inputs" / attempt).mkdir()
        (tmp_path / "inputs" / attempt / "input.0").write_text("bytes")
    (tmp_path / "sets/words").write_text("all may read")
    brought = {"EDWC_INPUT_0": str(tmp_path / "inputs/att_1/input.0")}
    tries = """
    ls /inputs; cat /sets/words; echo
    for path in /inputs/x /inputs/att_1/input.1.part /inputs/att_1/input.0 /sets/words /scratch/mine; do
        echo evil 2>/dev/null > $path && echo wrote $path
    done
    exit 0
    """

    async def act(_: object) -> None:
        backend = bench.open()
        await backend.start(shell(tries, environment=brought))
        assert (await seen(backend, "att_1")).succeeded
        told = (await backend.logs("att_1")).data.decode().splitlines()
        assert told[:2] == ["att_1", "all may read"]
        assert set(told[2:]) <= {"wrote /inputs/x", "wrote /scratch/mine"}, "its own image is its to write"
        assert "wrote /scratch/mine" in told
        await backend.start(shell("ls /inputs 2>&1; exit 0", attempt="att_3", token=3))
        assert (await seen(backend, "att_3")).succeeded
        assert b"att_" not in (await backend.logs("att_3")).data
        assert sorted(each.name for each in (tmp_path / "inputs").iterdir()) == ["att_1", "att_2"]

    bench.play(act)


def test_work_that_is_asked_to_end_goes_on_from_its_checkpoint(bench: PodmanBench, tmp_path: Path) -> None:
    work = """
    n=$(cat $EDWC_CHECKPOINT_DIR/step 2>/dev/null || echo 0)
    trap 'echo $n > $EDWC_CHECKPOINT_DIR/step; exit 143' TERM
    echo from $n; n=$((n + 1))
    while [ $n -lt 2 ]; do sleep 0.05; done
    """

    async def act(_: object) -> None:
        backend = bench.open(grace_seconds=5)
        await backend.start(shell(work))
        while b"from 0" not in (await backend.logs("att_1")).data:
            await asyncio.sleep(0.03)
        await backend.cancel("att_1")
        assert (await seen(backend, "att_1")).ending is Ending.CANCELLED
        await backend.start(shell(work, attempt="att_2", token=2))
        assert (await seen(backend, "att_2")).succeeded
        assert (await backend.logs("att_2")).data == b"from 1\n"
        assert (tmp_path / "checkpoints/job_1/step").read_text() == "1\n"

    bench.play(act)


def test_a_folder_of_checkpoints_that_is_not_there_is_silence_not_failure(bench: PodmanBench) -> None:
    async def act(_: object) -> None:
        with pytest.raises(BackendSilent, match="mount or make /nowhere"):
            await bench.open(checkpoints=Path("/nowhere")).start(bench.brief("1"))

    bench.play(act)


def test_processor_time_and_memory_are_measured_and_found_by_a_later_service(bench: PodmanBench) -> None:
    busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; x=$(head -c 20000000 /dev/zero | tr '\\0' a)"

    async def act(_: object) -> None:
        await bench.open().start(shell(busy, resources=Resources(cpu_cores=1, memory_gib=0.5)))
        end = await seen(bench.open(), "att_1", within_s=60)
        assert end.succeeded, end
        assert float(end.measured["cpu_seconds"]) > 0.02
        assert 20 < float(end.measured["memory_peak_mib"]) < 512
        assert (await bench.open().poll(["att_1"]))["att_1"] == end

    bench.play(act)


def test_what_is_killed_with_its_guard_has_only_its_times(bench: PodmanBench) -> None:
    async def act(_: object) -> None:
        backend = bench.open()
        await backend.start(bench.long("1"))
        bench.machine.kill_container("att_1")
        end = await seen(backend, "att_1")
        assert (end.signal, end.measured) == (signal.SIGKILL, {})
        assert end.started_at is not None
        assert end.ended_at is not None

    bench.play(act)


def test_what_ended_long_ago_is_swept_and_nothing_else(
    bench: PodmanBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not what runs, not what waits, not what is still asked about: its outcome may not have been taken in."""
    monkeypatch.setattr(broom, "EVERY_SECONDS", 0.0)

    async def act(_: object) -> None:
        early = bench.open()
        for name in ("1", "2"):
            await early.start(bench.brief(name, job=f"job_{name}"))
            await seen(early, f"att_{name}")
        await early.start(bench.long("3", job="job_3"))
        await early.cancel("att_4")
        assert await names(bench) == {"att_1", "att_2", "att_3", "att_4-end"}
        late = bench.open()
        late._clock = lambda: datetime.now(UTC) + timedelta(days=31)
        for _ in range(2):
            await late.poll(["att_2", "att_3"])
        assert await names(bench) == {"att_2", "att_3"}
        assert (await late.poll(["att_3"]))["att_3"].sight is Sight.RUNNING
        await late.cancel("att_3")
        assert (await seen(late, "att_3")).ending is Ending.CANCELLED

    bench.play(act)


async def names(bench: PodmanBench) -> set[str]:
    found = await asyncio.to_thread(bench.machine.podman, "ps", "-a", "--format", "{{.Names}}")
    pods = await asyncio.to_thread(bench.machine.podman, "pod", "ps", "--format", "{{.Name}}")
    return {*found.split(), *pods.split()}
