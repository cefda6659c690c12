"""Reach: how data gets from the places jobs name to the sites, and from the sites to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scheduler.arrays import Floats, Ints
from topology import Network, NoRoute, Route

FLOW_GBPS = 10.0  # the rate of one transfer where no link of its route is narrower


class Way(StrEnum):
    """Which way data flows."""

    TO_SITE = "to_site"
    FROM_SITE = "from_site"


Ends = tuple[str, Way]
NOWHERE = 0  # the row of jobs that move nothing: no price, no links


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reach:
    """Routes between places and sites along the least latency; one row per (place, way), row 0 is nowhere.

    Attributes:
        rows: (place, way) -> row.
        price_cny_per_gb: [P, S]; 0 where data is there already, inf where there is no route.
        rate_gbps: [P, S] of one transfer; inf where data is there already, 0 where there is no route.
        route_pointer: [P * S + 1] links of cell k = p * S + s are route_link[pointer[k] : pointer[k + 1]].
        route_link: link numbers, in catalogue order.
    """

    rows: dict[Ends, int]
    price_cny_per_gb: Floats
    rate_gbps: Floats
    route_pointer: Ints
    route_link: Ints

    def links(self, row: int, site: int) -> tuple[int, ...]:
        """Return the link numbers between a row's place and a site."""
        cell = row * self.price_cny_per_gb.shape[1] + site
        return tuple(
            int(link) for link in self.route_link[self.route_pointer[cell] : self.route_pointer[cell + 1]]
        )


def measure_reach(network: Network, wanted: Iterable[Ends]) -> Reach:
    """Return the routes of every wanted (place, way) to or from every site."""
    site_ids = network.catalogue.site_ids
    ends = sorted(set(wanted))
    numbers = {link.id: number for number, link in enumerate(network.catalogue.links)}
    price = np.zeros((len(ends) + 1, len(site_ids)))
    rate = np.full_like(price, np.inf)
    links: list[int] = []
    pointer = [0] * (len(site_ids) + 1)
    for row, (place, way) in enumerate(ends, start=1):
        for column, site_id in enumerate(site_ids):
            route = _route(network, place, site_id, way)
            if route is None:
                price[row, column], rate[row, column] = np.inf, 0.0
            elif route.links:
                price[row, column] = route.price_cny_per_gb
                rate[row, column] = min(FLOW_GBPS, route.bottleneck_gbps)
                links.extend(numbers[link] for link in route.links)
            pointer.append(len(links))
    return Reach(
        rows={key: row for row, key in enumerate(ends, start=1)},
        price_cny_per_gb=price,
        rate_gbps=rate,
        route_pointer=np.array(pointer, dtype=np.int64),
        route_link=np.array(links, dtype=np.int64),
    )


def _route(network: Network, place: str, site_id: str, way: Way) -> Route | None:
    try:
        return network.route(place, site_id) if way is Way.TO_SITE else network.route(site_id, place)
    except NoRoute:
        return None


def transfer_slots(size_gb: Floats | float, rate_gbps: Floats | float, hours_per_slot: float) -> Ints:
    """Return the whole slots a transfer takes; 0 at an infinite rate, the largest integer at none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slots = np.ceil(np.asarray(size_gb * 8 / np.asarray(rate_gbps) / 3600 / hours_per_slot) - 1e-9)
    bounded: Ints = np.minimum(np.nan_to_num(slots, nan=0.0, posinf=2.0**31), 2.0**31).astype(np.int64)
    return bounded
