"""Reads one CSV file of a catalogue folder into rows that know their lines, or says what is wrong with it."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from topology.fault import Fault

MAX_BYTES = 64 * 1024 * 1024
"""A larger file is refused before it is read [bytes]."""

_SHOWN = 80  # characters of a bad value worth showing


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of a table: its line number and its cells by column, stripped of surrounding blanks."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """What could be read of one file: its header, its whole rows and its faults."""

    file: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    faults: tuple[Fault, ...] = ()


def cut(value: str) -> str:
    """A value short enough to show."""
    return value if len(value) <= _SHOWN else value[:_SHOWN] + "…"


def read_table(path: Path) -> Table:
    """Read a CSV file; whatever is wrong with it is in the table's faults, nothing is raised."""
    text = _read_text(path)
    if isinstance(text, Fault):
        return Table(file=path.name, faults=(text,))
    return parse_table(path.name, text)


def parse_table(file: str, text: str) -> Table:
    """Cut CSV text into rows, leaving out the rows that are not whole."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    try:
        begins = 1
        for fields in reader:
            if any(field.strip() for field in fields):
                records.append((begins, [field.strip() for field in fields]))
            begins = reader.line_num + 1
    except csv.Error as error:
        return Table(
            file=file, faults=(Fault(file=file, line=reader.line_num, rule=f"must be CSV: {error}"),)
        )
    if len(records) < 2:
        what = (
            "is empty; a header row and one row at least are wanted"
            if not records
            else "has no rows below its header"
        )
        return Table(file=file, faults=(Fault(file=file, rule=what),))
    (header_line, header), *body = records
    columns = tuple(header)
    faults = [
        Fault(file=file, line=header_line, column=name, rule="stands twice in the header")
        for name in sorted({name for name in columns if columns.count(name) > 1})
    ]
    rows: list[Row] = []
    for line, fields in body:
        if len(fields) == len(columns):
            rows.append(Row(line=line, cells=dict(zip(columns, fields, strict=True))))
        else:
            shown = cut(",".join(fields))
            rule = f"has {len(fields)} fields; the header has {len(columns)}"
            faults.append(Fault(file=file, line=line, value=shown, rule=rule))
    return Table(file=file, columns=columns, rows=tuple(rows), faults=tuple(faults))


def _read_text(path: Path) -> str | Fault:
    try:
        rule = _why_not_read(path)
        if rule:
            return Fault(file=path.name, rule=rule)
        raw = path.read_bytes()
    except OSError as error:
        return Fault(file=path.name, rule=f"cannot be read: {error.strerror}")
    if b"\0" in raw:
        return Fault(
            file=path.name, line=_line_of(raw, raw.index(b"\0")), rule="must be text without NUL bytes"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        shown = repr(raw[error.start : error.end])
        return Fault(file=path.name, line=_line_of(raw, error.start), value=shown, rule="must be UTF-8")


def _why_not_read(path: Path) -> str:
    if not path.exists():
        return f"is missing from {path.parent}"
    if not path.is_file():
        return "must be an ordinary file"
    size = path.stat().st_size
    return f"is {size} bytes; at most {MAX_BYTES} are read" if size > MAX_BYTES else ""


def _line_of(raw: bytes, position: int) -> int:
    return raw[:position].count(b"\n") + 1
