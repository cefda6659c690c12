"""The user's own series of power prices and carbon, as options of every command that prices something."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from api.cli.choice import Amount

FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What replaces the catalogue's own figures.

    Attributes:
        power: files (CSV or Parquet: time, zone, value) of power prices [CNY/kWh].
        carbon: files of carbon intensity [g/kWh].
        carbon_cny_per_t: price of emissions [CNY/t], None for the national one.
    """

    power: tuple[Path, ...] = ()
    carbon: tuple[Path, ...] = ()
    carbon_cny_per_t: float | None = None


def SERIES(command: Callable[..., Any]) -> Callable[..., Any]:  # noqa: N802  (an option, like its neighbours)
    """Add the options of series to a command, which gets them as one argument `series`."""

    @click.option(
        "--power-series", type=FILE, multiple=True, metavar="FILE", help="Your own power prices [CNY/kWh]."
    )
    @click.option(
        "--carbon-series", type=FILE, multiple=True, metavar="FILE", help="Your own carbon intensity [g/kWh]."
    )
    @click.option(
        "--carbon-price",
        type=Amount(min=0),
        metavar="CNY/t",
        help="Price of emissions; by default China's.",
    )
    @functools.wraps(command)
    def with_series(
        *args: Any,
        power_series: tuple[Path, ...],
        carbon_series: tuple[Path, ...],
        carbon_price: float | None,
        **kwargs: Any,
    ) -> Any:
        series = Series(power=power_series, carbon=carbon_series, carbon_cny_per_t=carbon_price)
        return command(*args, series=series, **kwargs)

    return with_series
