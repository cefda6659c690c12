"""EnergyQuota: the electricity a site may use in a period."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from scheduler.arrays import Floats, Ints
from scheduler.errors import WorldError

if TYPE_CHECKING:
    from scheduler.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class EnergyQuota:
    """Facility energy allowed, base load included; a slot counts whole where it begins inside the period.

    Attributes:
        site: site id.
        start: begin of the period.
        end: its exclusive end.
        kwh: energy allowed.
    """

    site: str
    start: datetime
    end: datetime
    kwh: float

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None or self.end.utcoffset() is None or self.end <= self.start:
            raise WorldError(
                f"energy quota of {self.site}: start and end must be instants with offsets, in order"
            )
        if not math.isfinite(self.kwh) or self.kwh < 0:
            raise WorldError(f"energy quota of {self.site}: kwh = {self.kwh}: must be a number, 0 or more")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class QuotaRows:
    """The energy quotas as arrays; Q of them.

    Attributes:
        site: [Q] site number.
        weight: [Q, T] kWh that one kW of IT power held for the slot counts.
        limit: [Q] kWh left beside base load.
    """

    site: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    weight: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    limit: Floats = field(default_factory=lambda: np.zeros(0))


def quota_rows(world: World) -> QuotaRows:
    """Return the quotas of a world; the energy of the base load is taken off first."""
    if not world.energy_quotas:
        return QuotaRows()
    horizon, quotas = world.horizon, world.energy_quotas
    begins = [horizon.instant(slot) for slot in range(horizon.slots)]
    inside = np.array(
        [[quota.start <= begin < quota.end for begin in begins] for quota in quotas], dtype=np.float64
    )
    hours = inside.reshape(len(quotas), horizon.slots) * horizon.hours_per_slot
    pue = world.prices.pue_marginal[[world.prices.row(quota.site) for quota in quotas]].reshape(hours.shape)
    weight = hours * pue
    limit = np.array([quota.kwh for quota in quotas], dtype=np.float64)
    for row, quota in enumerate(quotas):
        limit[row] -= world.catalogue.site(quota.site).base_kw * hours[row].sum()
    sites = world.catalogue.site_ids
    return QuotaRows(
        site=np.array([sites.index(quota.site) for quota in quotas], dtype=np.int64),
        weight=weight,
        limit=np.maximum(limit, 0.0),
    )
