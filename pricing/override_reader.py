"""Reads series of the user's own from CSV or Parquet (columns time, zone, value), refusing what is not sound.

Every time carries its UTC offset, and one offset holds for a whole file: a file whose offset changes was
written in a local time with daylight saving, where an hour is missing and another stands twice. The values of
a zone are evenly spaced; the step is that of its first two rows. Zones may follow one another or be mixed
line by line.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from pricing.errors import OverrideError
from pricing.override import Override, OverrideKind, value_rule

COLUMNS = ("time", "zone", "value")
MAX_BYTES = 256 * 1024 * 1024
"""A larger file is refused before it is read [bytes]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Record:
    """One row as it stands in the file."""

    line: int
    time: Any
    zone: str
    value: Any


@dataclass(kw_only=True, slots=True)
class _Zone:
    """The rows of one zone so far."""

    line: int
    times: list[datetime] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


def read_overrides(path: Path | str, kind: OverrideKind) -> tuple[Override, ...]:
    """The series of a file, one for each zone, in the order in which the zones appear.

    Args:
        path: A .csv or .parquet file with the columns time (ISO 8601 with UTC offset), zone (a site, a grid
            area or, for carbon, a province) and value [CNY/kWh or g CO2/kWh].
        kind: What the series replace.

    Raises:
        OverrideError: If the file or one of its rows is not sound; names the line.
    """
    path = Path(path)
    zones: dict[str, _Zone] = {}
    offset: timedelta | None = None
    for record in _records(path):
        time = _time(path.name, record)
        offset = _same_offset(path.name, record, time, offset)
        if not record.zone:
            raise OverrideError(path.name, record.line, "", "zone must be filled in")
        zone = zones.setdefault(record.zone, _Zone(line=record.line))
        _require_next(path.name, record, zone, time)
        zone.times.append(time)
        zone.values.append(_value(path.name, record, kind))
    if not zones:
        raise OverrideError(path.name, 0, "", "has no rows; a header and two rows at least are wanted")
    return tuple(_override(path.name, kind, name, zone) for name, zone in zones.items())


def _override(file: str, kind: OverrideKind, name: str, zone: _Zone) -> Override:
    if len(zone.times) < 2:
        raise OverrideError(
            file, zone.line, name, "has one row only; two at least are needed to know the step"
        )
    step = zone.times[1] - zone.times[0]
    values = np.array(zone.values)
    return Override(
        kind=kind, zone=name, start=zone.times[0], step=step, values=values, file=file, line=zone.line
    )


def _same_offset(file: str, record: _Record, time: datetime, offset: timedelta | None) -> timedelta:
    """The UTC offset of a row, which must be that of the rows before it."""
    here = time.utcoffset() or timedelta(0)
    if offset is not None and here != offset:
        rule = (
            f"changes the UTC offset of the file from {_shown(offset)} to {_shown(here)}, "
            "as daylight saving does; write every time in one offset"
        )
        raise OverrideError(file, record.line, str(record.time), rule)
    return here


def _require_next(file: str, record: _Record, zone: _Zone, time: datetime) -> None:
    """Check that a row follows the last one of its zone at the zone's step."""
    if not zone.times:
        return
    last = zone.times[-1]
    shown = str(record.time)
    if time == last:
        raise OverrideError(file, record.line, shown, f"stands twice for zone {record.zone!r}")
    if time < last:
        rule = f"comes after {last.isoformat()} in zone {record.zone!r}; rows must be sorted by time"
        raise OverrideError(file, record.line, shown, rule)
    if len(zone.times) < 2:
        return
    step = zone.times[1] - zone.times[0]
    if time - last != step:
        what = "leaves a gap" if time - last > step else "breaks the step"
        expected = (last + step).isoformat()
        raise OverrideError(
            file, record.line, shown, f"{what} in zone {record.zone!r}: {expected} was expected (step {step})"
        )


def _time(file: str, record: _Record) -> datetime:
    given = record.time
    if not isinstance(given, datetime):
        try:
            given = datetime.fromisoformat(str(given))
        except ValueError as error:
            rule = "must be a time like 2026-07-01T00:00:00+08:00"
            raise OverrideError(file, record.line, str(record.time), rule) from error
    if given.tzinfo is None or given.utcoffset() is None:
        rule = "must carry its UTC offset, for example +08:00 (a local time is ambiguous when clocks change)"
        raise OverrideError(file, record.line, str(record.time), rule)
    return given


def _value(file: str, record: _Record, kind: OverrideKind) -> float:
    shown = str(record.value)
    try:
        value = float(record.value) if "_" not in shown else float("nan")
    except (TypeError, ValueError):
        value = float("nan")
    if not 0 <= value <= kind.maximum:
        raise OverrideError(file, record.line, shown, value_rule(kind))
    return value


def _records(path: Path) -> Iterator[_Record]:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise OverrideError(path.name, 0, "", f"is {size} bytes; at most {MAX_BYTES} are read")
        if path.suffix.lower() == ".parquet":
            yield from _parquet_records(path)
        elif path.suffix.lower() == ".csv":
            yield from _csv_records(path.name, path.read_bytes())
        else:
            raise OverrideError(path.name, 0, path.suffix, "must be a .csv or .parquet file")
    except OSError as error:
        raise OverrideError(path.name, 0, str(path), f"cannot be read: {error.strerror or error}") from error


def _csv_records(file: str, raw: bytes) -> Iterator[_Record]:
    if b"\0" in raw:
        raise OverrideError(file, raw[: raw.index(b"\0")].count(b"\n") + 1, "NUL", "must be a text file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise OverrideError(file, line, repr(raw[error.start : error.end]), "must be UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        at = _columns(file, header)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                rule = f"has {len(cells)} fields; the header has {len(header)}"
                raise OverrideError(file, reader.line_num, ",".join(cells), rule)
            time, zone, value = (cells[index].strip() for index in at)
            yield _Record(line=reader.line_num, time=time, zone=zone, value=value)
    except csv.Error as error:
        raise OverrideError(file, reader.line_num, "", f"must be CSV: {error}") from error


def _parquet_records(path: Path) -> Iterator[_Record]:
    import pyarrow as pa  # noqa: PLC0415  (half a second to import: only who reads Parquet pays it)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, ValueError) as error:
        raise OverrideError(path.name, 0, "", f"must be a Parquet file: {error}") from error
    _columns(path.name, table.column_names)
    times = table["time"]
    if pa.types.is_timestamp(times.type) and times.type.tz is not None:
        times = times.cast(pa.timestamp("us", tz="UTC"))  # instants already: whatever zone they are shown in
    columns: Iterable[tuple[Any, Any, Any]] = zip(
        times.to_pylist(), table["zone"].to_pylist(), table["value"].to_pylist(), strict=True
    )
    for line, (time, zone, value) in enumerate(columns, start=2):
        instant = time.astimezone(UTC) if isinstance(time, datetime) and time.tzinfo else time
        yield _Record(line=line, time=instant, zone=str(zone or "").strip(), value=value)


def _columns(file: str, header: list[str]) -> list[int]:
    for name in COLUMNS:
        if header.count(name) != 1:
            rule = f"must have exactly one column {name!r}; wanted are {', '.join(COLUMNS)}"
            raise OverrideError(file, 1, ",".join(header), rule)
    return [header.index(name) for name in COLUMNS]


def _shown(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
