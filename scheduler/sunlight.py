"""Sunlight: the IT power that the panels of the sites carry beside base load and running work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing import pv_kw
from scheduler.arrays import Floats
from scheduler.quantity import STRICT
from scheduler.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class PvSaving:
    """What a plan saves by the sites' own sun, against all its power from the grid; unweighted.

    Attributes:
        energy_cny: electricity not bought.
        carbon_cny: emissions not paid for.
        carbon_kg: emissions avoided.
        energy_kwh: facility energy from the panels.
    """

    __pydantic_config__ = STRICT

    energy_cny: float = 0.0
    carbon_cny: float = 0.0
    carbon_kg: float = 0.0
    energy_kwh: float = 0.0


def sun_it_kw(world: World) -> Floats:
    """Return [S, T]: IT power carried by the sun [kW]; 0 everywhere unless the world uses it."""
    sites, horizon = world.catalogue.sites, world.horizon
    left = np.zeros((len(sites), horizon.slots))
    if not world.pv:
        return left
    for row, site in enumerate(sites):
        pue = world.prices.pue_marginal[world.prices.row(site.id)]
        left[row] = (pv_kw(site, horizon) - site.base_kw) / pue
        for held in world.reserved:
            if held.site == site.id:
                left[row, held.start_slot : held.end_slot] -= held.it_kw
    if world.held is not None:
        left -= world.held.sites[:, -1]
    return np.maximum(left, 0.0)
