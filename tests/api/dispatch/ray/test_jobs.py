"""Real Ray jobs: how they end, what they say, and what is known of them when their head was killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.dispatch import BackendSilent, Ending, Sight, StartRefused
from api.dispatch.credential import Credential
from api.store import new_id
from tests.api.dispatch.benches import launch, seen
from tests.api.dispatch.ray.bench import LITTLE, RayBench, shell
from topology import Resources

Play = Callable[[RayBench], Awaitable[None]]
pytestmark = pytest.mark.slow


def story(play: Play) -> Callable[[RayBench], None]:
    def test(bench: RayBench) -> None:
        bench.play(play)

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    return test


@story
async def test_ends_are_told_apart(bench: RayBench) -> None:
    backend = bench.open(log_cap_mib=0.01)
    works = {
        "good": shell(
            "echo out; echo err >&2; echo $EDWC_ATTEMPT of $EDWC_TASKS", attempt="att_good", tasks=2
        ),
        "bad": shell("exit 3", attempt="att_bad", job="job_2"),
        "shot": shell("kill -SEGV $$", attempt="att_shot", job="job_3"),
        "slow": shell("sleep 100", attempt="att_slow", job="job_4", wall_limit_minutes=1 / 60),
        "missing": launch(attempt="att_missing", job="job_5", command=("no-such-program",), resources=LITTLE),
        "talkative": shell("head -c 50000 /dev/zero | tr '\\0' a", attempt="att_talkative", job="job_6"),
    }
    await asyncio.gather(*(backend.start(work) for work in works.values()))
    ends = {name: await seen(backend, f"att_{name}") for name in works}
    assert {name: (end.ending, end.exit_code, end.signal) for name, end in ends.items()} == {
        "good": (Ending.EXITED, 0, None),
        "bad": (Ending.EXITED, 3, None),
        "shot": (Ending.SIGNALLED, None, 11),
        "slow": (Ending.TIMEOUT, 124, None),
        "missing": (Ending.EXITED, 127, None),
        "talkative": (Ending.EXITED, 0, None),
    }
    said = f"out\nerr\natt_good{bench.tail} of 2\n".encode()
    whole = await backend.logs("att_good")
    assert (whole.data, whole.complete) == (said, True)
    assert (await backend.logs("att_good", 4)).data == said[4:]
    assert len((await backend.logs("att_talkative")).data) == int(0.01 * 2**20)


@story
async def test_what_cannot_run_here_is_refused(bench: RayBench) -> None:
    with pytest.raises(StartRefused, match="runs no images"):
        await bench.open().start(shell("true", image="trainer:7"))
    with pytest.raises(StartRefused, match="does not map accelerator"):
        await bench.open().start(shell("true", resources=Resources(accelerators={"a100-sxm4-80gb": 1})))


@story
async def test_what_the_cluster_has_no_room_for_waits(bench: RayBench) -> None:
    backend = bench.open(accelerators={"a100-sxm4-80gb": "GPU"})
    await backend.start(shell("true", resources=Resources(cpu_cores=0.1, accelerators={"a100-sxm4-80gb": 1})))
    await asyncio.sleep(1.0)
    assert (await backend.poll(["att_1"]))["att_1"].sight is Sight.WAITING
    await backend.cancel("att_1")
    assert (await seen(backend, "att_1")).ending is Ending.CANCELLED


@story
async def test_capacity_is_that_of_living_nodes(bench: RayBench) -> None:
    whole = (await bench.open().capacity())["west"]
    less = (await bench.open(reserved_cpu_cores=1).capacity())["west"]
    assert (whole.cpu_cores, less.cpu_cores) == (4.0, 3.0)
    assert whole.memory_gib > 0


@story
async def test_a_wrong_token_is_silence(bench: RayBench) -> None:
    wrong = bench.data / "wrong"
    wrong.write_text("guess")
    with pytest.raises(BackendSilent, match="renew the token"):
        await bench.open(token=Credential(file=wrong)).poll(["att_1"])


@story
async def test_a_killed_head_forgets_but_the_claim_remembers(bench: RayBench) -> None:
    """What had ended is told again; what was killed with the head is lost, and known to be; what waited runs, once."""
    ran = bench.data / "ran"
    backend = bench.open(accelerators={"a100-sxm4-80gb": "GPU"})
    await backend.start(shell(f"echo ended >> {ran}; exit 4", attempt="att_ended"))
    await seen(backend, "att_ended")
    await backend.start(shell(f"echo ran >> {ran}; sleep 1000", attempt="att_ran", job="job_2"))
    while not (ran.exists() and "ran\n" in ran.read_text()):
        await asyncio.sleep(0.05)
    bench.cluster.kill()
    with pytest.raises(BackendSilent):
        await backend.poll(["att_ran"])
    await asyncio.to_thread(bench.cluster.start)

    stranger = bench.open(data=Path(bench.data / "elsewhere"))
    old = new_id("att", datetime.now(UTC) - timedelta(hours=1))
    named = await stranger.inner.poll([old])
    assert named[old].sight is Sight.UNKNOWN
    later = bench.open()
    first = await later.poll(["att_ran", "att_never"])
    assert (first["att_ran"].sight, first["att_never"].sight) == (Sight.UNKNOWN, Sight.NEVER)
    _, writer, *_ = (bench.cluster.claims / f"att_ran{bench.tail}/who").read_text().split()
    with suppress(ProcessLookupError):  # the head's end may have reached it
        os.kill(int(writer), signal.SIGKILL)
    await seen(later, "att_ran", sight=Sight.LOST)
    await later.start(shell(f"echo ended >> {ran}; exit 4", attempt="att_ended"))
    assert (await seen(later, "att_ended")).exit_code == 4
    assert ran.read_text() == "ended\nran\n"
