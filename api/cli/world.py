"""The world of a command: a catalogue, its network and the prices of a horizon."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from api.cli.series import Series
from pricing import OverrideKind, PriceBook, build_price_book, read_overrides
from scheduler import DocumentError, Job, ReferenceFault, World, WorldError, check_references, read_allowances
from topology import Catalogue, Horizon, Network, load_catalogue


def price(catalogue: Catalogue, horizon: Horizon, series: Series) -> PriceBook:
    """Return the prices of every site in a horizon.

    Raises:
        PricingError: a series cannot be read or does not cover the horizon, or a site has no tariff.
    """
    power = [override for path in series.power for override in read_overrides(path, OverrideKind.POWER)]
    carbon = [override for path in series.carbon for override in read_overrides(path, OverrideKind.CARBON)]
    overrides = (*power, *carbon)
    return build_price_book(catalogue, horizon, overrides=overrides, carbon_cny_per_t=series.carbon_cny_per_t)


def build_world(name: str, horizon: Horizon, series: Series) -> World:
    """Return the world of a catalogue folder (or built-in name) over a horizon.

    Raises:
        TopologyError: the catalogue is broken.
        PricingError: it cannot be priced.
    """
    catalogue = load_catalogue(name)
    return World(catalogue=catalogue, network=Network(catalogue), prices=price(catalogue, horizon, series))


def limited(world: World, path: Path | None) -> World:
    """Return the world under the limits of a file; without one, as it is.

    Raises:
        DocumentError: the file breaks a rule, or names what the world does not have.
    """
    if path is None:
        return world
    try:
        return read_allowances(path).applied_to(world)
    except WorldError as error:
        raise DocumentError(rule=str(error), file=str(path)) from None


def require_known_places(jobs: Sequence[Job], catalogue: Catalogue, path: Path) -> None:
    """Check that the catalogue has what the jobs of a file name.

    Raises:
        DocumentError: it has not; the message names the file too.
    """
    try:
        check_references(jobs, catalogue)
    except ReferenceFault as fault:
        raise DocumentError(rule=str(fault), file=str(path)) from None
