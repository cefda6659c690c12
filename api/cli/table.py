"""A table for people (aligned, units in its headings) and for programs (JSON with the same names)."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: key in JSON, unit included.
        heading: words above the column, unit included.
        show: makes the text of one value; numbers are set to the right, texts to the left.
    """

    name: str
    heading: str
    show: Callable[[Any], str] = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns; a row has one value a column."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]

    def documents(self) -> list[dict[str, Any]]:
        """Return one object a row."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def text(self) -> str:
        """Return the aligned lines."""
        columns = [self._column(number) for number in range(len(self.columns))]
        return "\n".join("  ".join(cells).rstrip() for cells in zip(*columns, strict=True))

    def _column(self, number: int) -> list[str]:
        column = self.columns[number]
        values = [row[number] for row in self.rows]
        cells = [column.heading, *("-" if value is None else column.show(value) for value in values)]
        width = max(map(text_width, cells))
        right = all(value is None or isinstance(value, int | float | Decimal) for value in values)
        return [_pad(cell, width, right=right) for cell in cells]


def number(digits: int) -> Callable[[float], str]:
    """Return a writer of numbers with so many decimals and thousands apart."""
    return lambda value: f"{value:,.{digits}f}"


def percent(value: float) -> str:
    """Return a share as a percentage, with as many digits as a small gap needs."""
    return "under 0.001 %" if 0 < value < 1e-5 else f"{value * 100:.3g} %"


def print_json(document: Any) -> None:
    """Write one JSON document, Chinese names as they are."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))


def text_width(text: str) -> int:
    """Return how many columns a terminal uses; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pad(cell: str, width: int, *, right: bool) -> str:
    blank = " " * (width - text_width(cell))
    return blank + cell if right else cell + blank
