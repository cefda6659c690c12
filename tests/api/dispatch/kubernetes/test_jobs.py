"""Jobs of a cluster: applied once, looked up by label, ended by suspending, judged by conditions and pods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from api.dispatch import BackendSilent, Ending, Observation, Sight, StaleAttempt, StartRefused, UnknownAttempt
from tests.api.dispatch.benches import launch
from tests.api.dispatch.kubernetes.conftest import Bench
from tests.api.dispatch.kubernetes.fake_cluster import LATER, node
from topology import Resources

Play = Callable[[Bench], Awaitable[None]]


def story(play: Play) -> Callable[[Bench], None]:
    def test(bench: Bench) -> None:
        asyncio.run(play(bench))  # type: ignore[arg-type]

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    return test


async def sight_of(bench: Bench, attempt: str = "att_1") -> Observation:
    return (await bench.open().poll([attempt]))[attempt]


@story
async def test_a_job_carries_what_was_asked(bench: Bench) -> None:
    demand = Resources(cpu_cores=1.5, memory_gib=2, accelerators={"a100-sxm4-80gb": 8})
    work = launch(command=("python", "train.py"), image="trainer:7", tasks=4, minutes=30, resources=demand)
    backend = bench.open(
        scheduler="volcano", priority_class="batch", selectors={"a100-sxm4-80gb": {"gpu": "a100"}}
    )
    await backend.start(work)
    job = bench.cluster.job("att_1")
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    assert job["metadata"]["name"] == "att-1"
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 4, 4)
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (0, 3600)
    held = {"cpu": "1500m", "memory": "2048Mi", "nvidia.com/gpu": "8"}
    assert pod["containers"][0]["resources"] == {"requests": held, "limits": held}
    assert (pod["containers"][0]["image"], pod["containers"][0]["command"]) == (
        "trainer:7",
        ["python", "train.py"],
    )
    assert (pod["nodeSelector"], pod["schedulerName"]) == ({"gpu": "a100"}, "volcano")
    assert {"name": "EDWC_TASKS", "value": "4"} in pod["containers"][0]["env"]


@story
async def test_ascend_cards_are_asked_for_by_the_clusters_name(bench: Bench) -> None:
    await bench.open().start(launch(resources=Resources(cpu_cores=1, accelerators={"ascend-910b": 1})))
    limits = bench.cluster.job("att_1")["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits["huawei.com/Ascend910"] == "1"


@story
async def test_what_the_site_does_not_have_is_refused(bench: Bench) -> None:
    with pytest.raises(StartRefused, match="does not map accelerator h100"):
        await bench.open().start(launch(resources=Resources(accelerators={"h100": 1})))
    with pytest.raises(StartRefused, match="letters, digits"):
        await bench.open().start(launch("/x"))


@story
async def test_a_second_start_changes_nothing(bench: Bench) -> None:
    handles = {await bench.open().start(launch()) for _ in range(3)}
    applied = [each for each in bench.cluster.requests if each.method == "PATCH"]
    assert (len(handles), len(applied)) == (1, 1)
    both = await asyncio.gather(*(bench.open().start(launch("2", job="job_2")) for _ in range(3)))
    assert len(set(both)) == 1


@story
async def test_an_older_token_is_refused(bench: Bench) -> None:
    await bench.open().start(launch("2", token=2))
    with pytest.raises(StaleAttempt, match="token 1, but token 2"):
        await bench.open().start(launch("1", token=1))
    assert (await sight_of(bench)).sight is Sight.NEVER


@story
async def test_work_waits_runs_and_ends_well(bench: Bench) -> None:
    await bench.open().start(launch())
    assert (await sight_of(bench)).sight is Sight.WAITING
    pending = [
        {"type": "PodScheduled", "status": "False", "message": "0/3 nodes: Insufficient nvidia.com/gpu"}
    ]
    bench.cluster.give_pod("att_1", "Pending", conditions=pending)
    waiting = await sight_of(bench)
    assert (waiting.sight, waiting.detail) == (Sight.WAITING, "0/3 nodes: Insufficient nvidia.com/gpu")
    bench.cluster.give_pod("att_1")
    running = await sight_of(bench)
    assert running.sight is Sight.RUNNING
    bench.cluster.exit_pod("att_1", 0)
    bench.cluster.finish("att_1", "Complete")
    end = await sight_of(bench)
    assert end.succeeded
    assert end.started_at == running.started_at
    assert end.ended_at is not None


FAILURES: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"code": 3}, "BackoffLimitExceeded", {"ending": Ending.EXITED, "exit_code": 3}),
    ({"code": 139}, "BackoffLimitExceeded", {"ending": Ending.SIGNALLED, "signal": 11}),
    ({"code": 137, "reason": "OOMKilled"}, "BackoffLimitExceeded", {"signal": 9, "ending": Ending.SIGNALLED}),
    ({"code": 128, "reason": "StartError"}, "BackoffLimitExceeded", {"ending": Ending.NOT_STARTED}),
    ({"code": 143}, "DeadlineExceeded", {"ending": Ending.TIMEOUT}),
]  # fmt: skip


@pytest.mark.parametrize(("exit_", "reason", "seen"), FAILURES)
def test_a_failure_is_told_apart(
    bench: Bench, exit_: dict[str, Any], reason: str, seen: dict[str, Any]
) -> None:
    async def act() -> None:
        await bench.open().start(launch())
        bench.cluster.give_pod("att_1")
        bench.cluster.exit_pod("att_1", **exit_)
        bench.cluster.finish("att_1", "Failed", reason)
        end = await sight_of(bench)
        assert end.sight is Sight.ENDED
        assert {name: getattr(end, name) for name in seen} == seen

    asyncio.run(act())


@story
async def test_of_a_gang_the_first_failure_counts(bench: Bench) -> None:
    await bench.open().start(launch(tasks=3))
    for index in range(3):
        bench.cluster.give_pod("att_1", index=index)
    bench.cluster.exit_pod("att_1", 143, index=0)
    bench.cluster.exit_pod("att_1", 5, index=1, at="2026-07-01T04:09:59Z")
    bench.cluster.exit_pod("att_1", 143, index=2)
    bench.cluster.finish("att_1", "Failed", "BackoffLimitExceeded")
    assert (await sight_of(bench)).exit_code == 5


@pytest.mark.parametrize(
    "trouble",
    [
        {"phase": "Failed", "reason": "Evicted", "message": "low on memory"},
        {"phase": "Failed", "reason": "NodeLost"},
        {"phase": "Failed", "conditions": [{"type": "DisruptionTarget", "status": "True"}]},
    ],
)
def test_what_its_node_took_down_is_lost(bench: Bench, trouble: dict[str, Any]) -> None:
    async def act() -> None:
        await bench.open().start(launch())
        bench.cluster.give_pod("att_1", **trouble)
        bench.cluster.finish("att_1", "Failed", "BackoffLimitExceeded")
        assert (await sight_of(bench)).sight is Sight.LOST

    asyncio.run(act())


@story
async def test_a_silent_node_makes_it_unknown(bench: Bench) -> None:
    await bench.open().start(launch())
    bench.cluster.give_pod("att_1", "Unknown")
    assert (await sight_of(bench)).sight is Sight.UNKNOWN


@story
async def test_a_cancelled_job_is_suspended_until_its_pods_are_gone(bench: Bench) -> None:
    await bench.open().start(launch())
    bench.cluster.give_pod("att_1")
    await bench.open().cancel("att_1")
    await bench.open().cancel("att_1")
    assert (await sight_of(bench)).sight is Sight.RUNNING
    bench.cluster.suspend_settled("att_1")
    end = await sight_of(bench)
    assert (end.ending, end.ended_at.isoformat() if end.ended_at else "") == (
        Ending.CANCELLED,
        LATER.replace("Z", "+00:00"),
    )
    await bench.open().start(launch())
    assert bench.cluster.job("att_1")["spec"]["suspend"] is True


@story
async def test_a_cancel_before_the_start_is_a_tombstone(bench: Bench) -> None:
    await bench.open().cancel("att_1")
    await bench.open().start(launch())
    assert (await sight_of(bench)).ending is Ending.CANCELLED
    assert len(bench.cluster.objects["jobs"]) == 1


@story
async def test_an_apply_that_crosses_a_cancel_starts_nothing(bench: Bench) -> None:
    """The start looked before the cancel, and applies after it: the name is taken by another manager."""
    backend = bench.open()
    look = backend._job
    looks = 0

    async def look_then_cancel(attempt: str) -> Any:
        nonlocal looks
        looks += 1
        found = await look(attempt)
        if looks == 1:
            await bench.open().cancel(attempt)
        return found

    backend._job = look_then_cancel  # type: ignore[method-assign]
    await backend.start(launch())
    assert (await sight_of(bench)).ending is Ending.CANCELLED


@story
async def test_a_cancel_after_the_end_changes_nothing(bench: Bench) -> None:
    await bench.open().start(launch())
    bench.cluster.finish("att_1", "Complete")
    before = await sight_of(bench)
    await bench.open().cancel("att_1")
    assert await sight_of(bench) == before
    assert "suspend" not in bench.cluster.job("att_1")["spec"]


@story
async def test_logs_are_those_of_the_first_pod(bench: Bench) -> None:
    with pytest.raises(UnknownAttempt):
        await bench.open().logs("att_1")
    await bench.open().start(launch(tasks=2))
    assert not (await bench.open().logs("att_1")).complete
    for index in range(2):
        bench.cluster.give_pod("att_1", index=index)
        bench.cluster.output[f"att-1-{index}"] = b"said by %d\n" % index
    piece = await bench.open().logs("att_1", 5)
    assert (piece.data, piece.next_offset, piece.complete) == (b"by 0\n", 10, False)
    bench.cluster.finish("att_1", "Complete")
    assert (await bench.open().logs("att_1", 10)).complete
    assert (await bench.open().logs("att_1", stream="stderr")).data == b""


@story
async def test_capacity_is_that_of_open_nodes(bench: Bench) -> None:
    bench.cluster.objects["nodes"] = {
        "one": node("one", cpu="31500m", memory="128Gi", nvidia_com__gpu="8"),
        "two": node("two", cpu="8", memory="1048576Ki"),
        "lost": node("lost", ready=False, cpu="99", memory="99Gi", nvidia_com__gpu="8"),
        "cordoned": node("cordoned", cordoned=True, cpu="99", memory="99Gi"),
    }
    held = (await bench.open().capacity())["west"]
    assert (held.cpu_cores, held.memory_gib, held.get("a100-sxm4-80gb")) == (39.5, 129.0, 8)
    assert (await bench.open(selectors={"a100-sxm4-80gb": {"gpu": "a100"}}).capacity())[
        "west"
    ].accelerators == {}


@story
async def test_long_lists_come_in_pages(bench: Bench) -> None:
    for number in range(7):
        await bench.open().start(launch(str(number), job=f"job_{number}"))
    bench.cluster.page = 3
    seen = await bench.open().poll([f"att_{number}" for number in range(8)])
    assert [each.sight for each in seen.values()] == [Sight.WAITING] * 7 + [Sight.NEVER]


@story
async def test_an_expired_token_is_silence_until_it_is_renewed(bench: Bench) -> None:
    await bench.open().start(launch())
    backend = bench.open()
    bench.cluster.token = "renewed"
    with pytest.raises(BackendSilent, match="401: renew the token"):
        await backend.poll(["att_1"])
    file = backend._endpoint._token.file if backend._endpoint._token else None
    assert isinstance(file, Path)
    file.write_text("renewed")
    assert (await backend.poll(["att_1"]))["att_1"].sight is Sight.WAITING
