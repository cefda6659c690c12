"""Holding: the room that running and planned work takes over the whole span, as the planner estimates it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from simulations.engine.attempt import Attempt, Haul

Floats = npt.NDArray[np.float64]
TOLERANCE = 1e-9


class Holding:
    """Units held.

    Args:
        whole: [S, R, T] room of empty sites.
        links: [L] capacities [Gbit/s].
        tenants: tenants with quotas.

    Attributes:
        sites: [S, R, T] units.
        links: [L, T] Gbit/s.
        tenants: tenant -> [R, T] units.
    """

    def __init__(self, *, whole: Floats, links: Floats, tenants: Iterable[str]) -> None:
        self.sites: Floats = np.zeros(whole.shape)
        self.links: Floats = np.zeros((len(links), whole.shape[2]))
        self.tenants: dict[str, Floats] = {tenant: np.zeros(whole.shape[1:]) for tenant in tenants}
        self._link_capacity = links

    def hold(self, attempt: Attempt, tenant: str | None, start: int, end: int, sign: float = 1.0) -> None:
        """Hold (or with sign -1 give back) the room of an attempt at its sites over slots [start, end)."""
        if end <= start:
            return
        units = (sign * attempt.demand)[:, np.newaxis]
        for site in attempt.sites:
            self.sites[site, :, start:end] += units
        if tenant is not None and tenant in self.tenants:
            self.tenants[tenant][:, start:end] += len(attempt.sites) * units

    def haul(self, haul: Haul, start: int, end: int, sign: float = 1.0) -> None:
        """Hold (or give back) the links of a dataset over slots [start, end)."""
        for link in haul.links:
            self.links[link, max(start, 0) : max(end, 0)] += sign * haul.rate_gbps

    def has_links(self, haul: Haul, start: int) -> bool:
        """Whether the links of a dataset are free from a slot on, as long as it takes."""
        for link in haul.links:
            held = self.links[link, start : start + haul.slots]
            room = self._link_capacity[link] * (1 + TOLERANCE) + TOLERANCE
            if held.size and float(held.max()) + haul.rate_gbps > room:
                return False
        return True
