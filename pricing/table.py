"""Reads one CSV file of pricing data into typed rows, as the data dictionary says."""

import csv
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.errors import PriceDataError
from topology import Column

DATA_FOLDER = Path(__file__).parent / "data"
"""Where the built-in pricing data lie."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of a file of pricing data: typed values by column, None where an optional cell is empty.

    Attributes:
        file: Name of the file.
        line: Line in the file.
        values: Values by column.
        cells: The cells as they stand in the file.
    """

    file: str
    line: int
    values: Mapping[str, Any]
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def fault(self, column: str, rule: str) -> PriceDataError:
        """The error to raise about one cell of this row."""
        return PriceDataError(self.file, self.line, column, self.cells.get(column, ""), rule)


@functools.cache
def load_price_dictionary() -> Mapping[str, tuple[Column, ...]]:
    """Every column of the pricing data, by file, in the order they are documented."""
    files: dict[str, list[Column]] = {}
    with (DATA_FOLDER / "dictionary.csv").open(encoding="utf-8", newline="") as stream:
        for cells in csv.DictReader(stream):
            files.setdefault(cells["file"], []).append(_column(cells))
    return {file: tuple(columns) for file, columns in files.items()}


def read_rows(path: Path) -> tuple[Row, ...]:
    """The typed rows of one data file; its name must stand in the dictionary.

    Raises:
        PriceDataError: If a column is missing or a cell breaks its rule.
    """
    columns = load_price_dictionary()[path.name]
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        found = reader.fieldnames or ()
        for column in columns:
            if column.column not in found:
                raise PriceDataError(path.name, 1, column.column, "", "is a missing column")
        return tuple(
            Row(
                file=path.name,
                line=reader.line_num,
                cells=cells,
                values={
                    column.column: _value(path.name, reader.line_num, column, cells) for column in columns
                },
            )
            for cells in reader
        )


def _value(file: str, line: int, column: Column, cells: Mapping[str, str | None]) -> Any:
    cell = cells[column.column]
    if not cell:
        if column.required:
            raise PriceDataError(file, line, column.column, "", "must be filled in")
        return None
    try:
        return column.read(cell)
    except ValueError as error:
        raise PriceDataError(file, line, column.column, cell, column.rule) from error


def _column(cells: Mapping[str, str]) -> Column:
    return Column(
        file=cells["file"],
        column=cells["column"],
        type=cells["type"],
        unit=cells["unit"],
        required=cells["required"] == "yes",
        minimum=float(cells["minimum"] or -math.inf),
        maximum=float(cells["maximum"] or math.inf),
        choices=tuple(cells["choices"].split(";")) if cells["choices"] else (),
        description=cells["description"],
        source=cells["source"],
    )
