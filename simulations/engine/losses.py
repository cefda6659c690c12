"""Losses: which sites and links are out of use in which slot."""

from __future__ import annotations

import math

from simulations.engine.hauls import Hauls
from simulations.engine.replay import LossKind, Replay
from topology import Network

Lost = frozenset[str]


class Losses:
    """The outages of a replay, slot by slot, and the networks they leave.

    Args:
        replay: whose outages.
        routes: link numbers -> route number, of the whole run.
    """

    def __init__(self, replay: Replay, routes: dict[tuple[int, ...], int]) -> None:
        horizon = replay.horizon
        self._replay, self._routes = replay, routes
        self._network = Network(replay.catalogue)
        self._hauls: dict[tuple[Lost, Lost], Hauls] = {}
        self._spans: list[tuple[LossKind, str, int, int]] = []
        for outage in replay.outages:
            first = (outage.start - horizon.start) / horizon.slot_length
            last = (outage.end - horizon.start) / horizon.slot_length
            self._spans.append((outage.kind, outage.id, math.floor(first + 1e-9), math.ceil(last - 1e-9)))

    @property
    def spans(self) -> tuple[tuple[str, str, int, int], ...]:
        """Every outage as (kind, id, first slot, slot of return)."""
        return tuple((kind.value, name, first, last) for kind, name, first, last in self._spans)

    def at(self, slot: int) -> tuple[Lost, Lost]:
        """Return the sites and the links that are out of use."""
        lost = [(kind, name) for kind, name, first, last in self._spans if first <= slot < last]
        return (
            frozenset(name for kind, name in lost if kind is LossKind.SITE),
            frozenset(name for kind, name in lost if kind is LossKind.LINK),
        )

    def hauls(self, lost: tuple[Lost, Lost]) -> Hauls:
        """Return the routes that are left."""
        if lost not in self._hauls:
            network = self._network.without(*lost) if any(lost) else self._network
            self._hauls[lost] = Hauls(network, self._replay.horizon.hours_per_slot, self._routes)
        return self._hauls[lost]

    def links_without(self, lost: tuple[Lost, Lost]) -> frozenset[int]:
        """Return the numbers of the links that are lost, alone or with a site at their end."""
        sites, links = lost
        return frozenset(
            number
            for number, link in enumerate(self._replay.catalogue.links)
            if link.id in links or link.a in sites or link.b in sites
        )
