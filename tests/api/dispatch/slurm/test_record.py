"""What Slurm's words mean."""

from __future__ import annotations

import pytest

from api.dispatch import Ending, Sight
from api.dispatch.slurm.record import capacity_of, job_of
from tests.api.dispatch.slurm.recorded import job, node
from topology import Resources


@pytest.mark.parametrize(
    ("state", "status", "ending", "exit_code", "signal"),
    [
        ("COMPLETED", 0, Ending.EXITED, 0, None),
        ("FAILED", 3 << 8, Ending.EXITED, 3, None),
        ("FAILED", 11, Ending.SIGNALLED, None, 11),
        ("FAILED", 11 | 0x80, Ending.SIGNALLED, None, 11),
        ("CANCELLED", 15, Ending.CANCELLED, None, 15),
        ("TIMEOUT", 0, Ending.TIMEOUT, None, None),
        ("DEADLINE", 0, Ending.TIMEOUT, None, None),
        ("OUT_OF_MEMORY", 253, Ending.SIGNALLED, None, 9),
        ("NODE_FAIL", 0, None, None, None),
        ("BOOT_FAIL", 0, None, None, None),
        ("PREEMPTED", 0, None, None, None),
    ],
)
def test_an_end_is_read(
    state: str, status: int, ending: Ending | None, exit_code: int | None, signal: int | None
) -> None:
    read = job_of(job(1, state=state, exit_code=status))
    assert read.sight is Sight.ENDED
    verdict = read.verdict
    assert (verdict.ending, verdict.exit_code, verdict.signal) == (ending, exit_code, signal)


@pytest.mark.parametrize(
    ("state", "sight"),
    [
        ("PENDING", Sight.WAITING),
        ("CONFIGURING", Sight.WAITING),
        ("RUNNING", Sight.RUNNING),
        ("SUSPENDED", Sight.RUNNING),
        ("COMPLETING", Sight.RUNNING),
        ("SOMETHING_NEW", Sight.UNKNOWN),
    ],
)
def test_a_state_that_is_no_end_is_read(state: str, sight: Sight) -> None:
    assert job_of(job(1, state=state)).sight is sight


def test_capacity_counts_what_can_take_work() -> None:
    nodes = [
        node("n1"),
        node("n2", "mixed"),
        node("n3", "down"),
        node("n4", "idle", state_flags=["DRAIN"]),
        node("n5", "allocated", state_flags=["NOT_RESPONDING"]),
        node("n6", partitions=["other"]),
        node("n7", gres="gpu:h100:2,gpu:a100:1(S:0)"),
        node("n8", gres=None),
    ]
    held = capacity_of(nodes, {"a100-sxm4-80gb": "a100"}, "main")
    assert held == Resources(cpu_cores=32, memory_gib=64, accelerators={"a100-sxm4-80gb": 9})
