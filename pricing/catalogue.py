"""Reads pricing/data: tariffs, carbon, climates, cooling and the rate card."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import numpy as np

from pricing.carbon import CarbonProfile
from pricing.errors import UnknownPrice
from pricing.local_clock import year_month_of
from pricing.power import Climate, CoolingCurve
from pricing.rate_card import RateCard
from pricing.table import DATA_FOLDER, Row, read_rows
from pricing.tariff import PARTS, Period, Tariff, in_force

CARBON_MARKET = "national ETS closing price"
"""The row of carbon_prices.csv that sets the default carbon price; its first row is the newest."""

_T = TypeVar("_T")
_Ratios = tuple[tuple[Decimal | None, ...], ...]
_Periods = tuple[tuple[Period, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedPrice:
    """One end price as a notice prints it, beside the tariff that must reproduce it.

    Attributes:
        tariff: Id of the tariff.
        month: Month of the notice, 1 to 12.
        year_month: The month as printed, for example "2026-08".
        period: Period of the day.
        price_cny_per_kwh: Published price [CNY/kWh], with its published digits.
        check: "predicted", or what of the tariff was solved from this row.
        source: Where it was published.
    """

    tariff: str
    month: int
    year_month: str
    period: Period
    price_cny_per_kwh: Decimal
    check: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceCatalogue:
    """Everything in pricing/data.

    Attributes:
        tariffs: Every tariff by id.
        areas: The tariffs in force by grid area, in the order in which they replace one another.
        published: Published end prices.
        carbon: Carbon profile by province.
        climates: Typical year by climate.
        cooling: Cooling curve by kind.
        rate_card: What a customer pays, illustrative.
        carbon_cny_per_t: Newest national carbon price [CNY/t CO2].
        carbon_price_source: What that price is.
    """

    tariffs: Mapping[str, Tariff]
    areas: Mapping[str, tuple[Tariff, ...]]
    published: tuple[PublishedPrice, ...]
    carbon: Mapping[str, CarbonProfile]
    climates: Mapping[str, Climate]
    cooling: Mapping[str, CoolingCurve]
    rate_card: RateCard
    carbon_cny_per_t: float
    carbon_price_source: str

    def tariffs_of(self, area: str) -> tuple[Tariff, ...]:
        """The tariffs in force of a grid area, oldest first.

        Raises:
            UnknownPrice: If the area has none.
        """
        return _found("grid area", area, self.areas)

    def carbon_of(self, province: str) -> CarbonProfile:
        """The carbon profile of a province.

        Raises:
            UnknownPrice: If the province has none.
        """
        return _found("province", province, self.carbon)

    def climate_of(self, climate: str) -> Climate:
        """A typical year.

        Raises:
            UnknownPrice: If there is none of that name.
        """
        return _found("climate", climate, self.climates)


@functools.cache
def load_price_catalogue(folder: Path = DATA_FOLDER) -> PriceCatalogue:
    """Read a folder of pricing data; the built-in one when none is named.

    Raises:
        PriceDataError: If a file is broken.
    """
    tariffs = {tariff.id: tariff for tariff in _tariffs(folder)}
    areas: dict[str, list[Tariff]] = {}
    for tariff in tariffs.values():
        areas.setdefault(tariff.area, []).append(tariff)
    price = next(row for row in read_rows(folder / "carbon_prices.csv") if row["item"] == CARBON_MARKET)
    return PriceCatalogue(
        tariffs=tariffs,
        areas={area: in_force(rows) for area, rows in areas.items()},
        published=tuple(_published(row) for row in read_rows(folder / "published.csv")),
        carbon=_carbon(folder),
        climates={row["climate"]: _climate(row) for row in read_rows(folder / "climate.csv")},
        cooling={row["cooling"]: _cooling(row) for row in read_rows(folder / "cooling.csv")},
        rate_card=RateCard(
            cny_per_hour={
                row["item"]: row["price_cny_per_hour"] for row in read_rows(folder / "rate_card.csv")
            }
        ),
        carbon_cny_per_t=price["value"],
        carbon_price_source=f"{price['item']}, {price['period']}: {price['source']}",
    )


def _found(noun: str, key: str, known: Mapping[str, _T]) -> _T:
    if key not in known:
        raise UnknownPrice(noun, key, known)
    return known[key]


def _tariffs(folder: Path) -> list[Tariff]:
    calendars = _calendars(read_rows(folder / "periods.csv"))
    ratio_rows = read_rows(folder / "ratios.csv")
    ratios, guesses = _ratios(ratio_rows), {row["ratios"]: row["estimated"] or "" for row in ratio_rows}
    return [_tariff(row, calendars, ratios, guesses) for row in read_rows(folder / "tariffs.csv")]


def _tariff(
    row: Row, calendars: Mapping[str, _Periods], ratios: Mapping[str, _Ratios], guesses: Mapping[str, str]
) -> Tariff:
    for column, known in (("calendar", calendars), ("ratios", ratios)):
        if row[column] not in known:
            raise row.fault(column, f"must name a {column} of {sorted(known)}")
    return Tariff(
        id=row["id"],
        area=row["area"],
        since=year_month_of(row["since"] or ""),
        built_in=row["built_in"],
        voltage=row["voltage"],
        month=row["month"],
        notice=row["notice"],
        parts={name: Decimal(row.cells[f"{name}_cny_per_kwh"]) for name in PARTS},
        floating=frozenset(row["floats"].split("+")),
        part_digits=row["part_digits"],
        ratios=ratios[row["ratios"]],
        periods=calendars[row["calendar"]],
        demand_charge_cny_per_kw_month=row["demand_charge_cny_per_kw_month"] or 0.0,
        estimated="; ".join(filter(None, (row["estimated"], guesses[row["ratios"]]))),
        source=row["source"],
    )


def _calendars(rows: Sequence[Row]) -> dict[str, _Periods]:
    days: dict[str, dict[int, tuple[Period, ...]]] = {}
    for row in rows:
        day = _day(row)
        for month in _months(row):
            days.setdefault(row["calendar"], {})[month] = day
    return {name: _every_month(name, by_month, rows[-1]) for name, by_month in days.items()}


def _day(row: Row) -> tuple[Period, ...]:
    """48 half hours from "00:00 valley; 07:30 flat; ..."."""
    day: list[Period] = []
    steps = [step.strip().split(" ") for step in row["day"].split(";")]
    try:
        begins = [int(time[:2]) * 2 + int(time[3:]) / 30 for time, _ in steps]
        names = [Period[name.upper()] for _, name in steps]
    except (KeyError, ValueError) as error:
        raise row.fault("day", "must be times and periods like '00:00 valley; 07:30 flat'") from error
    if begins[0] != 0 or begins != sorted(set(begins)) or any(begin % 1 for begin in begins):
        raise row.fault("day", "must begin at 00:00 and rise by half hours")
    for begin, end, period in zip(begins, [*begins[1:], 48], names, strict=True):
        day += [period] * int(end - begin)
    return tuple(day)


def _ratios(rows: Sequence[Row]) -> dict[str, _Ratios]:
    groups: dict[str, dict[int, tuple[Decimal | None, ...]]] = {}
    for row in rows:
        ratios = tuple(
            Decimal(1) if period is Period.FLAT else _decimal(row.cells[period.name.lower()])
            for period in Period
        )
        for month in _months(row):
            groups.setdefault(row["ratios"], {})[month] = ratios
    return {name: _every_month(name, by_month, rows[-1]) for name, by_month in groups.items()}


def _decimal(cell: str) -> Decimal | None:
    return Decimal(cell) if cell else None


def _months(row: Row) -> list[int]:
    months = [int(month) for month in row["months"].split(";")]
    if not all(1 <= month <= 12 for month in months):
        raise row.fault("months", "must be numbers 1 to 12 joined by ;")
    return months


def _every_month(name: str, by_month: Mapping[int, _T], row: Row) -> tuple[_T, ...]:
    if set(by_month) != set(range(1, 13)):
        raise row.fault("months", f"of {name!r} must cover each month 1 to 12")
    return tuple(by_month[month] for month in range(1, 13))


def _published(row: Row) -> PublishedPrice:
    return PublishedPrice(
        tariff=row["tariff"],
        month=int(row["month"][5:]),
        year_month=row["month"],
        period=Period[row["period"].upper()],
        price_cny_per_kwh=Decimal(row.cells["price_cny_per_kwh"]),
        check=row["check"],
        source=row["source"],
    )


def _carbon(folder: Path) -> dict[str, CarbonProfile]:
    shapes: dict[str, dict[int, list[float]]] = {}
    shape_rows = read_rows(folder / "carbon_shape.csv")
    for row in shape_rows:
        shapes.setdefault(row["province"], {})[row["month"]] = [row[f"h{hour:02d}"] for hour in range(24)]
    return {
        row["province"]: CarbonProfile(
            province=row["province"],
            factor_g_per_kwh=row["factor_kg_per_kwh"] * 1000,
            shape=np.array(_every_month(row["province"], shapes.get(row["province"], {}), row)),
            source=row["source"],
        )
        for row in read_rows(folder / "carbon_factors.csv")
    }


def _climate(row: Row) -> Climate:
    return Climate(
        climate=row["climate"],
        monthly_mean_c=tuple(row[f"mean_c_{month:02d}"] for month in range(1, 13)),
        amplitude_c=row["amplitude_c"],
    )


def _cooling(row: Row) -> CoolingCurve:
    names = ("cooling", "floor_pue", "free_below_c", "slope_per_c", "ceiling_pue")
    return CoolingCurve(**{name: row[name] for name in names})
