"""The catalogue and the prices of a scenario: what the changes make of the world as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pricing import PriceBook, build_price_book
from simulations.scenario.change import CapacityChange, CarbonChange, PriceChange
from simulations.scenario.region import select_sites
from simulations.scenario.scenario import Scenario
from simulations.scenario.workload import within_hours
from topology import Catalogue, Horizon, Resources, Site

Floats = NDArray[np.float64]


def change_catalogue(catalogue: Catalogue, scenario: Scenario) -> Catalogue:
    """A catalogue with the scenario's capacity, cooling and link prices; places keep their order."""
    sites = {site.id: site for site in catalogue.sites}
    for change in scenario.capacity:
        for site in select_sites(catalogue, change.where):
            sites[site.id] = _resized(sites[site.id], change)
    for cooling in scenario.cooling:
        if cooling.cooling is not None:
            for site in select_sites(catalogue, cooling.where):
                sites[site.id] = replace(sites[site.id], cooling=cooling.cooling)
    scale = scenario.network.price_scale
    links = tuple(replace(link, price_cny_per_gb=link.price_cny_per_gb * scale) for link in catalogue.links)
    return replace(catalogue, sites=tuple(sites.values()), links=links)


def build_prices(catalogue: Catalogue, horizon: Horizon, scenario: Scenario) -> PriceBook:
    """What power costs, emits and grows into under the scenario; `catalogue` is the changed one."""
    book = build_price_book(catalogue, horizon, carbon_cny_per_t=scenario.carbon.price_cny_per_t)
    power, parts = book.power_cny_per_kwh.copy(), book.power_parts_cny_per_kwh.copy()
    carbon, pue = book.carbon_g_per_kwh.copy(), book.pue_marginal.copy()
    instants = [horizon.instant(slot) for slot in range(horizon.slots)]

    def mask(change: PriceChange | CarbonChange) -> NDArray[np.bool_]:
        return np.array([within_hours(at, change.first_hour, change.last_hour) for at in instants])

    for change in scenario.prices:
        when = mask(change)
        if change.start is not None:
            when &= np.array([at >= change.start for at in instants])
        if change.end is not None:
            when &= np.array([at < change.end for at in instants])
        at = np.ix_(_rows(catalogue, change.where), when)
        power[at] = _priced(power[at], change)
    for carbon_change in scenario.carbon.changes:
        at = np.ix_(_rows(catalogue, carbon_change.where), mask(carbon_change))
        kept = carbon[at] * (1.0 if carbon_change.scale is None else carbon_change.scale)
        carbon[at] = kept if carbon_change.g_per_kwh is None else carbon_change.g_per_kwh
    for cooling in scenario.cooling:
        rows = _rows(catalogue, cooling.where)
        if cooling.pue is not None:
            pue[rows] = cooling.pue
        elif cooling.scale is not None:
            pue[rows] = 1.0 + (pue[rows] - 1.0) * cooling.scale
    parts[:, -1, :] += power - book.power_cny_per_kwh
    return replace(
        book,
        power_cny_per_kwh=power,
        power_parts_cny_per_kwh=parts,
        carbon_g_per_kwh=carbon,
        pue_marginal=pue,
    )


def _rows(catalogue: Catalogue, where: Sequence[str]) -> NDArray[np.bool_]:
    chosen = {site.id for site in select_sites(catalogue, where)}
    return np.array([site in chosen for site in catalogue.site_ids], dtype=bool)


def _priced(price: Floats, change: PriceChange) -> Floats:
    if change.cny_per_kwh is not None:
        return np.full_like(price, change.cny_per_kwh)
    scaled = price * (1.0 if change.scale is None else change.scale)
    return np.maximum(scaled + (change.add_cny_per_kwh or 0.0), 0.0)


def _resized(site: Site, change: CapacityChange) -> Site:
    capacity, scale = site.capacity, change.scale
    if scale is not None:
        capacity = capacity * scale
        site = replace(site, power_limit_kw=site.power_limit_kw * scale, base_kw=site.base_kw * scale)
    if change.accelerators:
        held = {**capacity.accelerators, **change.accelerators}
        capacity = Resources(cpu_cores=capacity.cpu_cores, memory_gib=capacity.memory_gib, accelerators=held)
    return replace(site, capacity=capacity)
