"""Shadow prices: what one more unit of a full resource would save, as the proof of the bound prices it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scheduler.case import Case
from scheduler.plan import ShadowPrice

if TYPE_CHECKING:
    from scheduler.optimizer import Prices

BINDING_CNY = 1e-9
LINK_RESOURCE = "gbps"


def shadow_prices(case: Case, prices: Prices) -> tuple[ShadowPrice, ...]:
    """Return the price of every binding capacity, by site, slot and resource; then of links.

    A link's price stands under the link's id, for the resource "gbps".
    """
    hours = case.world.horizon.hours_per_slot
    by_slot = np.swapaxes(prices.site, 1, 2)
    found = [
        ShadowPrice(
            site=case.world.catalogue.sites[site].id,
            slot=slot,
            resource=case.free.resources[resource],
            cny_per_unit_hour=float(by_slot[site, slot, resource]) / hours,
        )
        for site, slot, resource in np.argwhere(by_slot > BINDING_CNY).tolist()
    ]
    found.extend(
        ShadowPrice(
            site=case.world.catalogue.links[link].id,
            slot=slot,
            resource=LINK_RESOURCE,
            cny_per_unit_hour=float(prices.link[link, slot]) / hours,
        )
        for link, slot in np.argwhere(prices.link > BINDING_CNY).tolist()
    )
    return tuple(found)
