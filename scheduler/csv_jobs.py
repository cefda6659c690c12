"""CSV jobs: one flat job a row, one variant, at most one input and one output."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from scheduler.errors import DocumentError, nearest_names, shorten


def _number(text: str) -> float:
    return float(text)


def _whole(text: str) -> int:
    return int(text)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(";") if word.strip()]


# Column -> where it goes in the document and how its text is read. A number in a path is a place in a list.
COLUMNS: dict[str, tuple[tuple[str | int, ...], Callable[[str], Any]]] = {
    "name": (("name",), str),
    "tenant": (("tenant",), str),
    "cpu_cores": (("demand", "cpu_cores"), _number),
    "memory_gib": (("demand", "memory_gib"), _number),
    "accelerator": (("variants", 0, "accelerator"), str),
    "count": (("variants", 0, "count"), _number),
    "runtime_minutes": (("variants", 0, "runtime_minutes"), _number),
    "tasks": (("tasks",), _whole),
    "release": (("release",), str),
    "deadline": (("deadline",), str),
    "origin": (("origin",), str),
    "rtt_ms_max": (("rtt_ms_max",), _number),
    "input_at": (("inputs", 0, "at"), str),
    "input_size_gb": (("inputs", 0, "size_gb"), _number),
    "output_to": (("outputs", 0, "to"), str),
    "output_size_gb": (("outputs", 0, "size_gb"), _number),
    "provinces": (("residency", "provinces"), _words),
    "hubs": (("residency", "hubs"), _words),
    "tags": (("residency", "tags"), _words),
    "min_run_minutes": (("interruptible", "min_run_minutes"), _number),
    "checkpoint_gb": (("interruptible", "checkpoint_gb"), _number),
    "restart_minutes": (("interruptible", "restart_minutes"), _number),
    "spread": (("spread",), str),
    "priority": (("priority",), _whole),
    "value_cny": (("value_cny",), _number),
    "budget_cny": (("budget_cny",), _number),
    "carbon_kg_max": (("carbon_kg_max",), _number),
    "image": (("image",), str),
}


def read_documents(content: bytes, file: str) -> Iterator[tuple[object, int]]:
    """Yield each row's job document and its line.

    Raises:
        DocumentError: an unknown or repeated column, a row of another length, a wrong number, broken quotes.
    """
    rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows)]
        _check_header(header, file)
        for row in rows:
            if any(text.strip() for text in row):
                yield _document(header, row, file, rows.line_num), rows.line_num
    except csv.Error as error:
        raise DocumentError(rule=f"not valid CSV ({error})", file=file, line=rows.line_num) from None


def _check_header(header: list[str], file: str) -> None:
    for position, name in enumerate(header):
        if name not in COLUMNS:
            nearest = nearest_names(name, COLUMNS, 1)
            hint = f"did you mean {nearest[0]}?" if nearest else "known are " + ", ".join(COLUMNS)
            raise DocumentError(rule=f"is no known column; {hint}", file=file, line=1, field=shorten(name))
        if name in header[:position]:
            raise DocumentError(rule="is given twice; name each column once", file=file, line=1, field=name)


def _document(header: list[str], row: list[str], file: str, line: int) -> dict[str, Any]:
    if len(row) != len(header):
        rule = f"has {len(row)} cells; the header names {len(header)} columns"
        raise DocumentError(rule=rule, file=file, line=line)
    document: dict[str, Any] = {"demand": {}}
    for name, text in zip(header, row, strict=True):
        if not text.strip():
            continue
        path, read = COLUMNS[name]
        try:
            value = read(text.strip())
        except ValueError:
            rule = "must be a whole number" if read is _whole else "must be a number"
            raise DocumentError(rule=rule, file=file, line=line, field=name, value=shorten(text)) from None
        _put(document, path, value)
    return document


def _put(document: dict[str, Any], path: tuple[str | int, ...], value: object) -> None:
    """Write a value at its path; a list is only ever one long."""
    part: Any = document
    for step, following in itertools.pairwise(path):
        empty: Any = [{}] if isinstance(following, int) else {}
        part = part[step] if isinstance(step, int) else part.setdefault(step, empty)
    part[path[-1]] = value
