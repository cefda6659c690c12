"""Reach: how data gets from the places jobs name to the sites, and from the sites to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from weakref import WeakKeyDictionary

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


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Row:
    """The routes of one (place, way): price and rate [S], links of each site one after the other, and their counts."""

    price_cny_per_gb: Floats
    rate_gbps: Floats
    links: Ints
    counts: Ints


# A network never changes, and the same places are asked for in every planning cycle.
_known: WeakKeyDictionary[Network, dict[Ends, _Row]] = WeakKeyDictionary()


def measure_reach(network: Network, wanted: Iterable[Ends]) -> Reach:
    """Return the routes of every wanted (place, way) to or from every site."""
    sites = len(network.catalogue.site_ids)
    ends = sorted(set(wanted))
    known = _known.setdefault(network, {})
    for each in ends:
        if each not in known:
            known[each] = _measure_row(network, *each)
    nowhere = _Row(
        price_cny_per_gb=np.zeros(sites),
        rate_gbps=np.full(sites, np.inf),
        links=np.zeros(0, dtype=np.int64),
        counts=np.zeros(sites, dtype=np.int64),
    )
    rows = [nowhere, *(known[each] for each in ends)]
    return Reach(
        rows={key: row for row, key in enumerate(ends, start=1)},
        price_cny_per_gb=np.stack([row.price_cny_per_gb for row in rows]),
        rate_gbps=np.stack([row.rate_gbps for row in rows]),
        route_pointer=np.concatenate([[0], np.cumsum([row.counts for row in rows])]).astype(np.int64),
        route_link=np.concatenate([row.links for row in rows]),
    )


def known_ends(network: Network) -> frozenset[Ends]:
    """Return every (place, way) whose routes have been measured in a network."""
    return frozenset(_known.get(network, ()))


def _measure_row(network: Network, place: str, way: Way) -> _Row:
    site_ids = network.catalogue.site_ids
    numbers = {link.id: number for number, link in enumerate(network.catalogue.links)}
    price, rate = np.zeros(len(site_ids)), np.full(len(site_ids), np.inf)
    counts = np.zeros(len(site_ids), dtype=np.int64)
    links: list[int] = []
    for column, site_id in enumerate(site_ids):
        route = _route(network, place, site_id, way)
        if route is None:
            price[column], rate[column] = np.inf, 0.0
        elif route.links:
            price[column] = route.price_cny_per_gb
            rate[column] = min(FLOW_GBPS, route.bottleneck_gbps)
            counts[column] = len(route.links)
            links.extend(numbers[link] for link in route.links)
    return _Row(price_cny_per_gb=price, rate_gbps=rate, links=np.array(links, dtype=np.int64), counts=counts)


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
