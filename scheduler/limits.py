"""Limits: the budget and the carbon ceiling a job sets on its own options."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Bools, Ints
from scheduler.case import Case
from scheduler.feasibility import ORDER, PASSES, Feasibility
from scheduler.options import price_options
from scheduler.reason import Reason

UNLIMITED = -1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Limits:
    """Which starts the limits leave.

    Attributes:
        mask_of: [C] row of `masks`, UNLIMITED where every start in time is within the limits.
        masks: [M, S, T] starts within the limits.
    """

    mask_of: Ints
    masks: Bools


def apply_limits(case: Case, feasibility: Feasibility) -> tuple[Feasibility, Limits]:
    """Return the verdict with the limits in it, and the starts they leave.

    A site none of whose starts in time keeps the budget is OVER_BUDGET; one where none keeps both limits is
    OVER_CARBON. The replicas of a job share its limits equally.
    """
    broken = feasibility.broken.copy()
    mask_of = np.full(len(broken), UNLIMITED, dtype=np.int64)
    masks: list[Bools] = []
    limited = [job.limited for job in case.jobs]
    for candidate in np.flatnonzero(np.array(limited, dtype=np.bool_)[case.candidates.job]).tolist():
        job = case.jobs[case.candidates.job[candidate]]
        options = price_options(case, candidate)
        affordable = options.within_budget(job.replica_budget_cny)
        clean = affordable & options.within_carbon(job.replica_carbon_kg_max)
        passing = broken[candidate] == PASSES
        dear = passing & ~(affordable & options.in_time).any(axis=1)
        dirty = passing & ~dear & ~(clean & options.in_time).any(axis=1)
        broken[candidate, dear] = ORDER.index(Reason.OVER_BUDGET)
        broken[candidate, dirty] = ORDER.index(Reason.OVER_CARBON)
        if (options.in_time & ~clean)[broken[candidate] == PASSES].any():
            mask_of[candidate] = len(masks)
            masks.append(clean)
    shape = (len(case.world.catalogue.sites), case.world.horizon.slots)
    stacked = np.stack(masks) if masks else np.zeros((0, *shape), dtype=np.bool_)
    return Feasibility(broken=broken), Limits(mask_of=mask_of, masks=stacked)
