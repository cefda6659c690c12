"""Rates: what a unit of work, of standing capacity and of data costs, by site, hall, quarter and block of the day.

The formulas are those of docs/model.md; a block takes the mean over its hours of PUE times price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from pricing import PriceBook, PriceCatalogue, build_price_book, it_power_kw, load_price_catalogue
from simulations.expansion.study import DemandClass, ModuleKind, SiteOffer, Study
from topology import CHINA_TIME, Catalogue, Cooling, Horizon, Network, NoRoute, Site

Floats = NDArray[np.float64]
HOURS_PER_DAY = 24
GRAMS_PER_TONNE = 1e6
GFLOPS_PER_TFLOPS = 1e3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HallRates:
    """What a hall of one kind costs to use at one site; arrays of shape [Q, B] are means over a block's hours.

    Attributes:
        pflops: work it does at full load [PFLOPS].
        it_kw: IT power at full load [kW].
        energy_kwh: facility energy of work [kWh/PFLOPS-hour].
        energy_cny: its price [CNY/PFLOPS-hour].
        carbon_cny: its emissions at the carbon price [CNY/PFLOPS-hour].
        standing_kwh: facility energy of an empty hall [kWh/h], the same in every block.
        standing_cny: price of its energy and emissions [CNY/h].
        design_pue: facility over IT energy in a typical year when so much of it is used as the rule asks [1].
        peak_kw: facility power at full load in the warmest hour of the days [kW].
    """

    pflops: float
    it_kw: float
    energy_kwh: Floats
    energy_cny: Floats
    carbon_cny: Floats
    standing_kwh: float
    standing_cny: Floats
    design_pue: float
    peak_kw: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rates:
    """Everything about a study that has been priced.

    Attributes:
        halls: by (site, kind).
        block_weight_hours: hours of a quarter that a block stands for [h], shape [Q, B].
        load: work of a block over the class's mean rate [1], shape [D, B].
        day_of_block: index of its representative day, shape [B].
        reach: sites where each class may run, by class, in the study's order.
        kinds: kinds of hall whose accelerators suit a class, by (class, site).
        network_cny_per_gb: price of the route, by (class, site).
        links: links of the route, by (class, site).
        green_share: of a site's own contracts [fraction], by site.
    """

    halls: Mapping[tuple[str, str], HallRates]
    block_weight_hours: Floats
    load: Floats
    day_of_block: tuple[int, ...]
    reach: Mapping[str, tuple[str, ...]]
    kinds: Mapping[tuple[str, str], tuple[str, ...]]
    network_cny_per_gb: Mapping[tuple[str, str], float]
    links: Mapping[tuple[str, str], tuple[str, ...]]
    green_share: Mapping[str, float]


def price_study(study: Study, catalogue: Catalogue) -> Rates:
    """Price a study.

    Raises:
        UnknownPrice: a site has no tariff, carbon or climate data.
    """
    pricer = _Pricer(study, catalogue)
    network = Network(catalogue)
    sites = {offer.site: catalogue.site(offer.site) for offer in study.sites}
    reach: dict[str, tuple[str, ...]] = {}
    kinds: dict[tuple[str, str], tuple[str, ...]] = {}
    price: dict[tuple[str, str], float] = {}
    links: dict[tuple[str, str], tuple[str, ...]] = {}
    for each in study.demand:
        for offer in study.sites:
            suited = suited_kinds(each, offer, study, catalogue)
            if suited and may_run(each, sites[offer.site], network):
                route = network.route(each.origin, offer.site)
                key = (each.name, offer.site)
                reach[each.name] = (*reach.get(each.name, ()), offer.site)
                kinds[key], links[key], price[key] = suited, route.links, route.price_cny_per_gb
    return Rates(
        halls={
            (offer.site, name): pricer.hall(offer.site, study.module(name))
            for offer in study.sites
            for name in offer.modules
        },
        block_weight_hours=_weights(study),
        load=_load(study),
        day_of_block=tuple(
            day for day in range(len(study.days)) for _ in range(HOURS_PER_DAY // study.block_hours)
        ),
        reach=reach,
        kinds=kinds,
        network_cny_per_gb=price,
        links=links,
        green_share={site: sites[site].green_share for site in sites},
    )


def may_run(demand: DemandClass, site: Site, network: Network) -> bool:
    """Whether latency, residency and tags let work of a class run at a site."""
    places = demand.provinces or demand.hubs
    if places and site.province not in demand.provinces and site.hub not in demand.hubs:
        return False
    if not set(demand.tags) <= site.tags:
        return False
    try:
        rtt_ms = network.rtt_ms(demand.origin, site.id)
    except NoRoute:
        return False
    return demand.rtt_ms_max is None or rtt_ms <= demand.rtt_ms_max


def suited_kinds(
    demand: DemandClass, offer: SiteOffer, study: Study, catalogue: Catalogue
) -> tuple[str, ...]:
    """Kinds of hall at a site whose accelerators have memory enough for a class."""
    return tuple(
        name
        for name in offer.modules
        if catalogue.accelerator(study.module(name).accelerator).memory_gib >= demand.memory_gib_min
    )


def _weights(study: Study) -> Floats:
    return np.array(
        [
            [
                quarter.days * day.weight * study.block_hours
                for day in study.days
                for _ in range(HOURS_PER_DAY // study.block_hours)
            ]
            for quarter in study.quarters
        ]
    )


def _load(study: Study) -> Floats:
    blocks = [np.array(each.shape).reshape(-1, study.block_hours).mean(axis=1) for each in study.demand]
    return np.array([np.concatenate([day.demand_times * shape for day in study.days]) for shape in blocks])


class _Pricer:
    """Prices halls; keeps one price book per month and cooling, since tariffs and weather repeat every year."""

    def __init__(self, study: Study, catalogue: Catalogue) -> None:
        self._study, self._catalogue = study, catalogue
        self._data: PriceCatalogue = load_price_catalogue()
        self._books: dict[tuple[int, Cooling], PriceBook] = {}

    def hall(self, site: str, kind: ModuleKind) -> HallRates:
        """The rates of a hall at a site."""
        study = self._study
        model = self._catalogue.accelerator(kind.accelerator)
        it_kw = it_power_kw(1, kind.cpu_cores, kind.memory_gib, model, kind.count)
        pflops = kind.count * (model.fp16_tflops or 0.0) / GFLOPS_PER_TFLOPS
        power, carbon, pue = self._hours(site, kind.cooling)
        kw_per_pflops, standing_kw = it_kw / pflops, kind.standing_share * it_kw
        weights = _weights(study)
        mean_pue = float((self._by_block(pue) * weights).sum() / weights.sum())
        used = study.utilisation.at_least if study.utilisation and study.utilisation.at_least else 1.0
        return HallRates(
            pflops=pflops,
            it_kw=it_kw,
            energy_kwh=kw_per_pflops * self._by_block(pue),
            energy_cny=kw_per_pflops * self._by_block(pue * power),
            carbon_cny=kw_per_pflops * self._by_block(pue * carbon),
            standing_kwh=standing_kw,
            standing_cny=standing_kw * self._by_block(power + carbon),
            design_pue=mean_pue + kind.standing_share / used,
            peak_kw=it_kw * (float(pue.max()) + kind.standing_share),
        )

    def _hours(self, site: str, cooling: Cooling) -> tuple[Floats, Floats, Floats]:
        """Price of energy [CNY/kWh], of its emissions [CNY/kWh] and marginal PUE, each [Q, days, 24]."""
        study = self._study
        books = [
            [self._book(quarter.month(day.month), cooling) for day in study.days]
            for quarter in study.quarters
        ]
        years = np.array([quarter.year - study.start.year for quarter in study.quarters])[:, None, None]
        row = books[0][0].row(site)
        power, carbon, pue = (
            np.array([[getattr(book, name)[row] for book in line] for line in books])
            for name in ("power_cny_per_kwh", "carbon_g_per_kwh", "pue_marginal")
        )
        price = study.carbon_cny_per_t if study.carbon_cny_per_t is not None else books[0][0].carbon_cny_per_t
        return (
            power * (1 + study.power_growth_per_year) ** years,
            carbon / GRAMS_PER_TONNE * price * (1 + study.carbon_growth_per_year) ** years,
            pue,
        )

    def _book(self, month: int, cooling: Cooling) -> PriceBook:
        key = (month, cooling)
        if key not in self._books:
            day = datetime(self._study.start.year, month, 15, tzinfo=CHINA_TIME)
            horizon = Horizon(start=day, slots=HOURS_PER_DAY, slot_minutes=60)
            offered = {offer.site for offer in self._study.sites}
            cooled = tuple(
                replace(site, cooling=cooling) for site in self._catalogue.sites if site.id in offered
            )
            shell = Catalogue(name=self._catalogue.name, sites=cooled)
            self._books[key] = build_price_book(shell, horizon, prices=self._data)
        return self._books[key]

    def _by_block(self, hours: Floats) -> Floats:
        """Means over the hours of each block, [Q, B], of hours [Q, days, 24]."""
        quarters = hours.shape[0]
        blocks: Floats = hours.reshape(quarters, -1, self._study.block_hours).mean(axis=2)
        return blocks
