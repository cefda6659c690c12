"""Time-of-use tariffs: what a kWh costs by grid area, month and half hour.

The price of a period is the sum of the parts that stay plus its ratio times the sum of the parts that float:

    price = sum(fixed parts) + ratio(period) * sum(floating parts)

Which parts float differs from province to province and is a column of tariffs.csv; so is the rounding of the
floated part, where a notice rounds it. The working-day rule is applied to every day: holidays, weekends,
temperature rules and rules that begin in the middle of a month are not applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pricing.errors import InvalidPrice
from pricing.local_clock import LocalClock

PARTS = ("energy", "network", "loss", "system", "funds", "other")
"""Parts of a tariff's price, in the order of `power_parts_cny_per_kwh`."""

Floats = NDArray[np.float64]


class Period(IntEnum):
    """Periods of a day, dearest first; the number indexes tables."""

    TIP = 0
    PEAK = 1
    FLAT = 2
    VALLEY = 3
    DEEP = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Tariff:
    """One published or estimated tariff of a grid area.

    Attributes:
        id: Key.
        area: Grid area.
        since: First month it holds, as year * 12 + month (month 0 to 11); 0 for always.
        built_in: Whether price books use it (the others stand beside published prices only).
        voltage: Voltage level and contract.
        month: Month the price parts were published for.
        notice: Notice that sets periods and ratios.
        parts: Price parts at the flat period [CNY/kWh], by names of `PARTS`.
        floating: Names of the parts that float.
        part_digits: Decimals the notice rounds the floated part to (the tip being a multiple of the rounded
            peak); None where it does not round.
        ratios: Ratio to the flat price by month (12) and period (5); None where there is no such period.
        periods: Period by month (12) and half hour (48).
        demand_charge_cny_per_kw_month: Charge on the month's peak [CNY/kW-month], 0 when none is known.
        estimated: Why the tariff is an estimate in part or whole; "" when it is not.
        source: Where the figures come from.

    Raises:
        InvalidPrice: If a table has the wrong size, or a month has a period without a ratio.
    """

    id: str
    area: str
    since: int = 0
    built_in: bool = True
    voltage: str = ""
    month: str = ""
    notice: str = ""
    parts: Mapping[str, Decimal]
    floating: frozenset[str]
    part_digits: int | None = None
    ratios: tuple[tuple[Decimal | None, ...], ...]
    periods: tuple[tuple[Period, ...], ...]
    demand_charge_cny_per_kw_month: float = 0.0
    estimated: str = ""
    source: str = ""
    _table: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        thing = f"tariff {self.id}"
        if set(self.parts) != set(PARTS):
            raise InvalidPrice(thing, "parts", sorted(self.parts), f"must be exactly {', '.join(PARTS)}")
        if not self.floating or not self.floating <= set(PARTS):
            raise InvalidPrice(
                thing, "floating", sorted(self.floating), f"must name some of {', '.join(PARTS)}"
            )
        if [len(row) for row in self.periods] != [48] * 12 or [len(row) for row in self.ratios] != [5] * 12:
            raise InvalidPrice(
                thing, "periods", len(self.periods), "must have 12 months of 48 half hours and 5 ratios"
            )
        if self.floating_cny_per_kwh <= 0:
            raise InvalidPrice(
                thing, "floating", self.floating_cny_per_kwh, "must be parts of a positive sum"
            )
        for month, day in enumerate(self.periods):
            for period in sorted(set(day)):
                if self.ratios[month][period] is None:
                    raise InvalidPrice(
                        thing,
                        "ratios",
                        None,
                        f"must give the {period.name.lower()} ratio of month {month + 1}",
                    )
        object.__setattr__(self, "_table", self._part_table())

    @property
    def flat_cny_per_kwh(self) -> Decimal:
        """Price of the flat period [CNY/kWh], exact."""
        return sum(self.parts.values(), Decimal(0))

    @property
    def floating_cny_per_kwh(self) -> Decimal:
        """The part of the flat price that floats [CNY/kWh], exact."""
        return sum((self.parts[name] for name in self.floating), Decimal(0))

    def price_cny_per_kwh(self, period: Period, month: int) -> Decimal:
        """Exact price of a period in a month 1 to 12 [CNY/kWh].

        Raises:
            InvalidPrice: If that month has no ratio for the period.
        """
        fixed = self.flat_cny_per_kwh - self.floating_cny_per_kwh
        return fixed + self._floated_cny_per_kwh(period, month)

    def _floated_cny_per_kwh(self, period: Period, month: int) -> Decimal:
        ratio, peak = self.ratios[month - 1][period], self.ratios[month - 1][Period.PEAK]
        if ratio is None:
            raise InvalidPrice(
                f"tariff {self.id}", "period", period.name.lower(), f"has no ratio in month {month}"
            )
        if self.part_digits is None:
            return ratio * self.floating_cny_per_kwh
        if period is Period.TIP and peak:
            peak_cny_per_kwh = self._floated_cny_per_kwh(Period.PEAK, month)
            return to_digits(ratio / peak * peak_cny_per_kwh, self.part_digits)
        return to_digits(ratio * self.floating_cny_per_kwh, self.part_digits)

    def part_table(self) -> Floats:
        """Price parts [CNY/kWh] by part, month and half hour; shape [len(PARTS), 12, 48], read-only."""
        return self._table

    def _part_table(self) -> Floats:
        floating = self.floating_cny_per_kwh
        ratio = np.ones((12, 48))
        for month, day in enumerate(self.periods):
            by_period = {p: float(self._floated_cny_per_kwh(p, month + 1) / floating) for p in set(day)}
            ratio[month] = [by_period[period] for period in day]
        table = np.stack(
            [
                float(self.parts[name]) * (ratio if name in self.floating else np.ones_like(ratio))
                for name in PARTS
            ]
        )
        table.flags.writeable = False
        return table


def in_force(tariffs: Sequence[Tariff]) -> tuple[Tariff, ...]:
    """The built-in tariffs of one area, in the order in which they replace one another."""
    return tuple(sorted((tariff for tariff in tariffs if tariff.built_in), key=lambda tariff: tariff.since))


def price_parts(tariffs: Sequence[Tariff], clock: LocalClock) -> tuple[Floats, NDArray[np.int64]]:
    """Prices and periods of one area over a horizon.

    Args:
        tariffs: The area's tariffs in the order of `in_force`; the first holds before the second begins.
        clock: Local time of the horizon's slots.

    Returns:
        Parts [CNY/kWh], shape [len(PARTS), T], each the mean over its slot; and the period in which each slot
        begins, shape [T].
    """
    which = np.maximum(
        np.searchsorted([tariff.since for tariff in tariffs], clock.year_month, side="right") - 1, 0
    )
    tables = np.stack([tariff.part_table() for tariff in tariffs])
    periods = np.array([tariff.periods for tariff in tariffs], dtype=np.int64)
    parts = tables[which, :, clock.month, clock.half_hour].mean(axis=1).T
    return parts, periods[which[:, 0], clock.month[:, 0], clock.half_hour[:, 0]]


def tariffs_used(tariffs: Sequence[Tariff], clock: LocalClock) -> tuple[Tariff, ...]:
    """Those of one area's tariffs, in the order of `in_force`, that price at least one slot."""
    which = np.searchsorted([tariff.since for tariff in tariffs], clock.year_month, side="right") - 1
    return tuple(tariffs[index] for index in np.unique(np.maximum(which, 0)))


def to_digits(price: Decimal, digits: int) -> Decimal:
    """A price as a notice prints it: rounded half up to so many decimals."""
    return price.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
