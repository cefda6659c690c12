"""A catalogue folder as read: every row of every file with its cells held against the dictionary."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from topology.dictionary import DATA_FOLDER, Column, load_dictionary
from topology.fault import Fault
from topology.table import Row, Table, cut, read_table

SITES, CITIES, LINKS, ACCELERATORS = "sites.csv", "cities.csv", "links.csv", "accelerators.csv"

_KEYS = {"id", "a", "b"}  # without these columns a file says nothing that others could be held against


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One row with its cells read: values by column (empty optional cells left out), and where it stood."""

    file: str
    line: int
    cells: dict[str, str]
    values: dict[str, Any]

    def fault(self, column: str, rule: str, value: str | None = None) -> Fault:
        """A fault of one cell of this row."""
        given = self.cells.get(column, "") if value is None else value
        return Fault(file=self.file, line=self.line, column=column, value=cut(given), rule=rule)


@dataclass(kw_only=True, slots=True)
class Folder:
    """What was read of a catalogue folder.

    Attributes:
        path: The folder.
        records: Rows by file name.
        unread: Files that cannot be held against others: missing, unreadable or without their key columns.
        faults: What was found wrong so far.
    """

    path: Path
    records: dict[str, list[Record]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def ids(self, *files: str) -> dict[str, Record]:
        """The first record of each id in these files."""
        found: dict[str, Record] = {}
        for record in (record for file in files for record in self.records.get(file, [])):
            if "id" in record.values:
                found.setdefault(record.values["id"], record)
        return found


def folder_of(name: Path | str) -> Path:
    """The folder of a built-in catalogue, or the folder named."""
    if isinstance(name, str) and name in built_in_names():
        return DATA_FOLDER / name
    return Path(name)


def built_in_names() -> tuple[str, ...]:
    """Names of the catalogues that come with the product."""
    return tuple(sorted(path.name for path in DATA_FOLDER.iterdir() if (path / SITES).is_file()))


def open_folder(name: Path | str) -> Folder:
    """Read every file of a catalogue folder cell by cell, keeping what is whole and every fault.

    A folder without accelerators.csv uses the built-in accelerators.
    """
    folder = Folder(path=folder_of(name))
    if not folder.path.is_dir():
        known = ", ".join(built_in_names())
        folder.faults.append(
            Fault(file=str(name), rule=f"must be a folder, or a built-in catalogue: {known}")
        )
        return folder
    for file, columns in load_dictionary().items():
        path = folder.path / file
        if file == ACCELERATORS and not path.exists():
            path = DATA_FOLDER / "china" / file
        _read_file(folder, read_table(path), columns)
    return folder


def _read_file(folder: Folder, table: Table, columns: tuple[Column, ...]) -> None:
    folder.faults.extend(table.faults)
    keys = {column.column for column in columns if column.required and column.column in _KEYS}
    if not keys <= set(table.columns):
        folder.unread.add(table.file)
    if not table.columns:
        return
    known = [column.column for column in columns]
    for column in columns:
        if column.required and column.column not in table.columns:
            folder.faults.append(
                Fault(file=table.file, line=1, column=column.column, rule="is a missing column")
            )
    for name in table.columns:
        if name not in known:
            rule = f"is an unknown column; known are {', '.join(known)}"
            folder.faults.append(Fault(file=table.file, line=1, column=name, rule=rule))
    present = [column for column in columns if column.column in table.columns]
    for row in table.rows:
        record, faults = _read_row(table.file, row, present)
        folder.records.setdefault(table.file, []).append(record)
        folder.faults.extend(faults)


def _read_row(file: str, row: Row, columns: list[Column]) -> tuple[Record, list[Fault]]:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for column in columns:
        cell = row.cells[column.column]
        try:
            if cell:
                values[column.column] = column.read(cell)
            elif column.required:
                raise ValueError
        except ValueError:
            fault = Fault(file=file, line=row.line, column=column.column, value=cut(cell), rule=column.rule)
            faults.append(fault)
    return Record(file=file, line=row.line, cells=row.cells, values=values), faults
