"""The price book: what a kWh costs, emits and grows into at every site in every slot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pricing.catalogue import PriceCatalogue, load_price_catalogue
from pricing.errors import InvalidPrice, UnknownPrice
from pricing.local_clock import LocalClock
from pricing.override import Override, OverrideKind, pick_override
from pricing.tariff import PARTS, Period, price_parts, tariffs_used
from topology import Catalogue, Horizon, Site

POWER_PARTS = (*PARTS, "override")
"""Parts of the power price; "override" holds all of it where a series of the user replaces the tariff."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a site's figures come from, to be shown beside them.

    Attributes:
        power: Tariff, notice, voltage and month; or the override.
        carbon: Factor and shape; or the override.
        pue: Cooling and climate.
        estimated: What of the power price is estimated and why; "" when nothing is.
    """

    power: str
    carbon: str
    pue: str
    estimated: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PriceBook:
    """Prices of S sites in T slots; arrays are read-only.

    Attributes:
        horizon: The slots.
        site_ids: Sites in the order of the rows.
        power_cny_per_kwh: Price of grid energy, all parts [CNY/kWh], shape [S, T].
        carbon_g_per_kwh: Intensity of grid energy [g CO2/kWh], shape [S, T].
        pue_marginal: Extra facility kW per extra IT kW [1], shape [S, T].
        carbon_cny_per_t: Price of emissions [CNY/t CO2].
        demand_charge_cny_per_kw_month: Charge on the month's peak [CNY/kW-month], 0 where none is known, [S].
        estimated: Whether a site's power price is estimated in part or whole, shape [S].
        provenance: Where each site's figures come from, in the order of the rows.
        power_parts_cny_per_kwh: The price's parts [CNY/kWh], in the order of `POWER_PARTS`, shape [S, 7, T].
        periods: Tariff period in which each slot begins (values of `Period`), -1 where an override replaces
            it, shape [S, T].

    Raises:
        InvalidPrice: If a shape does not fit, or a price is negative or not finite.
    """

    horizon: Horizon
    site_ids: tuple[str, ...]
    power_cny_per_kwh: Floats
    carbon_g_per_kwh: Floats
    pue_marginal: Floats
    carbon_cny_per_t: float
    demand_charge_cny_per_kw_month: Floats
    estimated: NDArray[np.bool_]
    provenance: tuple[Provenance, ...]
    power_parts_cny_per_kwh: Floats
    periods: NDArray[np.int8]
    _rows: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        shape = (len(self.site_ids), self.horizon.slots)
        object.__setattr__(self, "_rows", {site: row for row, site in enumerate(self.site_ids)})
        if len(self._rows) != len(self.site_ids):
            raise InvalidPrice("price book", "site_ids", self.site_ids, "must not repeat a site")
        for name in ("power_cny_per_kwh", "carbon_g_per_kwh", "pue_marginal"):
            self._check(name, shape, 1 if name == "pue_marginal" else 0)
        self._check("demand_charge_cny_per_kw_month", shape[:1], 0)
        if not (np.isfinite(self.carbon_cny_per_t) and self.carbon_cny_per_t >= 0):
            raise InvalidPrice(
                "price book",
                "carbon_cny_per_t",
                self.carbon_cny_per_t,
                "must be a finite number of at least 0",
            )
        for array in (self.estimated, self.power_parts_cny_per_kwh, self.periods):
            array.flags.writeable = False

    def _check(self, name: str, shape: tuple[int, ...], minimum: float) -> None:
        array = getattr(self, name)
        if array.shape != shape:
            raise InvalidPrice("price book", name, array.shape, f"must have shape {shape}")
        if not (np.isfinite(array).all() and (array >= minimum).all()):
            raise InvalidPrice(
                "price book", name, float(np.min(array)), f"must be finite and at least {minimum}"
            )
        array.flags.writeable = False

    def row(self, site_id: str) -> int:
        """Row of a site.

        Raises:
            UnknownPrice: If the book has no such site.
        """
        if site_id not in self._rows:
            raise UnknownPrice("site", site_id, self._rows)
        return self._rows[site_id]

    def period_names(self, site_id: str) -> tuple[str, ...]:
        """Name of the tariff period in which each slot begins: tip, peak, flat, valley, deep or override.

        Raises:
            UnknownPrice: If the book has no such site.
        """
        names = [period.name.lower() for period in Period] + ["override"]
        return tuple(names[index] for index in self.periods[self.row(site_id)])


def build_price_book(
    catalogue: Catalogue,
    horizon: Horizon,
    *,
    overrides: Sequence[Override] = (),
    carbon_cny_per_t: float | None = None,
    prices: PriceCatalogue | None = None,
) -> PriceBook:
    """Price every site of a catalogue in every slot of a horizon.

    Args:
        catalogue: Whose sites.
        horizon: Which slots; tariffs are read at local time, UTC+8.
        overrides: Series of the user's own; one of a site goes before one of its area, a later before an
            earlier.
        carbon_cny_per_t: Price of emissions [CNY/t CO2]; the newest national figure when None.
        prices: Pricing data; the built-in ones when None.

    Raises:
        UnknownPrice: If a site's grid area, province, climate or cooling has no data (and no override).
        OverrideError: If an override does not cover the horizon, or names a place not in the catalogue.
    """
    data = prices or load_price_catalogue()
    builder = _Builder(data=data, horizon=horizon, clock=LocalClock.of(horizon), overrides=tuple(overrides))
    for override in overrides:
        override.require_known(catalogue)
    rows = [builder.site_prices(site) for site in catalogue.sites]
    parts = np.stack([row.parts for row in rows])
    return PriceBook(
        horizon=horizon,
        site_ids=tuple(site.id for site in catalogue.sites),
        power_cny_per_kwh=parts.sum(axis=1),
        carbon_g_per_kwh=np.stack([row.carbon for row in rows]),
        pue_marginal=np.stack([row.pue for row in rows]),
        carbon_cny_per_t=data.carbon_cny_per_t if carbon_cny_per_t is None else float(carbon_cny_per_t),
        demand_charge_cny_per_kw_month=np.array([row.demand_charge for row in rows]),
        estimated=np.array([bool(row.provenance.estimated) for row in rows]),
        provenance=tuple(row.provenance for row in rows),
        power_parts_cny_per_kwh=parts,
        periods=np.stack([row.periods for row in rows]).astype(np.int8),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _SitePrices:
    """One row of a price book in the making."""

    parts: Floats
    periods: NDArray[np.int64]
    carbon: Floats
    pue: Floats
    demand_charge: float
    provenance: Provenance


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Power:
    """The power price of a grid area in the making."""

    parts: Floats
    periods: NDArray[np.int64]
    demand_charge: float
    source: str
    estimated: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Builder:
    """Prices sites one by one and remembers what sites share."""

    data: PriceCatalogue
    horizon: Horizon
    clock: LocalClock
    overrides: tuple[Override, ...]
    _seen: dict[tuple[str, str, str], object] = field(default_factory=dict)

    def site_prices(self, site: Site) -> _SitePrices:
        power = self._power(site)
        carbon, carbon_source = self._carbon(site)
        pue, pue_source = self._pue(site)
        return _SitePrices(
            parts=power.parts,
            periods=power.periods,
            carbon=carbon,
            pue=pue,
            demand_charge=power.demand_charge,
            provenance=Provenance(
                power=power.source, carbon=carbon_source, pue=pue_source, estimated=power.estimated
            ),
        )

    def _power(self, site: Site) -> _Power:
        override = pick_override(self.overrides, OverrideKind.POWER, site)
        key = ("power", "", site.grid_area)
        if override is None:
            power = self._seen.get(key)
            if power is None:
                power = self._seen[key] = self._tariff_power(site.grid_area)
            assert isinstance(power, _Power)
            return power
        parts = np.zeros((len(POWER_PARTS), self.horizon.slots))
        parts[-1] = override.values_on(self.horizon)
        charge = 0.0
        if site.grid_area in self.data.areas:
            charge = tariffs_used(self.data.areas[site.grid_area], self.clock)[
                -1
            ].demand_charge_cny_per_kw_month
        periods = np.full(self.horizon.slots, -1)
        return _Power(
            parts=parts, periods=periods, demand_charge=charge, source=override.source, estimated=""
        )

    def _tariff_power(self, area: str) -> _Power:
        tariffs = self.data.tariffs_of(area)
        parts, periods = price_parts(tariffs, self.clock)
        used = tariffs_used(tariffs, self.clock)
        return _Power(
            parts=np.concatenate([parts, np.zeros((1, self.horizon.slots))]),
            periods=periods,
            demand_charge=used[-1].demand_charge_cny_per_kw_month,
            source="; ".join(
                f"{t.id}: {t.notice}, {t.voltage}, prices of {t.month}; {t.source}" for t in used
            ),
            estimated="; ".join(dict.fromkeys(t.estimated for t in used if t.estimated)),
        )

    def _carbon(self, site: Site) -> tuple[Floats, str]:
        override = pick_override(self.overrides, OverrideKind.CARBON, site)
        if override is not None:
            return override.values_on(self.horizon), override.source
        profile = self.data.carbon_of(site.province)
        values = self._shared(("carbon", "", site.province), profile.table_g_per_kwh)
        return values, f"official 2023 factor of {site.province} times a derived (not measured) hourly shape"

    def _pue(self, site: Site) -> tuple[Floats, str]:
        climate = self.data.climate_of(site.climate or site.province)
        if site.cooling.value not in self.data.cooling:
            raise UnknownPrice("cooling", site.cooling.value, self.data.cooling)
        curve = self.data.cooling[site.cooling.value]
        key = ("pue", site.cooling.value, climate.climate)
        values = self._shared(key, lambda: curve.pue_marginal(climate.table_c()))
        return values, f"{site.cooling.value} cooling in the modelled typical year of {climate.climate}"

    def _shared(self, key: tuple[str, str, str], table: Callable[[], Floats]) -> Floats:
        values = self._seen.get(key)
        if values is None:
            values = self._seen[key] = self.clock.average(table())
        assert isinstance(values, np.ndarray)
        return values
