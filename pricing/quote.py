"""An estimate in parts: what one run would cost at one site from one slot on."""

import math
from dataclasses import dataclass

import numpy as np

from pricing.errors import InvalidPrice
from pricing.price_book import PriceBook


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """What a run would use and cost.

    Attributes:
        site: Where.
        start_slot: First slot.
        slots: Whole slots it occupies.
        energy_kwh: Facility energy, marginal PUE included, base load not [kWh].
        carbon_kg: Emissions [kg CO2].
        energy_cny: Cost of the energy [CNY].
        carbon_cny: Cost of the emissions [CNY].
        network_cny: Cost of the data moved [CNY].
    """

    site: str
    start_slot: int
    slots: int
    energy_kwh: float
    carbon_kg: float
    energy_cny: float
    carbon_cny: float
    network_cny: float = 0.0

    @property
    def total_cny(self) -> float:
        """Sum of the parts [CNY]."""
        return self.energy_cny + self.carbon_cny + self.network_cny


def quote_run(
    book: PriceBook,
    site_id: str,
    *,
    start_slot: int,
    runtime_minutes: float,
    it_kw: float,
    network_cny: float = 0.0,
) -> Quote:
    """Price one run: whole slots at full time, the last one by the minute.

    Args:
        book: Prices.
        site_id: Where it would run.
        start_slot: First slot.
        runtime_minutes: Runtime [min].
        it_kw: IT power of all tasks [kW].
        network_cny: Cost of the data moved [CNY].

    Raises:
        UnknownPrice: If the book has no such site.
        InvalidPrice: If the run does not fit the horizon or a number is out of range.
    """
    minutes = book.horizon.slot_minutes
    if not (math.isfinite(runtime_minutes) and runtime_minutes > 0):
        raise InvalidPrice("run", "runtime_minutes", runtime_minutes, "must be a positive number")
    if not (math.isfinite(it_kw) and it_kw >= 0):
        raise InvalidPrice("run", "it_kw", it_kw, "must be a finite number of at least 0")
    slots = math.ceil(runtime_minutes / minutes)
    if not 0 <= start_slot <= book.horizon.slots - slots:
        rule = f"must leave room for {slots} slots before the horizon's end at slot {book.horizon.slots}"
        raise InvalidPrice("run", "start_slot", start_slot, rule)
    row, span = book.row(site_id), slice(start_slot, start_slot + slots)
    hours = np.full(slots, book.horizon.hours_per_slot)
    hours[-1] = (runtime_minutes - (slots - 1) * minutes) / 60
    energy_kwh = it_kw * book.pue_marginal[row, span] * hours
    carbon_g = energy_kwh * book.carbon_g_per_kwh[row, span]
    return Quote(
        site=site_id,
        start_slot=start_slot,
        slots=slots,
        energy_kwh=float(energy_kwh.sum()),
        carbon_kg=float(carbon_g.sum()) / 1e3,
        energy_cny=float(energy_kwh @ book.power_cny_per_kwh[row, span]),
        carbon_cny=float(carbon_g.sum()) / 1e6 * book.carbon_cny_per_t,
        network_cny=network_cny,
    )
