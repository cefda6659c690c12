"""World: everything a decision may see."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pricing import PriceBook
from scheduler.errors import WorldError
from topology import Catalogue, Horizon, Network, Resources


@dataclass(frozen=True, kw_only=True, slots=True)
class Reservation:
    """Room at a site that is taken: held back, or by work that is running.

    Attributes:
        site: site id.
        start_slot: first slot, 0 or more.
        end_slot: exclusive end; slots beyond the horizon do not count.
        resources: what is held.
        it_kw: IT power drawn [kW].
    """

    site: str
    start_slot: int
    end_slot: int
    resources: Resources
    it_kw: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.start_slot < self.end_slot:
            raise WorldError(
                f"reservation at {self.site}: slots {self.start_slot} to {self.end_slot} are no interval"
            )
        held = (self.it_kw, *(self.resources.get(name) for name in self.resources.names))
        if not all(math.isfinite(amount) and amount >= 0 for amount in held):
            raise WorldError(f"reservation at {self.site}: amounts must be finite and 0 or more")


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """A snapshot: places, prices and what is already taken.

    Attributes:
        catalogue: the sites, cities, links and machines.
        network: their graph; sites and links it has lost are out of use.
        prices: price, carbon and PUE of every site and slot; they carry the horizon.
        reserved: room that is taken.

    Raises:
        WorldError: a site without prices, or a reservation at a site that does not exist.
    """

    catalogue: Catalogue
    network: Network
    prices: PriceBook
    reserved: tuple[Reservation, ...] = ()

    def __post_init__(self) -> None:
        unpriced = sorted(set(self.catalogue.site_ids) - set(self.prices.site_ids))
        if unpriced:
            raise WorldError(
                f"site {unpriced[0]} has no prices; build the price book from the same catalogue"
            )
        strangers = {reservation.site for reservation in self.reserved} - set(self.catalogue.site_ids)
        if strangers:
            raise WorldError(f"reservation at {min(strangers)}: the catalogue has no such site")

    @property
    def horizon(self) -> Horizon:
        """The time that is planned."""
        return self.prices.horizon
