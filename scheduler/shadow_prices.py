"""Shadow prices: what one more unit of a full resource would save, as the proof of the bound prices it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scheduler.case import Case
from scheduler.plan import Plan, ShadowPrice

if TYPE_CHECKING:
    from scheduler.optimizer import Prices, Problem

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


def earlier_prices(case: Case, plan: Plan, problem: Problem) -> Prices | None:
    """Return the prices an earlier plan proved, on the slots of a case; None where it proved none.

    Prices of quotas are not in a plan, nor is what supplies cost: they start anew.
    """
    from scheduler.optimizer import Prices  # noqa: PLC0415  (loads compiled code)

    horizon, catalogue = case.world.horizon, case.world.catalogue
    if not plan.shadow_prices or problem.supply_resource >= 0:
        return None
    if plan.horizon.slot_minutes != horizon.slot_minutes:
        return None
    shift = horizon.slot_at(plan.horizon.start)
    rows = {name: row for row, name in enumerate(catalogue.site_ids)}
    links = {link.id: row for row, link in enumerate(catalogue.links)}
    columns = {name: column for column, name in enumerate(case.free.resources)}
    site, link = np.zeros(problem.capacity.shape), np.zeros(problem.link_capacity.shape)
    for each in plan.shadow_prices:
        slot, cny = each.slot + shift, each.cny_per_unit_hour * horizon.hours_per_slot
        if not 0 <= slot < horizon.slots:
            continue
        if each.resource == LINK_RESOURCE and each.site in links:
            link[links[each.site], slot] = cny
        elif each.site in rows and each.resource in columns:
            site[rows[each.site], columns[each.resource], slot] = cny
    return Prices(
        site=site,
        link=link,
        group=np.zeros((len(problem.group_capacity), *problem.capacity.shape[1:])),
        quota=np.zeros(len(problem.quota_site)),
        supply=np.zeros((0, 0)),
    )
