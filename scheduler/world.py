"""World: everything a decision may see."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pricing import PriceBook
from scheduler.arrays import Floats
from scheduler.energy_quota import EnergyQuota
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
        tenant: whose quota it counts against, or None.
    """

    site: str
    start_slot: int
    end_slot: int
    resources: Resources
    it_kw: float = 0.0
    tenant: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start_slot < self.end_slot:
            raise WorldError(
                f"reservation at {self.site}: slots {self.start_slot} to {self.end_slot} are no interval"
            )
        held = (self.it_kw, *(self.resources.get(name) for name in self.resources.names))
        if not all(math.isfinite(amount) and amount >= 0 for amount in held):
            raise WorldError(f"reservation at {self.site}: amounts must be finite and 0 or more")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Held:
    """Room that is taken, summed up: the same as many reservations, and the links that planned transfers hold.

    Attributes:
        sites: [S, R, T] units held, in the order of `resource_names`.
        links: [L, T] Gbit/s held.
        tenants: tenant -> [R, T] units of its quota held.
    """

    sites: Floats
    links: Floats
    tenants: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, amounts in (("sites", self.sites), ("links", self.links), *self.tenants.items()):
            if not np.isfinite(amounts).all():
                raise WorldError(f"room held, {what}: amounts must be finite")


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """A snapshot: places, prices and what is already taken.

    Attributes:
        catalogue: the sites, cities, links and machines.
        network: their graph; sites and links it has lost are out of use.
        prices: price, carbon and PUE of every site and slot; they carry the horizon.
        reserved: room that is taken.
        held: more room that is taken, summed up, or None.
        quotas: tenant -> resource -> units it may hold at any instant over all sites; what is not named is free.
        energy_quotas: energy that sites may use in periods.
        pv: whether sites use their own sun before the grid.

    Raises:
        WorldError: a site without prices, a reservation or quota at a site that does not exist, or an amount
            that is no number.
    """

    catalogue: Catalogue
    network: Network
    prices: PriceBook
    reserved: tuple[Reservation, ...] = ()
    held: Held | None = None
    quotas: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    energy_quotas: tuple[EnergyQuota, ...] = ()
    pv: bool = False

    def __post_init__(self) -> None:
        unpriced = sorted(set(self.catalogue.site_ids) - set(self.prices.site_ids))
        if unpriced:
            raise WorldError(
                f"site {unpriced[0]} has no prices; build the price book from the same catalogue"
            )
        self._check_held()
        known = set(self.catalogue.site_ids)
        for what, parts in (("reservation", self.reserved), ("energy quota", self.energy_quotas)):
            strangers = {part.site for part in parts} - known
            if strangers:
                raise WorldError(f"{what} at {min(strangers)}: the catalogue has no such site")
        models = {model.id for model in self.catalogue.accelerators}
        for tenant, quota in self.quotas.items():
            for resource, units in quota.items():
                if resource not in {"cpu_cores", "memory_gib", "it_kw", *models}:
                    raise WorldError(
                        f"quota of {tenant}: {resource} is no resource; name cpu_cores, memory_gib, it_kw or a model"
                    )
                if not math.isfinite(units) or units < 0:
                    raise WorldError(f"quota of {tenant}: {resource} = {units}: must be a number, 0 or more")

    def _check_held(self) -> None:
        if self.held is None:
            return
        for what, amounts, rows in (
            ("sites", self.held.sites, len(self.catalogue.sites)),
            ("links", self.held.links, len(self.catalogue.links)),
        ):
            if amounts.shape[0] != rows or amounts.shape[-1] != self.horizon.slots:
                raise WorldError(
                    f"room held, {what}: shape {amounts.shape} must have {rows} rows and {self.horizon.slots} slots"
                )

    @property
    def horizon(self) -> Horizon:
        """The time that is planned."""
        return self.prices.horizon
