"""Demand: what each task of a job holds while it runs; Variant: a machine it may run on, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.errors import JobError
from scheduler.quantity import LONGEST_RUNTIME_MINUTES, STRICT, check_name, check_quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """What one task holds for the whole of its run, besides accelerators.

    Attributes:
        cpu_cores: cores.
        memory_gib: GiB.
    """

    __pydantic_config__ = STRICT

    cpu_cores: float = 0.0
    memory_gib: float = 0.0

    def __post_init__(self) -> None:
        check_quantity("cpu_cores", self.cpu_cores, unit="cores")
        check_quantity("memory_gib", self.memory_gib, unit="GiB")


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One way to run a job: the accelerators of each task and the time it then takes.

    Attributes:
        runtime_minutes: minutes from start to end.
        accelerator: model id, or None for a job on processors alone.
        count: accelerators per task; a share such as 0.5 is a shared one.
    """

    __pydantic_config__ = STRICT

    runtime_minutes: float
    accelerator: str | None = None
    count: float = 0.0

    def __post_init__(self) -> None:
        check_quantity(
            "runtime_minutes",
            self.runtime_minutes,
            positive=True,
            largest=LONGEST_RUNTIME_MINUTES,
            unit="minutes",
        )
        check_quantity("count", self.count, unit="accelerators per task")
        if self.accelerator is not None:
            check_name("accelerator", self.accelerator)
            if self.count == 0:
                raise JobError(
                    "count", self.count, f"must be more than 0 for accelerator {self.accelerator!r}"
                )
        elif self.count > 0:
            raise JobError("count", self.count, "needs an accelerator model; name one or leave count out")
