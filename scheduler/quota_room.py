"""Quota room: what a plan leaves of the tenants' quotas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scheduler.arrays import Floats
from scheduler.case import Case
from scheduler.placement import Placement
from scheduler.room import TOLERANCE
from scheduler.tenancy import NO_QUOTA


def left_to_tenants(case: Case, placements: Sequence[Placement]) -> Floats:
    """Return [G, R, T]: units each tenant may still hold beside the placements."""
    left = case.tenancy.free.copy()
    if not len(left):
        return left
    number = {job.name: index for index, job in enumerate(case.jobs)}
    horizon = case.world.horizon
    for placement in placements:
        job = number[placement.job]
        tenant = case.tenancy.of_job[job]
        if tenant != NO_QUOTA:
            demand = case.candidates.demand[case.candidates.pointer[job] + placement.variant]
            for start, end in placement.runs:
                first, last = horizon.slot_at(start), horizon.first_slot_from(end)
                left[tenant, :, first:last] -= len(placement.sites) * demand[:, np.newaxis]
    return left


def quota_has_room(case: Case, job: int, left: Floats) -> bool:
    """Whether the tenant's quota would take the job somewhere between its release and deadline."""
    tenant = case.tenancy.of_job[job] if case.tenancy.tenants else NO_QUOTA
    if tenant == NO_QUOTA:
        return True
    rows = case.candidates
    for candidate in range(rows.pointer[job], rows.pointer[job + 1]):
        needed = case.jobs[job].replicas * rows.demand[candidate]
        fits = (needed[:, np.newaxis] <= left[tenant] * (1 + TOLERANCE) + TOLERANCE).all(axis=0)
        for start in range(int(rows.first_start[candidate]), int(rows.last_start[candidate]) + 1):
            if fits[start : start + int(rows.duration[candidate])].all():
                return True
    return False
