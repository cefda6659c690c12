"""Real processes: limits, logs, and what is left when somebody is killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.dispatch import Ending, Launch, LocalBackend, Observation, Sight, StartRefused
from api.dispatch.runner import identify
from tests.api.dispatch.benches import launch, seen
from topology import Resources

Play = Callable[[LocalBackend, Path], Awaitable[None]]


def local(folder: Path) -> LocalBackend:
    return LocalBackend(folder, lambda: datetime.now(UTC), grace_s=0.4, log_cap_bytes=10_000)


def story(play: Play) -> Callable[[Path], None]:
    def test(tmp_path: Path) -> None:
        asyncio.run(play(local(tmp_path), tmp_path))

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    return test


def shell(script: str, **fields: Any) -> Launch:
    return launch(command=("sh", "-c", script), **fields)


async def end_of(backend: LocalBackend, work: Launch) -> Observation:
    await backend.start(work)
    return await seen(backend, "att_1")


def runner_of(folder: Path) -> int:
    return int(json.loads((folder / "attempts/att_1/claim.json").read_text())["runner"]["pid"])


@story
async def test_an_exit_code_and_both_streams_are_kept(backend: LocalBackend, folder: Path) -> None:
    end = await end_of(backend, shell("echo good; echo bad >&2; exit 3"))
    assert (end.ending, end.exit_code) == (Ending.EXITED, 3)
    assert (await backend.logs("att_1")).data == b"good\n"
    assert (await backend.logs("att_1", stream="stderr")).data == b"bad\n"
    assert (await backend.logs("att_1", 2)).data == b"od\n"


@story
async def test_a_signal_is_told(backend: LocalBackend, folder: Path) -> None:
    end = await end_of(backend, shell("kill -SEGV $$"))
    assert (end.ending, end.signal, end.exit_code) == (Ending.SIGNALLED, signal.SIGSEGV, None)


@story
async def test_usage_is_measured(backend: LocalBackend, folder: Path) -> None:
    end = await end_of(backend, launch(command=(sys.executable, "-S", "-c", "sum(range(3_000_000))")))
    assert end.measured["cpu_seconds"] > 0.01
    assert end.measured["memory_peak_mib"] > 3


@story
async def test_a_command_that_is_not_there_says_so(backend: LocalBackend, folder: Path) -> None:
    end = await end_of(backend, launch(command=("no-such-program",)))
    assert (end.ending, end.exit_code) == (Ending.NOT_STARTED, 127)
    assert end.detail == "no-such-program: No such file or directory"


@story
async def test_the_wall_clock_limit_ends_it(backend: LocalBackend, folder: Path) -> None:
    end = await end_of(backend, shell("sleep 100", wall_limit_minutes=0.3 / 60))
    assert end.ending is Ending.TIMEOUT
    assert end.detail == "wall-clock limit of 0.3 s"


@story
async def test_the_memory_limit_holds(backend: LocalBackend, folder: Path) -> None:
    greedy = launch(
        command=(sys.executable, "-S", "-c", "bytearray(2**30)"), resources=Resources(memory_gib=0.25)
    )
    end = await end_of(backend, greedy)
    assert end.exit_code == 1
    assert b"MemoryError" in (await backend.logs("att_1", stream="stderr")).data


@story
async def test_logs_stop_at_the_cap_and_the_work_goes_on(backend: LocalBackend, folder: Path) -> None:
    end = await end_of(backend, shell("head -c 50000 /dev/zero; exit 0"))
    assert end.succeeded
    piece = await backend.logs("att_1")
    assert (len(piece.data), piece.dropped_bytes) == (10_000, 40_000)


@story
async def test_it_sees_no_settings_of_the_service(backend: LocalBackend, folder: Path) -> None:
    os.environ["EDWC_SECRET"] = "hush"
    try:
        await end_of(backend, shell("env; pwd"))
    finally:
        del os.environ["EDWC_SECRET"]
    said = (await backend.logs("att_1")).data.decode()
    assert "hush" not in said
    assert "EDWC_ATTEMPT=att_1" in said
    assert "att_1/work" in said


@story
async def test_cancel_ends_the_whole_family(backend: LocalBackend, folder: Path) -> None:
    await backend.start(shell("trap '' TERM; (trap '' TERM; sleep 1000) & echo $! > child; wait; sleep 1000"))
    child = folder / "attempts/att_1/work/child"
    while not (child.exists() and child.read_text().strip()):
        await asyncio.sleep(0.02)
    await backend.cancel("att_1")
    end = await seen(backend, "att_1")
    assert (end.ending, end.signal) == (Ending.CANCELLED, signal.SIGKILL)
    assert identify(int(child.read_text())) is None


@story
async def test_work_that_ends_well_when_asked_has_succeeded(backend: LocalBackend, folder: Path) -> None:
    await backend.start(shell("trap 'exit 0' TERM; touch ready; while :; do sleep 0.05; done"))
    while not (folder / "attempts/att_1/work/ready").exists():
        await asyncio.sleep(0.02)
    await backend.cancel("att_1")
    assert (await seen(backend, "att_1")).succeeded


@story
async def test_what_the_first_process_leaves_behind_is_ended(backend: LocalBackend, folder: Path) -> None:
    await end_of(backend, shell("sleep 1000 & echo $! > child; exit 0"))
    assert identify(int((folder / "attempts/att_1/work/child").read_text())) is None


@story
async def test_a_killed_runner_means_lost_and_leaves_nothing_running(
    backend: LocalBackend, folder: Path
) -> None:
    await backend.start(shell("(sleep 1000) & echo $! > child; wait"))
    child = folder / "attempts/att_1/work/child"
    while not (child.exists() and child.read_text().strip()):
        await asyncio.sleep(0.02)
    os.kill(runner_of(folder), signal.SIGKILL)
    lost = await seen(backend, "att_1", sight=Sight.LOST)
    assert lost.started_at is not None
    end = time.monotonic() + 5
    while identify(int(child.read_text())) is not None:
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


@story
async def test_a_reused_process_number_is_not_mistaken(backend: LocalBackend, folder: Path) -> None:
    """The number in the claim belongs to a living process, but not to the one that claimed."""
    await backend.start(shell("sleep 1000"))
    file = folder / "attempts/att_1/claim.json"
    taken = json.loads(file.read_text())
    os.kill(taken["runner"]["pid"], signal.SIGKILL)
    taken["runner"]["pid"] = os.getpid()
    file.write_text(json.dumps(taken))
    await seen(backend, "att_1", sight=Sight.LOST)


@story
async def test_a_runner_is_refused_a_folder_that_is_taken(backend: LocalBackend, folder: Path) -> None:
    await end_of(backend, shell("echo once >> ran"))
    from api.dispatch import runner  # noqa: PLC0415

    for _ in range(3):
        subprocess.run(
            [sys.executable, "-I", "-S", runner.__file__, str(folder / "attempts/att_1")], check=True
        )
    assert (folder / "attempts/att_1/work/ran").read_text() == "once\n"


@story
async def test_an_unreadable_folder_is_unknown_not_failed(backend: LocalBackend, folder: Path) -> None:
    await backend.start(shell("sleep 1000"))
    whole = (folder / "attempts/att_1/claim.json").read_text()
    (folder / "attempts/att_1/claim.json").write_text(whole[:7])
    assert (await backend.poll(["att_1"]))["att_1"].sight is Sight.UNKNOWN
    (folder / "attempts/att_1/claim.json").write_text(whole)
    await backend.cancel("att_1")
    await seen(backend, "att_1")


@story
async def test_a_name_that_leads_elsewhere_is_refused(backend: LocalBackend, folder: Path) -> None:
    with pytest.raises(StartRefused, match="letters, digits"):
        await backend.start(launch("/../../x"))


SERVICE = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from api.dispatch import LocalBackend
from tests.api.dispatch.benches import launch
backend = LocalBackend(Path(sys.argv[1]), lambda: datetime.now(UTC))
asyncio.run(backend.start(launch(command=("sh", "-c", "sleep 1; echo survived; exit 5"))))
print("started", flush=True)
import time; time.sleep(1000)
"""


