"""What a row of a trace says: a job of its own (TraceJob), or one request to a served model (Request)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_ACCELERATORS_PER_TASK = 8
MOST_CORES_PER_TASK = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceJob:
    """One job in a trace's own terms, before it is given a date, an origin and a deadline.

    Attributes:
        key: its name within the trace.
        submit_s: seconds on the trace's clock, where day N begins at N * 86400.
        runtime_minutes: how long it ran [min]; positive.
        service: whose terms it gets, a key of `SERVICES`.
        cpu_cores: cores per task.
        memory_gib: memory per task [GiB].
        tasks: gang size.
        accelerators: accelerators per task; for a serving job those of the reference model that it keeps
            busy.
        models: models it may use in the trace's words; none means any.
        serving: whether it serves for a fixed time, so that a faster model means fewer accelerators.
        model_memory_gib: accelerator memory a serving job needs in all [GiB].
        origin: city id, when the grouping of requests has already drawn it.
        rounded_up: whether it asked for a share of an accelerator and was given a whole one.
        labels: what else the trace says, carried into the job's labels.
    """

    key: str
    submit_s: float
    runtime_minutes: float
    service: str
    cpu_cores: float
    memory_gib: float
    tasks: int = 1
    accelerators: float = 0.0
    models: tuple[str, ...] = ()
    serving: bool = False
    model_memory_gib: float = 0.0
    origin: str | None = None
    rounded_up: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request to a served model.

    Attributes:
        line: its line in the trace.
        at_s: seconds on the trace's clock.
        busy_s: seconds it keeps one reference accelerator busy.
        model_memory_gib: accelerator memory that the model it asks for needs [GiB].
    """

    line: int
    at_s: float
    busy_s: float
    model_memory_gib: float


def split_gang(units: int, most: int) -> tuple[int, int]:
    """(tasks, units per task) that hold `units` with at most `most` per task, rounded up to equal tasks."""
    tasks = -(-units // most)
    return tasks, -(-units // tasks)
