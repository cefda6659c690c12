"""The data dictionary: for every file and column of a catalogue its unit, type, range, meaning and source.

It drives the reading and the validation of a folder and the tables of docs/catalogue.md.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from topology.errors import CatalogueError
from topology.rules import ID_RULE, is_id
from topology.table import Row, read_table

DATA_FOLDER = Path(__file__).parent / "data"
"""Where the built-in catalogues lie, one folder each."""

_WORDS = ("yes", "no")


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """What one column of a catalogue file must hold.

    Attributes:
        file: Name of the file.
        column: Name of the column.
        type: id, text, number, integer, yes-no, choice, list (a;b) or counts (a=1;b=2).
        unit: Unit of the numbers, or "".
        required: Whether the column must be there and every cell filled.
        minimum: Least number allowed.
        maximum: Greatest number allowed.
        choices: The words a choice allows.
        description: What the column means.
        source: Where the built-in figures come from.
    """

    file: str
    column: str
    type: str
    unit: str = ""
    required: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    choices: tuple[str, ...] = ()
    description: str = ""
    source: str = ""

    @property
    def rule(self) -> str:
        """What a cell may hold, as a sentence."""
        match self.type:
            case "number" | "integer" | "counts":
                noun = {"number": "a finite number", "integer": "a whole number"}.get(
                    self.type, "model=count pairs joined by ';', each count a finite number"
                )
                low = "" if math.isinf(self.minimum) else f" at least {self.minimum:.12g}"
                high = "" if math.isinf(self.maximum) else f" at most {self.maximum:.12g}"
                return f"must be {noun}{low}{' and' if low and high else ''}{high}"
            case "choice":
                return f"must be one of {', '.join(self.choices)}"
            case "yes-no":
                return "must be yes or no"
            case "id":
                return ID_RULE
            case "list":
                return "must be words joined by ';'"
            case _:
                return "must be a text and not empty"

    def read(self, cell: str) -> Any:
        """The value of a filled cell, of the column's type.

        Raises:
            ValueError: If the cell breaks the column's rule.
        """
        readers: dict[str, Callable[[str], Any]] = {
            "number": self._number,
            "integer": self._whole,
            "yes-no": lambda text: _chosen(text, _WORDS) == "yes",
            "choice": lambda text: _chosen(text, self.choices),
            "id": _id,
            "list": lambda text: frozenset(_parts(text)),
            "counts": self._counts,
        }
        return readers.get(self.type, str)(cell)

    def _number(self, cell: str) -> float:
        number = float(cell)
        if "_" in cell or not math.isfinite(number) or not self.minimum <= number <= self.maximum:
            _refuse(cell)
        return number

    def _whole(self, cell: str) -> int:
        self._number(cell)
        return int(cell)

    def _counts(self, cell: str) -> dict[str, float]:
        counts: dict[str, float] = {}
        for pair in _parts(cell):
            model, _, count = pair.partition("=")
            if model.strip() in counts:
                _refuse(pair)
            counts[_id(model.strip())] = self._number(count)
        return counts


def _refuse(cell: str) -> NoReturn:
    raise ValueError(cell)


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _chosen(cell: str, choices: tuple[str, ...]) -> str:
    return cell if cell in choices else _refuse(cell)


def _id(cell: str) -> str:
    return cell if is_id(cell) else _refuse(cell)


@functools.cache
def load_dictionary() -> dict[str, tuple[Column, ...]]:
    """Every column of a catalogue folder, by file, in the order they are documented.

    Raises:
        CatalogueError: If the dictionary itself is broken.
    """
    table = read_table(DATA_FOLDER / "china" / "dictionary.csv")
    if table.faults:
        raise CatalogueError(table.faults)
    files: dict[str, list[Column]] = {}
    for row in table.rows:
        files.setdefault(row.cells["file"], []).append(_column(row))
    return {file: tuple(columns) for file, columns in files.items()}


def _column(row: Row) -> Column:
    cells = row.cells
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
