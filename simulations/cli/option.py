"""Options that both commands share, and how their reports are printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

CATALOGUE = click.option(
    "--catalogue",
    default="china",
    show_default=True,
    metavar="DIR",
    help="Catalogue folder, or a built-in name.",
)
OUT = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Jobs file to write, ending in .jsonl.",
)
SEED = click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0, 2**63 - 1), help="Same seed, same jobs."
)
MAX_HOURS = click.option(
    "--max-hours",
    default=12.0,
    show_default=True,
    type=click.FloatRange(0.0, 744.0, min_open=True),
    help="Cut longer run times to this.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")


def read_instant(ctx: click.Context, param: click.Parameter, value: str) -> datetime:
    """The aware instant that an option's ISO 8601 text names.

    Raises:
        click.BadParameter: it names none, or has no time zone.
    """
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        rule = f"{value!r} is not an ISO 8601 instant such as 2026-07-01T00:00+08:00"
        raise click.BadParameter(rule, ctx, param) from None
    if instant.tzinfo is None:
        raise click.BadParameter(f"{value!r} has no time zone; write for example {value}+08:00", ctx, param)
    return instant


def print_report(title: str, report: Mapping[str, object], *, as_json: bool) -> None:
    """Print a report as JSON, or as a title and one line for each entry."""
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    click.echo(title)
    for name, value in report.items():
        click.echo(f"  {name.replace('_', ' ')}: {_phrase(value)}")


def _phrase(value: object) -> str:
    """A value as words; a mapping becomes its entries with commas between."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_phrase(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value)
