"""Options that several commands share, each parsed where it enters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

CATALOGUE = click.option(
    "--catalogue",
    default="china",
    show_default=True,
    metavar="DIR",
    help="Catalogue folder, or a built-in name.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


class Instant(click.ParamType):
    """An ISO 8601 instant that states its zone."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return an aware datetime; anything else is bad usage."""
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 instant such as 2026-07-01T09:00+08:00", param, ctx)
        if instant.tzinfo is None:
            self.fail(f"{value!r} has no time zone; write for example {value}+08:00", param, ctx)
        return instant


def stack(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return one decorator that adds several options in the order given."""

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add
