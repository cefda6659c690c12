"""What Slurm says of a job, and what that means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.dispatch.backend import Ending, Sight
from topology import Resources

# What slurmctld calls a job's state; all else is unknown to us and taken for neither begun nor over.
_ACTIVE: Mapping[str, Sight] = {
    "PENDING": Sight.WAITING,
    "CONFIGURING": Sight.WAITING,
    "RUNNING": Sight.RUNNING,
    "COMPLETING": Sight.RUNNING,
    "SUSPENDED": Sight.RUNNING,
    "STOPPED": Sight.RUNNING,
    "SIGNALING": Sight.RUNNING,
    "STAGE_OUT": Sight.RUNNING,
}
_LOST = {
    "NODE_FAIL": "its node failed",
    "BOOT_FAIL": "its node did not boot",
    "PREEMPTED": "Slurm preempted it",
}
# We never hold a job. Slurm does when its launch failed, as with a number that a node remembers from before.
_HELD = {"JobHeldUser", "JobHeldAdmin", "launch_failed_requeued_held"}
_OVER = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "DEADLINE", "OUT_OF_MEMORY", *_LOST}
_UNUSABLE_FLAGS = {
    "DRAIN", "FAIL", "MAINTENANCE", "NOT_RESPONDING", "POWERED_DOWN", "POWERING_DOWN", "POWER_DOWN",
    "REBOOT_ISSUED", "RESERVED_MAINTENANCE", "INVALID_REG",
}  # fmt: skip
_USABLE_STATES = {"idle", "mixed", "allocated"}
_GPUS = re.compile(r"gpu:(?P<type>[^:(,]+):(?P<count>\d+)")
_SIGNAL_BITS, _EXIT_SHIFT = 0x7F, 8
SIGKILL = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """How a job that is over ended; without an ending its outcome is not known.

    Attributes:
        ending: why it is over.
        exit_code: of the command, when it exited.
        signal: that ended it, when one did.
        detail: one sentence for people.
    """

    ending: Ending | None
    exit_code: int | None = None
    signal: int | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SlurmJob:
    """One job as Slurm lists it.

    Attributes:
        id: Slurm's number, which it may give again to another job after it lost its memory.
        name: ours is the attempt's id.
        comment: ours names attempt and job.
        state: Slurm's word.
        status: as wait(2) has it: exit code in the upper byte, signal in the lower bits.
        began_at: when it began [s since 1970], 0 when it has not.
        reason: Slurm's word for why it waits or ended.
    """

    id: int
    name: str
    comment: str
    state: str
    status: int
    began_at: float
    reason: str

    @property
    def sight(self) -> Sight:
        """How it stands; ENDED says only that it is over."""
        return Sight.ENDED if self.state in _OVER else _ACTIVE.get(self.state, Sight.UNKNOWN)

    @property
    def held(self) -> bool:
        """Whether it waits for somebody to release it."""
        return self.sight is Sight.WAITING and self.reason in _HELD

    @property
    def verdict(self) -> Verdict:
        """How it ended, as far as Slurm knows."""
        code, signal = self.status >> _EXIT_SHIFT, self.status & _SIGNAL_BITS
        if self.state in _LOST:
            return Verdict(ending=None, detail=_LOST[self.state])
        if self.state == "CANCELLED":
            return Verdict(ending=Ending.CANCELLED, signal=signal or None)
        if self.state in ("TIMEOUT", "DEADLINE"):
            return Verdict(ending=Ending.TIMEOUT, signal=signal or None, detail="Slurm's time limit")
        if self.state == "OUT_OF_MEMORY":
            # Slurm writes 125 for a signal here, which is none.
            return Verdict(ending=Ending.SIGNALLED, signal=SIGKILL, detail="out of memory")
        if signal:
            return Verdict(ending=Ending.SIGNALLED, signal=signal)
        return Verdict(ending=Ending.EXITED, exit_code=code)


def job_of(document: Mapping[str, Any]) -> SlurmJob:
    """Return the job of a document of slurmrestd.

    Raises:
        KeyError: a field is missing.
    """
    return SlurmJob(
        id=int(document["job_id"]),
        name=str(document["name"] or ""),
        comment=str(document["comment"] or ""),
        state=str(document["job_state"]),
        status=int(document["exit_code"] or 0),
        began_at=float(document["start_time"] or 0),
        reason=str(document["state_reason"] or ""),
    )


def capacity_of(
    nodes: list[Mapping[str, Any]], accelerators: Mapping[str, str], partition: str = ""
) -> Resources:
    """Return what the nodes that can take work hold in all; down and drained ones hold nothing.

    Args:
        nodes: as slurmrestd lists them.
        accelerators: model -> type of the gres "gpu".
        partition: only nodes in it, when named.
    """
    models = {kind: model for model, kind in accelerators.items()}
    held = Resources()
    for node in nodes:
        if node["state"] not in _USABLE_STATES or _UNUSABLE_FLAGS.intersection(node["state_flags"]):
            continue
        if partition and partition not in node["partitions"]:
            continue
        counts: dict[str, float] = {}
        for found in _GPUS.finditer(str(node["gres"] or "")):
            model = models.get(found["type"])
            if model is not None:
                counts[model] = counts.get(model, 0.0) + float(found["count"])
        held += Resources(
            cpu_cores=float(node["cpus"]), memory_gib=float(node["real_memory"]) / 1024, accelerators=counts
        )
    return held
