"""The page docs/tariffs.md, made from the data: tariffs in force, and computed beside published prices."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from pricing.catalogue import PriceCatalogue, PublishedPrice, load_price_catalogue
from pricing.tariff import PARTS, Period, Tariff, to_digits

_INTRODUCTION = """\
# Tariffs

This page is made from `pricing/data` by `pricing/tariff_page.py`; a test fails when it is not current.

The price of a kWh is `sum(parts that stay) + ratio(period) * sum(parts that float)`. Which parts float
differs from area to area. Hours are local time (UTC+8). The working-day rule holds every day: holidays,
weekends, temperature rules and rules that begin in the middle of a month are not applied. An area keeps the
prices of its row until a row with a later "from" replaces it: months without a notice of their own are priced
at the nearest one known. Demand charges are shown and not in the price.

Other figures of the price book: carbon intensity is the official 2023 factor of the province times a shape of
month and hour that is **derived, not measured** (months 3, 6, 9, 12 interpolated); outdoor temperatures are a
modelled typical year for each province; marginal PUE by cooling is modelled; the rate card is illustrative.
"""

_CHECKED = """\
## Computed beside published end prices

Published end prices, and what our tariff computes, rounded to the published digits. *Predicted* means that
nothing in the tariff was solved from that row; otherwise the column says what was, and equality then shows
that one rule explains all periods of the row at once.
"""

_IN_FORCE = """\
## Tariffs in force, by grid area

Flat price and its parts in CNY/kWh, ratios of the periods in July, demand charge in CNY/kW-month.
"""

_ESTIMATED = """\
## What is estimated, and why

Areas that are not named here follow their notice in every figure.
"""


_IN_FORCE_HEADER = (
    *("area", "tariff", "from", "voltage", "notice", "flat"),
    *PARTS,
    *("floats", "tip / peak / valley / deep", "demand"),
)


def tariff_page(data: PriceCatalogue | None = None) -> str:
    """The whole page as Markdown; of the built-in data when none are given."""
    data = data or load_price_catalogue()
    in_force = [tariff for area in sorted(data.areas) for tariff in data.areas[area]]
    sections = (
        _INTRODUCTION,
        _CHECKED,
        _table(
            ("tariff", "month", "voltage", "period", "published", "computed", "difference", "check"),
            (_check(data, price) for price in data.published),
        ),
        _IN_FORCE,
        _table(
            (
                "area",
                "tariff",
                "from",
                "voltage",
                "notice",
                "flat",
                *PARTS,
                "floats",
                "tip/peak/valley/deep",
                "demand",
            ),
            map(_in_force_row, in_force),
        ),
        _ESTIMATED,
        _table(("tariff", "what and why"), ((t.id, t.estimated) for t in in_force if t.estimated)),
        _sources(in_force),
    )
    return "\n".join(sections)


def _check(data: PriceCatalogue, price: PublishedPrice) -> Sequence[str]:
    tariff = data.tariffs[price.tariff]
    computed = computed_as_published(tariff, price)
    return (
        tariff.id,
        price.year_month,
        tariff.voltage,
        price.period.name.lower(),
        str(price.price_cny_per_kwh),
        str(computed),
        f"{computed - price.price_cny_per_kwh:f}" if computed != price.price_cny_per_kwh else "0",
        price.check,
    )


def computed_as_published(tariff: Tariff, price: PublishedPrice) -> Decimal:
    """What a tariff computes for a published price, rounded half up to the published digits [CNY/kWh]."""
    exponent = price.price_cny_per_kwh.as_tuple().exponent
    assert isinstance(exponent, int)
    return to_digits(tariff.price_cny_per_kwh(price.period, price.month), -exponent)


def _in_force_row(tariff: Tariff) -> Sequence[str]:
    july = tariff.ratios[6]
    return (
        tariff.area,
        tariff.id,
        f"{tariff.since // 12}-{tariff.since % 12 + 1:02d}" if tariff.since else "always",
        tariff.voltage,
        tariff.notice,
        _short(tariff.flat_cny_per_kwh),
        *(_short(tariff.parts[name]) for name in PARTS),
        " + ".join(name for name in PARTS if name in tariff.floating),
        " / ".join("-" if july[p] is None else f"{july[p]}" for p in Period if p is not Period.FLAT),
        f"{tariff.demand_charge_cny_per_kw_month:g}" if tariff.demand_charge_cny_per_kw_month else "-",
    )


def _sources(tariffs: Iterable[Tariff]) -> str:
    by_source: dict[str, list[str]] = {}
    for tariff in tariffs:
        by_source.setdefault(tariff.source, []).append(tariff.id)
    return "## Sources\n\n" + "".join(f"- {', '.join(ids)}: {source}\n" for source, ids in by_source.items())


def _short(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
