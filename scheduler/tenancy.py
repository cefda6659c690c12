"""Tenancy: whose quota each job counts against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scheduler.arrays import Floats, Ints
from scheduler.job import Job
from scheduler.room import Room

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


def open_tenancy(jobs: Sequence[Job], whole: Room, free: Room) -> Tenancy:
    """Return the quotas that concern jobs."""
    asking = {job.tenant for job in jobs if job.tenant is not None}
    tenants = tuple(sorted(asking.intersection(whole.tenants)))
    if not tenants:
        return Tenancy(of_job=np.full(len(jobs), NO_QUOTA, dtype=np.int64))
    row: dict[str | None, int] = {tenant: number for number, tenant in enumerate(tenants)}
    return Tenancy(
        tenants=tenants,
        of_job=np.array([row.get(job.tenant, NO_QUOTA) for job in jobs], dtype=np.int64),
        whole=np.stack([whole.tenants[tenant] for tenant in tenants]),
        free=np.stack([free.tenants[tenant] for tenant in tenants]),
    )
