"""Scarcity: what room is worth to the jobs of a plan, by its shadow prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Floats
from scheduler.plan import Plan
from scheduler.room import Room
from scheduler.shadow_prices import LINK_RESOURCE
from scheduler.world import World


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scarcity:
    """Shadow prices summed over the slots before, so that a run of any length is priced by one difference.

    Attributes:
        sites: [S, R, T + 1] CNY per unit.
        links: [L, T + 1] CNY per Gbit/s.
    """

    sites: Floats
    links: Floats


def scarcity_of(plan: Plan, world: World, room: Room) -> Scarcity:
    """Return the scarcity that a plan of the same horizon proves; nothing is scarce in a baseline's plan."""
    horizon, catalogue = world.horizon, world.catalogue
    site_row = {site: row for row, site in enumerate(catalogue.site_ids)}
    link_row = {link.id: row for row, link in enumerate(catalogue.links)}
    column = {name: index for index, name in enumerate(room.resources)}
    sites, links = np.zeros(room.sites.shape), np.zeros(room.links.shape)
    for each in plan.shadow_prices:
        cny = each.cny_per_unit_hour * horizon.hours_per_slot
        if each.resource == LINK_RESOURCE and each.site in link_row:
            links[link_row[each.site], each.slot] = cny
        elif each.site in site_row and each.resource in column:
            sites[site_row[each.site], column[each.resource], each.slot] = cny
    return Scarcity(sites=_summed(sites), links=_summed(links))


def _summed(prices: Floats) -> Floats:
    return np.concatenate([np.zeros((*prices.shape[:-1], 1)), np.cumsum(prices, axis=-1)], axis=-1)
