"""Placement: where and when one job runs, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scheduler.cost import CostParts
from scheduler.errors import JobError
from scheduler.quantity import STRICT


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """The chosen option of one job.

    Attributes:
        job: its name.
        site: site id; of a job that spreads, that of its first replica.
        variant: index into the job's variants.
        start: first instant of the run.
        end: start plus runtime (for a split job the end of its last run), exclusive.
        runs: half-open [start, end) intervals, one unless the job is interruptible.
        cost: unweighted.
        carbon_kg: emissions of the run.
        energy_kwh: facility energy of the run above the site's base load.
        replicas: sites of all replicas, `site` first; empty unless the job spreads.
    """

    __pydantic_config__ = STRICT

    job: str
    site: str
    variant: int
    start: datetime
    end: datetime
    runs: tuple[tuple[datetime, datetime], ...]
    cost: CostParts
    carbon_kg: float
    energy_kwh: float = 0.0
    replicas: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise JobError("end", self.end.isoformat(), f"must be after start ({self.start.isoformat()})")
        if not self.runs:
            raise JobError("runs", "[]", "must hold at least one run")
        if self.variant < 0:
            raise JobError("variant", self.variant, "must be 0 or more")
        if self.replicas and self.replicas[0] != self.site:
            raise JobError("replicas", self.replicas[0], f"must begin with the site ({self.site})")

    @property
    def sites(self) -> tuple[str, ...]:
        """Every site that runs the job."""
        return self.replicas or (self.site,)
