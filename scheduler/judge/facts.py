"""Everything the judge may look up: the catalogue, its routes and the prices of the plan's horizon."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pricing import PriceBook, pv_kw
from topology import Accelerator, Catalogue, Horizon, Link, Network, Site, TopologyError

FLOW_GBPS = 10.0  # the rate of one transfer where no link of its route is narrower


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPrices:
    """Power price [CNY/kWh], carbon intensity [g/kWh] and marginal PUE of one site, one value per slot."""

    power_cny_per_kwh: list[float]
    carbon_g_per_kwh: list[float]
    pue_marginal: list[float]


class Facts:
    """Look-ups by name over one catalogue, one horizon and one price book.

    Attributes:
        horizon: the plan's slots.
        sites: by id.
        accelerators: by id.
        carbon_cny_per_t: carbon price [CNY/t].
        mean_per_it_kwh: mean over all sites and slots of what a kWh at the rack costs: energy [CNY], carbon [kg],
            facility energy [kWh].
        mean_link_cny_per_gb: mean price of the links [CNY/GB].
    """

    def __init__(
        self, *, catalogue: Catalogue, horizon: Horizon, prices: PriceBook, pv: bool = False
    ) -> None:
        self.horizon = horizon
        self.sites: dict[str, Site] = {site.id: site for site in catalogue.sites}
        self.accelerators: dict[str, Accelerator] = {model.id: model for model in catalogue.accelerators}
        self.links: dict[str, Link] = {link.id: link for link in catalogue.links}
        self.carbon_cny_per_t = prices.carbon_cny_per_t
        book = [self._series(prices, site) for site in self.sites]
        cells = [cell for each in book for cell in zip(*each, strict=True)]
        self.mean_per_it_kwh = (
            math.fsum(pue * price for price, _, pue in cells) / len(cells),
            math.fsum(pue * carbon / 1000 for _, carbon, pue in cells) / len(cells),
            math.fsum(pue for _, _, pue in cells) / len(cells),
        )
        links = self.links.values()
        self.mean_link_cny_per_gb = math.fsum(link.price_cny_per_gb for link in links) / max(len(links), 1)
        self._prices = prices
        self._network = Network(catalogue)
        self._paths: dict[tuple[str, str], tuple[Link, ...] | None] = {}
        self._slot_prices: dict[str, SlotPrices] = {}
        self._pv = pv
        self._sun_it_kw: dict[str, list[float]] = {}

    def path(self, a: str, b: str) -> tuple[Link, ...] | None:
        """Return the links of the least-latency route: empty when a is b, None when there is no route."""
        if (a, b) not in self._paths:
            try:
                self._paths[a, b] = tuple(self.links[link] for link in self._network.route(a, b).links)
            except TopologyError:
                self._paths[a, b] = None
        return self._paths[a, b]

    def rtt_ms(self, a: str, b: str) -> float:
        """Return twice the one-way latency of the route [ms], infinite when there is none."""
        path = self.path(a, b)
        return math.inf if path is None else 2.0 * sum(link.latency_ms for link in path)

    @staticmethod
    def _series(prices: PriceBook, site: str) -> tuple[list[float], list[float], list[float]]:
        row = prices.row(site)
        return (
            prices.power_cny_per_kwh[row].tolist(),
            prices.carbon_g_per_kwh[row].tolist(),
            prices.pue_marginal[row].tolist(),
        )

    def slot_prices(self, site: str) -> SlotPrices:
        """Return the three series of a site over the horizon."""
        if site not in self._slot_prices:
            power, carbon, pue = self._series(self._prices, site)
            self._slot_prices[site] = SlotPrices(
                power_cny_per_kwh=power, carbon_g_per_kwh=carbon, pue_marginal=pue
            )
        return self._slot_prices[site]

    def sun_it_kw(self, site: str) -> list[float]:
        """Return the IT power that the site's panels carry beside its base load [kW], a value a slot."""
        if not self._pv:
            return [0.0] * self.horizon.slots
        if site not in self._sun_it_kw:
            place, pue = self.sites[site], self.slot_prices(site).pue_marginal
            given = pv_kw(place, self.horizon).tolist()
            self._sun_it_kw[site] = [
                max(kw - place.base_kw, 0.0) / share for kw, share in zip(given, pue, strict=True)
            ]
        return self._sun_it_kw[site]
