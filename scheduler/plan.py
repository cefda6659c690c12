"""Plan: placements plus rejections plus a proven bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scheduler.cost import CostParts
from scheduler.errors import UnknownJob, nearest_names, shorten
from scheduler.placement import Placement
from scheduler.policy import Policy
from scheduler.quantity import STRICT
from scheduler.sunlight import PvSaving
from topology import Horizon


class Status(StrEnum):
    """How far the planner got."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    TIME_LIMIT = "time_limit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """A job left out.

    Attributes:
        job: its name.
        reasons: Reason code -> number of sites it stands for; every site is counted once.
    """

    __pydantic_config__ = STRICT

    job: str
    reasons: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShadowPrice:
    """What one more unit of a full resource would save.

    Attributes:
        site: site id.
        slot: slot of the horizon.
        resource: "cpu_cores", "memory_gib", an accelerator model, or "it_kw".
        cny_per_unit_hour: price of a binding constraint [CNY per unit and hour].
    """

    __pydantic_config__ = STRICT

    site: str
    slot: int
    resource: str
    cny_per_unit_hour: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One decision about many jobs.

    Attributes:
        horizon: what time was planned.
        policy: how.
        status: optimal, feasible or time_limit.
        objective_cny: policy-weighted running cost plus the value of what is rejected.
        lower_bound_cny: proven: no plan of the same jobs on the same world has a smaller objective.
        gap: (objective - lower bound) / |objective|; 0 when both are 0.
        solve_seconds: wall time of the planning.
        cost: unweighted sums over the placements, and the value of the rejected.
        carbon_kg: sum over the placements.
        energy_kwh: sum over the placements.
        placements: in the order of the jobs.
        rejections: in the order of the jobs.
        shadow_prices: of the binding constraints, by site, slot and resource.
        pv_saving: what the sites' own sun takes off the objective; costs above count all power as the grid's. None
            where no sun is used.
    """

    horizon: Horizon
    policy: Policy
    status: Status
    objective_cny: float
    lower_bound_cny: float
    gap: float
    solve_seconds: float
    cost: CostParts
    carbon_kg: float
    energy_kwh: float
    placements: tuple[Placement, ...]
    rejections: tuple[Rejection, ...]
    shadow_prices: tuple[ShadowPrice, ...]
    pv_saving: PvSaving | None = None

    def answer(self, job: str) -> Placement | Rejection:
        """Return what became of a job.

        Raises:
            UnknownJob: the plan says nothing about it.
        """
        answers: list[Placement | Rejection] = [*self.placements, *self.rejections]
        for answer in answers:
            if answer.job == job:
                return answer
        nearest = nearest_names(job, (answer.job for answer in answers))
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        raise UnknownJob(f"the plan has no job {shorten(job)}{hint}")


def relative_gap(objective_cny: float, lower_bound_cny: float) -> float:
    """Return (objective - bound) / |objective|, 0 when nothing is at stake.

    Never negative: a bound above the objective by rounding counts as met.
    """
    if objective_cny == 0:
        return 0.0
    return max(0.0, (objective_cny - lower_bound_cny) / abs(objective_cny))
