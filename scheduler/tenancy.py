"""Tenancy: what each tenant with a quota may still hold, over all sites, slot by slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scheduler.arrays import Floats, Ints
from scheduler.job import Job
from scheduler.world import World

UNLIMITED = 1e15  # units: more than any network holds
NO_QUOTA = -1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tenancy:
    """Quotas of the tenants that ask for something; G of them.

    Attributes:
        tenants: [G] their names.
        of_job: [J] tenant of every job, NO_QUOTA where it has none.
        whole: [G, R, T] units a tenant may hold at any instant.
        free: [G, R, T] the same beside the reservations of the tenant.
    """

    tenants: tuple[str, ...] = ()
    of_job: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    whole: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    free: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))


def open_tenancy(jobs: Sequence[Job], world: World, resources: Sequence[str]) -> Tenancy:
    """Return the quotas that concern jobs; a resource a quota does not name is unlimited."""
    tenants = tuple(sorted(set(world.quotas) & {job.tenant for job in jobs if job.tenant is not None}))
    row = {tenant: number for number, tenant in enumerate(tenants)}
    most = [[world.quotas[tenant].get(name, UNLIMITED) for name in resources] for tenant in tenants]
    shape = (len(tenants), len(resources))
    whole = np.repeat(np.array(most).reshape(shape)[:, :, np.newaxis], world.horizon.slots, axis=2)
    free = whole.copy()
    for held in world.reserved:
        if held.tenant in row:
            amounts = np.array([*(held.resources.get(name) for name in resources[:-1]), held.it_kw])
            free[row[held.tenant], :, held.start_slot : held.end_slot] -= amounts[:, np.newaxis]
    of_job = [NO_QUOTA if job.tenant is None else row.get(job.tenant, NO_QUOTA) for job in jobs]
    return Tenancy(
        tenants=tenants,
        of_job=np.array(of_job, dtype=np.int64),
        whole=whole,
        free=np.maximum(free, 0.0),
    )
