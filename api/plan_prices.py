"""PlanPrices: the shadow prices of one stored plan as arrays, read once and asked for any stretch of time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from api.store import Plan
from scheduler.shadow_prices import LINK_RESOURCE
from topology import Catalogue, Horizon

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlanPrices:
    """What one more unit of each full resource would save [CNY per unit and hour]; T slots of the plan's own.

    Attributes:
        begin: first instant.
        slot: length of a slot.
        sites: [S, R, T].
        links: [L, T], per Gbit/s.
    """

    begin: datetime
    slot: timedelta
    sites: Floats
    links: Floats

    def on(self, horizon: Horizon) -> tuple[Floats, Floats]:
        """Return the prices of sites [S, R, T] and links [L, T] in the slots of a horizon; 0 where none is known."""
        ahead, length = (horizon.start - self.begin) / self.slot, horizon.slot_length / self.slot
        column = np.floor(
            ahead + (np.arange(horizon.slots) + 0.5) * length
        )  # where the middle of each slot lies
        known = (column >= 0) & (column < self.sites.shape[2])
        column = np.where(known, column, 0).astype(np.int64)
        return self.sites[:, :, column] * known, self.links[:, column] * known


def read_plan_prices(plan: Plan, catalogue: Catalogue, resources: Sequence[str]) -> PlanPrices:
    """Return the prices a stored plan proved, sites and links in catalogue order."""
    document = json.loads(plan.document)
    horizon, prices = document["horizon"], document["shadow_prices"]
    site_row = {site: row for row, site in enumerate(catalogue.site_ids)}
    link_row = {link.id: row for row, link in enumerate(catalogue.links)}
    column = {name: index for index, name in enumerate(resources)}
    sites = np.zeros((len(site_row), len(column), horizon["slots"]))
    links = np.zeros((len(link_row), horizon["slots"]))
    for each in prices:
        name, resource, slot, cny = each["site"], each["resource"], each["slot"], each["cny_per_unit_hour"]
        if resource == LINK_RESOURCE and name in link_row:
            links[link_row[name], slot] = cny
        elif name in site_row and resource in column:
            sites[site_row[name], column[resource], slot] = cny
    return PlanPrices(
        begin=datetime.fromisoformat(horizon["start"]),
        slot=timedelta(minutes=horizon["slot_minutes"]),
        sites=sites,
        links=links,
    )
