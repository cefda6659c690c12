"""Yard: what truly runs at every site in this very slot."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from scheduler import EnergyQuota
from scheduler.room import resource_names
from simulations.engine.attempt import Attempt
from topology import Catalogue, Horizon

Floats = npt.NDArray[np.float64]
TOLERANCE = 1e-9


class Yard:
    """Units in use.

    Args:
        whole: [S, R, T] room of empty sites.
        catalogue: whose resources the quotas name.
        quotas: tenant -> resource -> units.
    """

    def __init__(
        self, whole: Floats, catalogue: Catalogue, quotas: Mapping[str, Mapping[str, float]]
    ) -> None:
        names = resource_names(catalogue)
        self._whole = whole
        self.sites: Floats = np.zeros(whole.shape[:2])
        self._limits = {
            tenant: np.array([quota.get(name, np.inf) for name in names]) for tenant, quota in quotas.items()
        }
        self._tenants = {tenant: np.zeros(len(names)) for tenant in quotas}

    def fits(self, attempt: Attempt, tenant: str | None, slot: int) -> bool:
        """Whether an attempt can begin to run beside what runs."""
        for site in attempt.sites:
            room = self._whole[site, :, slot] - self.sites[site]
            short = attempt.demand > room
            if short.any() and (attempt.demand > room * (1 + TOLERANCE) + TOLERANCE).any():
                return False
        if tenant is not None and tenant in self._limits:
            held = self._tenants[tenant] + len(attempt.sites) * attempt.demand
            return bool((held <= self._limits[tenant] * (1 + TOLERANCE) + TOLERANCE).all())
        return True

    def occupy(self, attempt: Attempt, tenant: str | None, sign: float = 1.0) -> None:
        """Begin (or with sign -1 end) to use the room of an attempt."""
        units = sign * attempt.demand
        for site in attempt.sites:
            self.sites[site] += units
        if tenant is not None and tenant in self._tenants:
            self._tenants[tenant] += len(attempt.sites) * units

    def overloaded(self, slot: int) -> list[int]:
        """Return the sites that draw more IT power than this slot allows: warm hours allow less than cool ones."""
        limit = self._whole[:, -1, slot] * (1 + TOLERANCE) + TOLERANCE
        over: list[int] = np.flatnonzero(self.sites[:, -1] > limit).tolist()
        return over


class EnergyMeter:
    """Energy that quotas have seen so far, base load included.

    Args:
        quotas: of the sites.
        catalogue: the sites.
        horizon: the span.
        pue: [S, T] marginal PUE.
    """

    def __init__(
        self, quotas: tuple[EnergyQuota, ...], catalogue: Catalogue, horizon: Horizon, pue: Floats
    ) -> None:
        self._horizon, self._pue = horizon, pue
        self._rows = [
            (quota, catalogue.site_ids.index(quota.site), catalogue.site(quota.site).base_kw)
            for quota in quotas
        ]
        self.used_kwh = [0.0] * len(quotas)

    def read(self, slot: int, sites: Floats) -> None:
        """Count one slot of what runs; sites [S, R] are units in use."""
        now = self._horizon.instant(slot)
        for number, (quota, site, base_kw) in enumerate(self._rows):
            if quota.start <= now < quota.end:
                facility_kw = base_kw + self._pue[site, slot] * sites[site, -1]
                self.used_kwh[number] += facility_kw * self._horizon.hours_per_slot
