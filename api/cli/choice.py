"""Options that several commands share, each parsed where it enters."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import click

CATALOGUE = click.option(
    "--catalogue",
    default="china",
    show_default=True,
    metavar="DIR",
    help="Catalogue folder, or a built-in name.",
)
JOBS = click.option(
    "--jobs", "jobs_path", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Jobs file."
)
LIMITS = click.option(
    "--limits",
    "limits_path",
    type=click.Path(path_type=Path),
    metavar="limits.toml",
    help="Quotas of tenants, energy of sites, own sun.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


class Amount(click.FloatRange):
    """A finite number in a range."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; NaN and infinity are bad usage."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


def read_instant(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Return an aware datetime from an option's ISO 8601 text, None when the option is left out.

    Raises:
        click.BadParameter: not an instant, or without a time zone.
    """
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        rule = f"{value!r} is not an ISO 8601 instant such as 2026-07-01T09:00+08:00"
        raise click.BadParameter(rule, ctx, param) from None
    if instant.tzinfo is None:
        raise click.BadParameter(f"{value!r} has no time zone; write for example {value}+08:00", ctx, param)
    return instant
