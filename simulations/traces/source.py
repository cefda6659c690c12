"""Source: the lines and rows of a trace file, plain or gzip, with every way a file can be broken named."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from simulations.errors import TraceError
from simulations.traces.row import Row

MOST_BYTES = 512 * 1024**2
MOST_LINE_BYTES = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"

NumberedLine = tuple[int, str]


def read_lines(path: Path) -> Iterator[NumberedLine]:
    """The lines of a text file with their numbers from 1, blank ones left out.

    Raises:
        TraceError: the file is missing, unreadable, empty, larger than 512 MiB unpacked, truncated or
        damaged as
            gzip, not UTF-8, holds NUL bytes, or has a line over 64 KiB.
    """
    found = False
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            with gzip.GzipFile(fileobj=raw) if packed else raw as stream:
                for number, line in _decoded(path, stream):  # type: ignore[arg-type]
                    if line.strip():
                        found = True
                        yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TraceError(file=path, rule=f"is not a whole gzip file ({error}); fetch it again") from error
    except OSError as error:
        raise TraceError(file=path, rule=f"cannot be read: {error.strerror or error}") from error
    if not found:
        raise TraceError(file=path, rule="is empty; a trace has a header and rows")


def csv_rows(path: Path, lines: Iterable[NumberedLine], columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV table whose first line names its columns, in any order and with others beside.

    Args:
        path: the file, for messages.
        lines: its lines.
        columns: the columns that must be there.

    Raises:
        TraceError: a column is missing or named twice, or there is no row under the header.
    """
    numbered = iter(lines)
    line, header = next(numbered)
    names = [name.strip() for name in _cells(path, line, header.removeprefix("\ufeff"))]
    for column in columns:
        if names.count(column) != 1:
            rule = f"must name the column {column} once; a trace of this format has {', '.join(columns)}"
            raise TraceError(file=path, line=line, column=column, value=header.strip(), rule=rule)
    empty = True
    for line, text in numbered:
        empty = False
        cells = _cells(path, line, text)
        # A short row is the row's own fault, so its missing cells are empty and fail where they are read.
        cells += [""] * (len(names) - len(cells))
        yield Row(line, dict(zip(names, cells, strict=False)))
    if empty:
        raise TraceError(file=path, rule="has a header but no rows")


def _decoded(path: Path, stream: BinaryIO) -> Iterator[NumberedLine]:
    taken, number = 0, 0
    while raw := stream.readline(MOST_LINE_BYTES + 1):
        number += 1
        taken += len(raw)
        if taken > MOST_BYTES:
            raise TraceError(
                file=path, rule=f"is larger than {MOST_BYTES // 1024**2} MiB unpacked; cut it first"
            )
        if len(raw) > MOST_LINE_BYTES:
            raise TraceError(
                file=path, line=number, rule=f"a line may be {MOST_LINE_BYTES // 1024} KiB long at most"
            )
        if b"\0" in raw:
            raise TraceError(file=path, line=number, rule="holds a NUL byte; a trace is text")
        try:
            yield number, raw.decode("utf-8")
        except UnicodeDecodeError as error:
            shown = raw[error.start : error.end].hex(" ")
            raise TraceError(
                file=path, line=number, value=shown, rule="is not UTF-8; convert the file"
            ) from error


def _cells(path: Path, line: int, text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as error:
        raise TraceError(
            file=path, line=line, value=text.strip(), rule=f"is not a CSV line: {error}"
        ) from error