def test_work_survives_the_death_of_the_service(tmp_path: Path) -> None:
    service = subprocess.Popen([sys.executable, "-c", SERVICE, str(tmp_path)], stdout=subprocess.PIPE)
    assert service.stdout is not None
    assert service.stdout.readline() == b"started\n"
    service.kill()
    service.wait()
    service.stdout.close()

    async def look() -> None:
        backend = local(tmp_path)
        assert (await seen(backend, "att_1", sight=Sight.RUNNING)).started_at is not None
        end = await seen(backend, "att_1")
        assert (end.ending, end.exit_code) == (Ending.EXITED, 5)
        assert (await backend.logs("att_1")).data == b"survived\n"

    asyncio.run(look())


def test_a_command_finds_its_checkpoint_though_the_service_names_its_folder_from_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def act() -> None:
        backend = LocalBackend(Path("data"), lambda: datetime.now(UTC))
        await backend.start(shell("echo 7 > $EDWC_CHECKPOINT_DIR/step; echo $HOME"))
        assert (await seen(backend, "att_1")).succeeded
        assert (await backend.logs("att_1")).data.startswith(str(tmp_path).encode())

    asyncio.run(act())
    assert (tmp_path / "data/checkpoints/job_1/step").read_text() == "7\n"


def test_a_folder_has_a_name_for_good_and_another_on_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes of another machine are not to be seen from here, and are not to be held for gone."""

    def identity(root: str) -> str:
        return LocalBackend(tmp_path / root, lambda: datetime.now(UTC)).identity

    first = identity("a")
    assert identity("a") == first != identity("b")
    (tmp_path / "machine").write_text("another")
    monkeypatch.setattr("api.dispatch.local.MACHINE", tmp_path / "machine")
    assert identity("a") != first
