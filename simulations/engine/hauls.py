"""Hauls: which way the data of a placement goes, and how far its site is from whom it serves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from scheduler.reach import FLOW_GBPS
from simulations.engine.attempt import Haul
from topology import Network, NoRoute

NOWHERE = -1


class Dataset(Protocol):
    """What is moved."""

    @property
    def size_gb(self) -> float:
        """How much [GB]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Way:
    """A route; `number` is NOWHERE where data is there already."""

    number: int
    links: tuple[int, ...]
    gbps: float
    cny_per_gb: float


class Hauls:
    """The routes of one network, found when first asked for; all networks of a run share the numbers.

    Args:
        network: what is in use.
        hours_per_slot: length of a slot [h].
        routes: link numbers -> number of the route, for the whole run.
    """

    def __init__(self, network: Network, hours_per_slot: float, routes: dict[tuple[int, ...], int]) -> None:
        self.network = network
        self._hours, self._routes = hours_per_slot, routes
        self._sites = network.catalogue.site_ids
        self._links = {link.id: number for number, link in enumerate(network.catalogue.links)}
        self._ways: dict[tuple[str, str], _Way | None] = {}
        self._rtt_ms: dict[str, list[float]] = {}

    def rtt_ms(self, origin: str, sites: Sequence[int]) -> float:
        """Return the longest round trip between an origin and sites [ms]."""
        if origin not in self._rtt_ms:
            self._rtt_ms[origin] = self.network.rtt_matrix_ms([origin], self._sites)[0].tolist()
        rtt_ms = self._rtt_ms[origin]
        return rtt_ms[sites[0]] if len(sites) == 1 else max(rtt_ms[site] for site in sites)

    def incoming(self, datasets: Sequence[tuple[str, float]], sites: Sequence[int]) -> tuple[Haul, ...]:
        """Return how (place, GB) get to sites; what is there already is left out.

        Raises:
            NoRoute: nothing joins a place with a site.
        """
        ids = self._sites
        if len(sites) == 1:
            site = ids[sites[0]]
            return self._to_one([(size, self._way(place, site)) for place, size in datasets])
        return self._hauls(
            [(size, [self._way(place, ids[site]) for site in sites]) for place, size in datasets]
        )

    def outgoing(self, datasets: Sequence[tuple[str, float]], sites: Sequence[int]) -> tuple[Haul, ...]:
        """Return how (place, GB) get from sites to their places.

        Raises:
            NoRoute: nothing joins a site with a place.
        """
        ids = self._sites
        if len(sites) == 1:
            site = ids[sites[0]]
            return self._to_one([(size, self._way(site, place)) for place, size in datasets])
        return self._hauls(
            [(size, [self._way(ids[site], place) for site in sites]) for place, size in datasets]
        )

    def _to_one(self, moves: list[tuple[float, _Way]]) -> tuple[Haul, ...]:
        """Return the hauls of one replica, as nearly all jobs have it."""
        return tuple(
            [
                Haul(
                    way.number, way.links, gbps, self._slots(size_gb, gbps), size_gb, way.cny_per_gb, position
                )
                for position, (size_gb, way) in enumerate(moves)
                if way.number != NOWHERE and size_gb > 0
                for gbps in (min(FLOW_GBPS, way.gbps),)
            ]
        )

    def _hauls(self, moves: list[tuple[float, list[_Way]]]) -> tuple[Haul, ...]:
        found: list[Haul] = []
        for position, (size_gb, ways) in enumerate(moves):
            # A dataset flows to all replicas at one rate: that of the slowest of their routes.
            gbps = min(FLOW_GBPS, *(way.gbps for way in ways))
            slots = self._slots(size_gb, gbps)
            found.extend(
                Haul(way.number, way.links, gbps, slots, size_gb, way.cny_per_gb, position)
                for way in ways
                if way.number != NOWHERE and size_gb > 0
            )
        return tuple(found)

    def _slots(self, size_gb: float, gbps: float) -> int:
        return math.ceil(size_gb * 8 / gbps / 3600 / self._hours - 1e-9)

    def _way(self, start: str, end: str) -> _Way:
        key = (start, end)
        if key not in self._ways:
            self._ways[key] = self._find(start, end)
        way = self._ways[key]
        if way is None:
            raise NoRoute(f"no route from {start!r} to {end!r}")
        return way

    def _find(self, start: str, end: str) -> _Way | None:
        try:
            route = self.network.route(start, end)
        except NoRoute:
            return None
        links = tuple(self._links[link] for link in route.links)
        number = self._routes.setdefault(links, len(self._routes)) if links else NOWHERE
        return _Way(number=number, links=links, gbps=route.bottleneck_gbps, cny_per_gb=route.price_cny_per_gb)
