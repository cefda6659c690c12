"""Room: what every site and link can still take, slot by slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np

from pricing import it_limit_kw
from scheduler.arrays import Floats
from scheduler.energy_quota import QuotaRows, quota_rows
from scheduler.world import Held, World
from topology import Catalogue

IT_POWER = "it_kw"
UNLIMITED = 1e15  # units: more than any network holds
TOLERANCE = 1e-9  # relative; float sums may miss a full capacity by rounding


def resource_names(catalogue: Catalogue) -> tuple[str, ...]:
    """Return the resources of a catalogue, in their order: cores, memory, accelerator models, IT power."""
    models = sorted({model for site in catalogue.sites for model in site.capacity.accelerators})
    return ("cpu_cores", "memory_gib", *models, IT_POWER)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Room:
    """Units left.

    Attributes:
        resources: names, in the order of axis 1.
        sites: [S, R, T] units left.
        links: [L, T] Gbit/s left.
        tenants: tenant -> [R, T] units left of its quota.
        energy: energy quotas of the sites.
        energy_kwh: [Q] kWh left of each.
    """

    resources: tuple[str, ...]
    sites: Floats
    links: Floats
    tenants: Mapping[str, Floats] = field(default_factory=dict)
    energy: QuotaRows = field(default_factory=QuotaRows)
    energy_kwh: Floats = field(default_factory=lambda: np.zeros(0))

    def take(
        self, site: int, demand: Floats, start_slot: int, end_slot: int, tenant: str | None = None
    ) -> None:
        """Take a demand [R] at a site over slots [start, end), from its quotas too."""
        self.sites[site, :, start_slot:end_slot] -= demand[:, np.newaxis]
        if tenant is not None and tenant in self.tenants:
            self.tenants[tenant][:, start_slot:end_slot] -= demand[:, np.newaxis]
        for row in np.flatnonzero(self.energy.site == site).tolist():
            self.energy_kwh[row] -= demand[-1] * self.energy.weight[row, start_slot:end_slot].sum()

    def take_held(self, held: Held) -> None:
        """Take room that is held as a sum, from quotas too."""
        self.sites[:] -= held.sites
        self.links[:] -= held.links
        for tenant, units in held.tenants.items():
            if tenant in self.tenants:
                self.tenants[tenant][:] -= units
        if len(self.energy.site):
            self.energy_kwh[:] -= (self.energy.weight * held.sites[self.energy.site, -1]).sum(axis=1)

    def take_links(self, links: Sequence[int], gbps: float, start_slot: int, end_slot: int) -> None:
        """Take a rate on links over slots [start, end); what lies outside the horizon is not counted."""
        for link in links:
            self.links[link, max(start_slot, 0) : max(end_slot, 0)] -= gbps


def empty_room(world: World) -> Room:
    """Return the room of sites and links that run nothing: all their capacity, none where one is lost."""
    catalogue, network, horizon = world.catalogue, world.network, world.horizon
    names = resource_names(catalogue)
    sites = np.zeros((len(catalogue.sites), len(names), horizon.slots))
    for row, site in enumerate(catalogue.sites):
        if site.id in network.lost_sites:
            continue
        for column, name in enumerate(names[:-1]):
            sites[row, column] = site.capacity.get(name)
        sites[row, -1] = it_limit_kw(site, world.prices.pue_marginal[world.prices.row(site.id)])
    links = np.zeros((len(catalogue.links), horizon.slots))
    for row, link in enumerate(catalogue.links):
        links[row] = 0.0 if link.id in network.lost_links else link.capacity_gbps
    energy = quota_rows(world)
    return Room(
        resources=names,
        sites=sites,
        links=links,
        tenants={tenant: _quota(units, names, horizon.slots) for tenant, units in world.quotas.items()},
        energy=energy,
        energy_kwh=energy.limit.copy(),
    )


def _quota(units: Mapping[str, float], names: Sequence[str], slots: int) -> Floats:
    """Return [R, T]: what a quota leaves at any instant; a resource it does not name is unlimited."""
    return np.repeat(np.array([[units.get(name, UNLIMITED)] for name in names]), slots, axis=1)


def free_room(world: World, whole: Room | None = None) -> Room:
    """Return the room that is left beside the reservations; nowhere below 0.

    Args:
        world: whose.
        whole: the room of its empty sites, where it is known; it stays as it is.
    """
    room = empty_room(world) if whole is None else deepcopy(whole)
    rows = {site_id: row for row, site_id in enumerate(world.catalogue.site_ids)}
    for held in world.reserved:
        demand = np.array([*(held.resources.get(name) for name in room.resources[:-1]), held.it_kw])
        room.take(rows[held.site], demand, held.start_slot, held.end_slot, held.tenant)
    if world.held is not None:
        room.take_held(world.held)
    for left in (room.sites, room.links, room.energy_kwh, *room.tenants.values()):
        np.maximum(left, 0.0, out=left)
    return room
