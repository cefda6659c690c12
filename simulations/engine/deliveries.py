"""Deliveries: the data of finished runs on its way to where it must go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from simulations.engine.attempt import Attempt, Haul, Ticket
from simulations.engine.hauls import Hauls
from simulations.engine.holding import Holding
from simulations.outcome.ledger import Ledger
from topology import NoRoute

_Wish = tuple[int, int, str, float]  # row of the job, site, place, GB


@dataclass(frozen=True, slots=True, eq=False)
class _Delivery:
    """One dataset under way; `entry` is its row in the ledger."""

    row: int
    site: int
    place: str
    haul: Haul
    start: int
    entry: int


class Deliveries:
    """Outputs. Each starts as soon as its links are free; one whose route is lost starts anew on another.

    Args:
        holding: whose links they take.
        ledger: where they are written down.
        slots: of the span.
        tracked: whether links may be lost, so that what is under way must be remembered.
    """

    def __init__(self, holding: Holding, ledger: Ledger, slots: int, *, tracked: bool) -> None:
        self._holding, self._ledger, self._slots, self._tracked = holding, ledger, slots, tracked
        self._under_way: list[_Delivery] = []
        self._stranded: list[_Wish] = []

    @property
    def stranded(self) -> int:
        """How many datasets have found no way."""
        return len(self._stranded)

    def send(self, ticket: Ticket, attempt: Attempt, slot: int, hauls: Hauls) -> None:
        """Send the outputs of a run that has ended."""
        for site in attempt.sites:
            for output in ticket.job.outputs:
                if output.size_gb > 0:
                    self._send((ticket.row, site, output.to, output.size_gb), slot, hauls)

    def reroute(self, slot: int, lost: Collection[int], hauls: Hauls) -> None:
        """Break off what moves over lost links, and send it and what was stranded anew."""
        kept, anew = [], self._stranded
        self._stranded = []
        for each in self._under_way:
            end = each.start + each.haul.slots
            if end <= slot:
                continue
            if not any(link in lost for link in each.haul.links):
                kept.append(each)
                continue
            self._holding.haul(each.haul, max(each.start, slot), end, -1.0)
            self._ledger.cut_transfer(each.entry, slot)
            anew.append((each.row, each.site, each.place, each.haul.size_gb))
        self._under_way = kept
        for wish in anew:
            self._send(wish, slot, hauls)

    def _send(self, wish: _Wish, slot: int, hauls: Hauls) -> None:
        row, site, place, size_gb = wish
        try:
            found = hauls.outgoing([(place, size_gb)], (site,))
        except NoRoute:
            self._stranded.append(wish)
            return
        for haul in found:
            start = slot
            while start < self._slots and not self._holding.has_links(haul, start):
                start += 1
            if start >= self._slots:
                self._stranded.append(wish)
                continue
            self._holding.haul(haul, start, start + haul.slots)
            entry = self._ledger.add_transfer(row, haul, start, incoming=False)
            if self._tracked:
                self._under_way.append(_Delivery(row, site, place, haul, start, entry))
