"""edwc prices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np

from api.cli.choice import CATALOGUE, JSON, Amount, read_instant
from api.cli.plan_file import read_plan_file
from api.cli.series import SERIES, Series
from api.cli.table import Column, Table, number, print_json
from api.cli.window import DEFAULT_HOURS, cut, floor_to_slot
from api.cli.world import price
from pricing import PriceBook, it_power_kw
from scheduler import Plan
from scheduler.shadow_prices import LINK_RESOURCE
from topology import CHINA_TIME, Catalogue, Horizon, Site, load_catalogue

HOUR = 60


@click.command()
@click.option(
    "--site", "name", metavar="SITE", help="One site, slot by slot; every site in short when left out."
)
@click.option(
    "--start",
    metavar="ISO",
    callback=read_instant,
    help="First instant; by default this hour, or the plan's.",
)
@click.option("--hours", type=Amount(min=0, min_open=True, max=366 * 24), help="Length; by default 24.")
@click.option(
    "--slot-minutes", type=click.IntRange(1, 1440), help="Slot length [min]; by default 60, or the plan's."
)
@click.option(
    "--plan",
    "plan_path",
    type=click.Path(path_type=Path),
    metavar="plan.json",
    help="Show its shadow prices.",
)
@CATALOGUE
@SERIES
@JSON
def prices(
    *,
    name: str | None,
    start: datetime | None,
    hours: float | None,
    slot_minutes: int | None,
    plan_path: Path | None,
    catalogue: str,
    series: Series,
    as_json: bool,
) -> None:
    """Show power price, carbon, PUE and the price of compute of a site, slot by slot.

    Figures that rest on an estimate are marked with ~. With --plan also what one more unit of each scarce
    resource, there and then, would save (its shadow price); without a site also one more Gbit/s of each scarce
    link.
    """
    if plan_path is not None and (start, hours, slot_minutes) != (None, None, None):
        raise click.UsageError("--plan brings its own time; leave out --start, --hours and --slot-minutes")
    world = load_catalogue(catalogue)
    sites = world.sites if name is None else (world.site(name),)
    plan = None if plan_path is None else read_plan_file(plan_path)
    horizon = _horizon(start, hours, slot_minutes) if plan is None else plan.horizon
    book = price(world, horizon, series)
    table = _overview(sites, book, plan) if name is None else _slots(sites[0], world, book, plan)
    links = None if plan is None or name is not None else _links(world, plan)
    if as_json:
        shown = {} if links is None else {"links": links.documents()}
        print_json(_document(table, sites, book) | shown)
        return
    click.echo(table.text())
    click.echo()
    if links is not None and links.rows:
        click.echo(links.text())
        click.echo()
    for line in _footnotes(sites, book):
        click.echo(line)


def _horizon(start: datetime | None, hours: float | None, slot_minutes: int | None) -> Horizon:
    minutes = slot_minutes or HOUR
    begin = start or floor_to_slot(datetime.now(UTC), minutes)
    return cut(begin, hours or DEFAULT_HOURS, minutes)


def _slots(site: Site, world: Catalogue, book: PriceBook, plan: Plan | None) -> Table:
    """One row a slot."""
    row = book.row(site.id)
    compute = _compute_cny_per_it_kwh(book, row)
    models = [world.accelerator(model) for model in site.capacity.accelerators]
    scarce = _shadow_prices(site.id, book.horizon, plan)
    columns = (
        Column(name="start", heading="CHINA TIME", show=lambda text: text[:16].replace("T", " ")),
        Column(name="power_cny_per_kwh", heading="POWER CNY/kWh", show=_marked(4, bool(book.estimated[row]))),
        Column(name="carbon_g_per_kwh", heading="CARBON g/kWh", show=number(0)),
        Column(name="pue_marginal", heading="PUE", show=number(3)),
        Column(name="compute_cny_per_it_kwh", heading="COMPUTE CNY/IT kWh", show=number(4)),
        Column(name="core_cny_per_hour", heading="CORE CNY/h", show=number(5)),
        *(Column(name=f"{m.id}_cny_per_hour", heading=f"{m.id} CNY/h", show=number(3)) for m in models),
        *(Column(name=f"shadow_{r}", heading=f"SCARCE {r} CNY/h", show=number(5)) for r in scarce),
    )
    core_kw = it_power_kw(1, 1.0, 0.0)
    kilowatts = [it_power_kw(1, 0.0, 0.0, model, 1.0) for model in models]
    rows = [
        (
            book.horizon.instant(slot).astimezone(CHINA_TIME).isoformat(),
            float(book.power_cny_per_kwh[row, slot]),
            float(book.carbon_g_per_kwh[row, slot]),
            float(book.pue_marginal[row, slot]),
            compute[slot],
            compute[slot] * core_kw,
            *(compute[slot] * it_kw for it_kw in kilowatts),
            *(values[slot] for values in scarce.values()),
        )
        for slot in range(book.horizon.slots)
    ]
    return Table(columns=columns, rows=rows)


def _overview(sites: Sequence[Site], book: PriceBook, plan: Plan | None) -> Table:
    """One row a site: means over the horizon, and the range of the power price."""
    columns = (
        Column(name="site", heading="SITE"),
        Column(name="name_zh", heading="NAME"),
        Column(name="power_cny_per_kwh", heading="POWER CNY/kWh", show=number(4)),
        Column(name="power_min_cny_per_kwh", heading="LOWEST", show=number(4)),
        Column(name="power_max_cny_per_kwh", heading="HIGHEST", show=number(4)),
        Column(name="carbon_g_per_kwh", heading="CARBON g/kWh", show=number(0)),
        Column(name="pue_marginal", heading="PUE", show=number(3)),
        Column(name="compute_cny_per_it_kwh", heading="COMPUTE CNY/IT kWh", show=number(4)),
        Column(name="estimated", heading="ESTIMATED", show=lambda is_estimated: "~" if is_estimated else ""),
        *([Column(name="scarce_slots", heading="SCARCE SLOTS", show=number(0))] if plan else []),
    )
    return Table(columns=columns, rows=[_overview_row(site, book, plan) for site in sites])


def _overview_row(site: Site, book: PriceBook, plan: Plan | None) -> tuple[Any, ...]:
    row = book.row(site.id)
    power = book.power_cny_per_kwh[row]
    scarce = () if plan is None else (len({p.slot for p in plan.shadow_prices if p.site == site.id}),)
    return (
        site.id,
        site.name_zh,
        float(power.mean()),
        float(power.min()),
        float(power.max()),
        float(book.carbon_g_per_kwh[row].mean()),
        float(book.pue_marginal[row].mean()),
        float(np.mean(_compute_cny_per_it_kwh(book, row))),
        bool(book.estimated[row]),
        *scarce,
    )


def _links(world: Catalogue, plan: Plan) -> Table:
    """One row a scarce link: what one more Gbit/s would save in an hour, while it is scarce."""
    by_link: dict[str, list[float]] = {}
    for shadow in plan.shadow_prices:
        if shadow.resource == LINK_RESOURCE:
            by_link.setdefault(shadow.site, []).append(shadow.cny_per_unit_hour)
    columns = (
        Column(name="link", heading="LINK"),
        Column(name="scarce_slots", heading="SCARCE SLOTS", show=number(0)),
        Column(name="mean_cny_per_gbps_hour", heading="MEAN CNY/Gbit/s h", show=number(4)),
        Column(name="highest_cny_per_gbps_hour", heading="HIGHEST", show=number(4)),
    )
    scarce = ((link.id, by_link[link.id]) for link in world.links if link.id in by_link)
    rows = [(link, len(cny), sum(cny) / len(cny), max(cny)) for link, cny in scarce]
    return Table(columns=columns, rows=rows)


def _compute_cny_per_it_kwh(book: PriceBook, row: int) -> list[float]:
    """Energy and carbon of one kWh at the rack, cooling included [CNY], a value a slot."""
    carbon_cny_per_kwh = book.carbon_g_per_kwh[row] / 1e6 * book.carbon_cny_per_t
    values: list[float] = (
        book.pue_marginal[row] * (book.power_cny_per_kwh[row] + carbon_cny_per_kwh)
    ).tolist()
    return values


def _shadow_prices(site: str, horizon: Horizon, plan: Plan | None) -> dict[str, list[float]]:
    """Resource -> price of one unit and hour in every slot, for the resources that are scarce at all."""
    scarce: dict[str, list[float]] = {}
    for shadow in plan.shadow_prices if plan is not None else ():
        if shadow.site == site:
            scarce.setdefault(shadow.resource, [0.0] * horizon.slots)[shadow.slot] = shadow.cny_per_unit_hour
    return dict(sorted(scarce.items()))


def _marked(digits: int, estimated: bool) -> Any:
    show = number(digits)
    return (lambda value: f"~{show(value)}") if estimated else show


def _footnotes(sites: Sequence[Site], book: PriceBook) -> list[str]:
    carbon_price = f"{book.carbon_cny_per_t:g} CNY/t CO2"
    lines = [f"COMPUTE is energy and carbon of one kWh at the rack, cooling included, at {carbon_price}."]
    if len(sites) == 1:
        source = book.provenance[book.row(sites[0].id)]
        lines += [f"power: {source.power}", f"carbon: {source.carbon}", f"PUE: {source.pue}"]
    estimated: dict[str, list[str]] = {}
    for site in sites:
        estimated.setdefault(book.provenance[book.row(site.id)].estimated, []).append(site.id)
    estimated.pop("", None)
    return lines + [f"~ {', '.join(names)}: {reason}" for reason, names in estimated.items()]


def _document(table: Table, sites: Sequence[Site], book: PriceBook) -> dict[str, Any]:
    return {
        "carbon_cny_per_t": book.carbon_cny_per_t,
        "sources": [
            {
                "site": site.id,
                "power": source.power,
                "carbon": source.carbon,
                "pue": source.pue,
                "estimated": source.estimated or None,
                "demand_charge_cny_per_kw_month": float(
                    book.demand_charge_cny_per_kw_month[book.row(site.id)]
                ),
            }
            for site, source in ((site, book.provenance[book.row(site.id)]) for site in sites)
        ],
        "prices": table.documents(),
    }
