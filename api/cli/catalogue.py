"""edwc catalogue validate | show | export."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.cli.choice import CATALOGUE, JSON
from api.cli.file import write_whole
from api.cli.table import Column, Table, number, print_json
from topology import (
    Catalogue,
    CatalogueError,
    Resources,
    load_catalogue,
    to_geojson,
    to_graphml,
    validate_catalogue,
)

COLUMNS = (
    Column(name="file", heading="FILE"),
    Column(name="line", heading="LINE"),
    Column(name="column", heading="COLUMN"),
    Column(name="value", heading="VALUE"),
    Column(name="rule", heading="RULE"),
)


@click.group()
def catalogue() -> None:
    """Validate, show or export a catalogue of sites and links."""


@catalogue.command()
@CATALOGUE
@JSON
@click.pass_context
def validate(ctx: click.Context, catalogue: str, as_json: bool) -> None:
    """Report every fault of a catalogue folder in one run; exit 1 when there is one."""
    faults = validate_catalogue(catalogue)
    if any(fault.file == catalogue for fault in faults):
        raise CatalogueError(faults)  # there is no such folder: bad input, not a broken catalogue
    if as_json:
        rows = [(fault.file, fault.line or None, fault.column, fault.value, fault.rule) for fault in faults]
        print_json(Table(columns=COLUMNS, rows=rows).documents())
    else:
        for fault in faults:
            click.echo(fault)
        click.echo(
            f"{len(faults)} fault{'s' * (len(faults) > 1)} in {catalogue}"
            if faults
            else _praise(load_catalogue(catalogue))
        )
    ctx.exit(1 if faults else 0)


def _praise(sound: Catalogue) -> str:
    return (
        f"{sound.name} is sound: {len(sound.sites)} sites, {len(sound.cities)} cities, "
        f"{len(sound.links)} links, {len(sound.accelerators)} accelerator models"
    )


@catalogue.command()
@click.argument("part", type=click.Choice(["sites", "cities", "links", "accelerators"]), default="sites")
@CATALOGUE
@JSON
def show(part: str, catalogue: str, as_json: bool) -> None:
    """Show one part of a catalogue: sites (by default), cities, links or accelerators."""
    tables = {"sites": _sites, "cities": _cities, "links": _links, "accelerators": _accelerators}
    table = tables[part](load_catalogue(catalogue))
    if as_json:
        print_json(table.documents())
    else:
        click.echo(table.text())


def _sites(shown: Catalogue) -> Table:
    columns = (
        Column(name="site", heading="SITE"),
        Column(name="name_zh", heading="NAME"),
        Column(name="kind", heading="KIND"),
        Column(name="hub", heading="HUB"),
        Column(name="province", heading="PROVINCE"),
        Column(name="power_limit_kw", heading="POWER kW", show=number(0)),
        Column(name="cpu_cores", heading="CORES", show=number(0)),
        Column(name="memory_gib", heading="MEMORY GiB", show=number(0)),
        Column(name="cooling", heading="COOLING"),
        Column(name="tags", heading="TAGS", show=_listed),
        Column(name="accelerators", heading="ACCELERATORS", show=_counted),
    )
    return Table(
        columns=columns,
        rows=[
            (
                site.id,
                site.name_zh,
                site.kind.value,
                site.hub or None,
                site.province,
                site.power_limit_kw,
                site.capacity.cpu_cores,
                site.capacity.memory_gib,
                site.cooling.value,
                sorted(site.tags),
                _models(site.capacity),
            )
            for site in shown.sites
        ],
    )


def _cities(shown: Catalogue) -> Table:
    columns = (
        Column(name="city", heading="CITY"),
        Column(name="name_en", heading="NAME"),
        Column(name="name_zh", heading="NAME"),
        Column(name="province", heading="PROVINCE"),
        Column(name="population", heading="POPULATION", show=number(0)),
        Column(name="latitude_deg", heading="LATITUDE deg", show=number(3)),
        Column(name="longitude_deg", heading="LONGITUDE deg", show=number(3)),
    )
    rows = [
        (
            city.id,
            city.name_en,
            city.name_zh,
            city.province,
            city.population,
            city.latitude_deg,
            city.longitude_deg,
        )
        for city in shown.cities
    ]
    return Table(columns=columns, rows=rows)


def _links(shown: Catalogue) -> Table:
    columns = (
        Column(name="link", heading="LINK"),
        Column(name="a", heading="FROM"),
        Column(name="b", heading="TO"),
        Column(name="line", heading="LINE"),
        Column(name="length_km", heading="LENGTH km", show=number(1)),
        Column(name="latency_ms", heading="ONE-WAY ms", show=number(3)),
        Column(name="capacity_gbps", heading="CAPACITY Gbit/s", show=number(0)),
        Column(name="price_cny_per_gb", heading="PRICE CNY/GB", show=number(4)),
        Column(name="directed", heading="DIRECTED", show=lambda directed: "yes" if directed else "no"),
    )
    rows = [
        (
            link.id,
            link.a,
            link.b,
            link.line,
            link.length_km,
            link.latency_ms,
            link.capacity_gbps,
            link.price_cny_per_gb,
            link.directed,
        )
        for link in shown.links
    ]
    return Table(columns=columns, rows=rows)


def _accelerators(shown: Catalogue) -> Table:
    columns = (
        Column(name="accelerator", heading="ACCELERATOR"),
        Column(name="name", heading="NAME"),
        Column(name="power_w", heading="POWER W", show=number(0)),
        Column(name="memory_gib", heading="MEMORY GiB", show=number(0)),
        Column(name="fp16_tflops", heading="FP16 TFLOPS", show=number(1)),
        Column(name="installed", heading="INSTALLED", show=number(0)),
    )
    rows = [
        (
            model.id,
            model.name,
            model.power_w,
            model.memory_gib,
            model.fp16_tflops,
            sum(site.capacity.get(model.id) for site in shown.sites),
        )
        for model in shown.accelerators
    ]
    return Table(columns=columns, rows=rows)


def _models(capacity: Resources) -> dict[str, float]:
    return dict(capacity.accelerators)


def _listed(tags: list[str]) -> str:
    return ",".join(tags) or "-"


def _counted(models: dict[str, float]) -> str:
    return ",".join(f"{model}={count:g}" for model, count in models.items()) or "-"


@catalogue.command()
@CATALOGUE
@click.option("--format", "form", type=click.Choice(["geojson", "graphml"]), help="By default told by --out.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output when left out.")
def export(catalogue: str, form: str | None, out: Path | None) -> None:
    """Write a catalogue as GeoJSON (for maps) or GraphML (for graph tools)."""
    form = form or ("graphml" if out is not None and out.suffix == ".graphml" else "geojson")
    exported = load_catalogue(catalogue)
    if form == "graphml":
        text = to_graphml(exported)
    else:
        text = json.dumps(to_geojson(exported), ensure_ascii=False, indent=1) + "\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        write_whole(out, text)
