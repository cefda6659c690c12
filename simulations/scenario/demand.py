"""DemandSource: where the work of a scenario comes from, and how it differs from what was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from simulations.scenario.section import STRICT, Hour


@dataclass(frozen=True, kw_only=True, slots=True)
class GeneratorSource:
    """Work from the generator.

    Attributes:
        profile: which kinds of work, a profile of `edwc jobs-sample`.
        count: how many jobs.
        seed: of every draw.
        load: work over capacity of the binding resource, or None: as drawn.
        max_hours: longer run times are cut to this [h].
    """

    __pydantic_config__ = STRICT

    profile: str = "mixed"
    count: Annotated[int, Field(ge=1, le=5_000_000)] = 3000
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    load: Annotated[float, Field(gt=0, le=10)] | None = 0.4
    max_hours: Annotated[float, Field(gt=0, le=744)] = 12.0


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceSource:
    """Work from a recorded trace: its busiest stretch of so many days, put on the scenario's first day.

    Attributes:
        format: a format of `edwc import-trace`.
        file: the trace, relative to the scenario's file.
        days: how many days.
        load: gangs are sized until work over capacity is this, or None: as recorded.
        scale: copies of each job.
        max_hours: longer run times are cut to this [h].
        seed: of every throw.
        on_bad: skip, refuse or sort, as in `edwc import-trace`.
    """

    __pydantic_config__ = STRICT

    format: str
    file: str
    days: Annotated[int, Field(ge=1, le=366)] = 7
    load: Annotated[float, Field(gt=0, le=10)] | None = None
    scale: Annotated[int, Field(ge=1, le=1000)] = 1
    max_hours: Annotated[float, Field(gt=0, le=744)] = 12.0
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    on_bad: Literal["skip", "refuse", "sort"] = "skip"


@dataclass(frozen=True, kw_only=True, slots=True)
class DemandChange:
    """More or less of some work.

    Attributes:
        kinds: which kinds; all when empty.
        origins: cities it comes from; all when empty.
        factor: how many jobs there are for one; copies come up to half an hour earlier or later, where they are
            still released inside the window.
        first_hour: clock hour (China's time) of release from which it holds [h].
        last_hour: and until which [h].
    """

    __pydantic_config__ = STRICT

    kinds: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    factor: Annotated[float, Field(ge=0, le=1000)]
    first_hour: Hour = 0.0
    last_hour: Hour = 24.0


@dataclass(frozen=True, kw_only=True, slots=True)
class DemandSource:
    """The work: a jobs file, traces, or the generator; the generator's day when nothing is named.

    Attributes:
        jobs: a jobs file, relative to the scenario's file.
        traces: recorded traces, laid over one another.
        generate: the generator's orders.
        changes: what differs, in order.
        on_bad: "skip" counts and tells jobs that cannot be replayed; "refuse" stops at the first.
    """

    __pydantic_config__ = STRICT

    jobs: str | None = None
    traces: tuple[TraceSource, ...] = ()
    generate: GeneratorSource | None = None
    changes: tuple[DemandChange, ...] = ()
    on_bad: Literal["skip", "refuse"] = "skip"
