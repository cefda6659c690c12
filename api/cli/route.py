"""edwc route."""

from __future__ import annotations

import click

from api.cli.choice import CATALOGUE, JSON, Amount
from api.cli.table import Column, Table, number, print_json
from topology import Catalogue, Network, NoRoute, Route, load_catalogue

COLUMNS = (
    Column(name="from", heading="FROM"),
    Column(name="to", heading="TO"),
    Column(name="link", heading="LINK"),
    Column(name="length_km", heading="LENGTH km", show=number(1)),
    Column(name="latency_ms", heading="ONE-WAY ms", show=number(3)),
    Column(name="capacity_gbps", heading="CAPACITY Gbit/s", show=number(0)),
    Column(name="price_cny_per_gb", heading="PRICE CNY/GB", show=number(4)),
)


@click.command()
@click.option("--from", "start", required=True, metavar="PLACE", help="Site or city where the way begins.")
@click.option("--to", "goal", required=True, metavar="PLACE", help="Site or city where it ends.")
@click.option("--by", type=click.Choice(["latency", "price"]), default="latency", show_default=True)
@click.option("--size-gb", type=Amount(min=0), default=1000.0, show_default=True, help="Data to move [GB].")
@click.option("--rate-gbps", type=Amount(min=0, min_open=True), default=10.0, show_default=True)
@CATALOGUE
@JSON
@click.pass_context
def route(
    ctx: click.Context,
    *,
    start: str,
    goal: str,
    by: str,
    size_gb: float,
    rate_gbps: float,
    catalogue: str,
    as_json: bool,
) -> None:
    """Show the route between two places: hops, round trip, price, transfer time; exit 1 when none."""
    world = load_catalogue(catalogue)
    try:
        best = Network(world).route(start, goal, by="price" if by == "price" else "latency")
    except NoRoute as nothing:
        click.echo(nothing, err=True)
        ctx.exit(1)
    hops = _hops(best, world)
    rate = min(rate_gbps, best.bottleneck_gbps)
    minutes = size_gb * 8 / rate / 60 if best.links else 0.0
    if as_json:
        print_json(_document(best, hops) | {"size_gb": size_gb, "transfer_minutes": minutes})
        return
    if best.links:
        click.echo(hops.text())
        click.echo()
    click.echo(f"round trip        {best.rtt_ms:.3f} ms over {best.length_km:,.0f} km of fibre")
    click.echo(f"price             {best.price_cny_per_gb:.4f} CNY/GB")
    click.echo(
        f"{size_gb:,.10g} GB".ljust(18)
        + f"{minutes:,.1f} min at {rate:g} Gbit/s, {size_gb * best.price_cny_per_gb:,.2f} CNY"
    )


def _hops(best: Route, world: Catalogue) -> Table:
    links = {link.id: link for link in world.links}
    rows = [
        (
            a,
            b,
            name,
            links[name].length_km,
            links[name].latency_ms,
            links[name].capacity_gbps,
            links[name].price_cny_per_gb,
        )
        for a, b, name in zip(best.nodes, best.nodes[1:], best.links, strict=False)
    ]
    return Table(columns=COLUMNS, rows=rows)


def _document(best: Route, hops: Table) -> dict[str, object]:
    return {
        "from": best.nodes[0],
        "to": best.nodes[-1],
        "hops": hops.documents(),
        "rtt_ms": best.rtt_ms,
        "price_cny_per_gb": best.price_cny_per_gb,
        "bottleneck_gbps": best.bottleneck_gbps if best.links else None,
        "length_km": best.length_km,
    }
