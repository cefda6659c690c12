"""Job: one request for compute, as its owner states it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from scheduler.dataset import Input, Output
from scheduler.demand import Demand, Variant
from scheduler.errors import JobError
from scheduler.interruptible import Interruptible
from scheduler.quantity import STRICT, check_count, check_instant, check_name, check_quantity
from scheduler.residency import Residency

MOST_TASKS = 1_000_000
MOST_VARIANTS = 32
MOST_DATASETS = 32
HIGHEST_PRIORITY = 3


class Spread(StrEnum):
    """How the replicas of a job keep apart, for disaster recovery."""

    TWO_SITES = "two_sites"
    TWO_CITIES_THREE_CENTERS = "two_cities_three_centers"

    @property
    def replicas(self) -> int:
        """Number of sites that run the job at the same time."""
        return 2 if self is Spread.TWO_SITES else 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One request. All its tasks run at one site at the same time, unless it says `spread`.

    Attributes:
        name: unique within one plan.
        demand: what each task holds.
        variants: the ways to run it; at least one.
        tenant: who pays.
        tasks: gang size.
        release: earliest start of the run or of its transfers; None is the horizon's start.
        deadline: latest end of the run; None is the horizon's end.
        origin: city or site it serves; None when it serves nobody in particular.
        rtt_ms_max: longest round trip between origin and site [ms].
        inputs: data that must arrive before the start.
        outputs: data moved after the end.
        residency: where it may run.
        interruptible: leave to split it, or None.
        spread: how replicas keep apart, or None.
        priority: 0 to 3; each step makes the default value ten times larger.
        value_cny: what running it is worth; not running it costs this. None is the default value.
        budget_cny: refuse any option that costs more.
        carbon_kg_max: refuse any option that emits more.
        command: what to run.
        image: container image to run it in.
        labels: the owner's own words.
    """

    __pydantic_config__ = STRICT

    name: str
    demand: Demand
    variants: tuple[Variant, ...]
    tenant: str | None = None
    tasks: int = 1
    release: datetime | None = None
    deadline: datetime | None = None
    origin: str | None = None
    rtt_ms_max: float | None = None
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    residency: Residency = field(default_factory=Residency)
    interruptible: Interruptible | None = None
    spread: Spread | None = None
    priority: int = 0
    value_cny: float | None = None
    budget_cny: float | None = None
    carbon_kg_max: float | None = None
    command: tuple[str, ...] = ()
    image: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name("name", self.name)
        check_count("tasks", self.tasks, smallest=1, largest=MOST_TASKS)
        check_count("priority", self.priority, smallest=0, largest=HIGHEST_PRIORITY)
        check_quantity("rtt_ms_max", self.rtt_ms_max, unit="ms")
        check_quantity("value_cny", self.value_cny, unit="CNY")
        check_quantity("budget_cny", self.budget_cny, unit="CNY")
        check_quantity("carbon_kg_max", self.carbon_kg_max, unit="kg")
        check_instant("release", self.release)
        check_instant("deadline", self.deadline)
        self._check_parts()

    @property
    def replicas(self) -> int:
        """Number of sites that run it at the same time; 1 unless it spreads."""
        return 1 if self.spread is None else self.spread.replicas

    @property
    def limited(self) -> bool:
        """Whether it sets limits on its own options."""
        return self.budget_cny is not None or self.carbon_kg_max is not None

    @property
    def replica_budget_cny(self) -> float | None:
        """Its budget shared equally among its replicas [CNY]."""
        return None if self.budget_cny is None else self.budget_cny / self.replicas

    @property
    def replica_carbon_kg_max(self) -> float | None:
        """Its carbon limit shared equally among its replicas [kg]."""
        return None if self.carbon_kg_max is None else self.carbon_kg_max / self.replicas

    def _check_parts(self) -> None:
        if not self.variants:
            raise JobError(
                "variants", (), "must hold at least one; a job on processors has one with a runtime_minutes"
            )
        if len(self.variants) > MOST_VARIANTS:
            raise JobError("variants", len(self.variants), f"must be at most {MOST_VARIANTS}")
        for side in ("inputs", "outputs"):
            if len(getattr(self, side)) > MOST_DATASETS:
                raise JobError(side, len(getattr(self, side)), f"must be at most {MOST_DATASETS}")
        if self.demand.cpu_cores == self.demand.memory_gib == 0 and any(not v.count for v in self.variants):
            raise JobError("demand", "nothing", "must ask for cpu_cores, memory_gib or accelerators")
        if self.release is not None and self.deadline is not None and self.deadline <= self.release:
            raise JobError(
                "deadline", self.deadline.isoformat(), f"must be after release ({self.release.isoformat()})"
            )
        if self.rtt_ms_max is not None and self.origin is None:
            raise JobError("rtt_ms_max", self.rtt_ms_max, "needs an origin to be measured from")
