"""How each record becomes a row and comes back: one table a kind of record, columns from its fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_type_hints

from api.store.errors import BadQueryError, UnstorableError
from api.store.records import (
    Attempt,
    AuditRow,
    BillLine,
    Event,
    Head,
    IdempotencyRecord,
    Job,
    JobLabel,
    Key,
    Plan,
    Quote,
    SiteState,
    Tally,
    Tenant,
    Usage,
)

R = TypeVar("R")

Value = str | int | float | None
Row = tuple[Value, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a record: its SQL type and how its values are written and read (None: as they are)."""

    name: str
    sql_type: str
    write: Callable[[Any], Value] | None
    read: Callable[[Any], Any] | None


def _to_micros(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _to_json(value: Mapping[str, Any] | tuple[str, ...]) -> str:
    # Most maps are empty: not worth an encoder's time.
    return _ENCODE(value) if value else ""


def _from_json(text: str) -> Any:
    return json.loads(text) if text else {}


def _tuple_from_json(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()


def _money_to_json(parts: Mapping[str, Decimal]) -> str:
    return _to_json({name: str(value) for name, value in parts.items()})


def _money_from_json(text: str) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in _from_json(text).items()}


_Codec = tuple[str, Callable[[Any], Value] | None, Callable[[Any], Any] | None]
_CODECS: Mapping[object, _Codec] = {
    str: ("text", None, None),
    int: ("bigint", None, None),
    float: ("double precision", None, None),
    bool: ("bigint", int, bool),
    datetime: ("bigint", _to_micros, _from_micros),
    Decimal: ("text", str, Decimal),
    tuple[str, ...]: ("text", _to_json, _tuple_from_json),
    Mapping[str, str]: ("text", _to_json, _from_json),
    Mapping[str, int]: ("text", _to_json, _from_json),
    Mapping[str, float]: ("text", _to_json, _from_json),
    Mapping[str, Decimal]: ("text", _money_to_json, _money_from_json),
}


def _column(name: str, hint: Any) -> Column:
    """The column of a field; an optional one passes None through."""
    codec = _CODECS.get(hint)
    if codec is not None:
        return Column(name, *codec)
    (inner,) = (part for part in hint.__args__ if part is not type(None))
    sql_type, write, read = _CODECS[inner]
    return Column(name, sql_type, _or_none(write), _or_none(read))


def _or_none(convert: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


class Table(Generic[R]):
    """One kind of record: its table's name, its columns and which of them are the key."""

    def __init__(self, name: str, kind: type[R], *key: str) -> None:
        self.name, self.kind, self.key = name, kind, key
        hints = get_type_hints(kind)
        self.columns = tuple(_column(f.name, hints[f.name]) for f in fields(kind))  # type: ignore[arg-type]
        self.names = tuple(column.name for column in self.columns)
        self._by_name = {column.name: column for column in self.columns}
        self._values = attrgetter(*self.names)
        self._key = attrgetter(*key)
        self._writers = [(i, c.write) for i, c in enumerate(self.columns) if c.write is not None]
        self._readers = [(c.name, c.read) for c in self.columns if c.read is not None]
        texts = [name for name in self.names if hints[name] is str]
        # Twice the first: attrgetter of a single name would give no tuple.
        self._texts = attrgetter(texts[0], *texts)
        self._text_names = texts

    def key_of(self, record: R) -> tuple[Any, ...]:
        """The key's parts, as the record has them."""
        return (self._key(record),) if len(self.key) == 1 else self._key(record)

    def to_row(self, record: R) -> Row:
        """The record as column values, in the order of `names`."""
        row = list(self._values(record))
        for i, write in self._writers:
            row[i] = write(row[i])
        return tuple(row)

    def from_row(self, row: Iterable[Value]) -> R:
        """The record of a row with all columns in the order of `names`."""
        values: dict[str, Any] = dict(zip(self.names, row, strict=True))
        for name, read in self._readers:
            values[name] = read(values[name])
        return self.kind(**values)

    def require_field(self, name: str) -> Column:
        """The column of a field.

        Raises:
            BadQueryError: The record has no such field.
        """
        column = self._by_name.get(name)
        if column is None:
            raise BadQueryError(f"{self.kind.__name__} has no field {name!r}; it has {', '.join(self.names)}")
        return column

    def write_value(self, name: str, value: object) -> Value:
        """A field's value as its column holds it."""
        column = self.require_field(name)
        return value if column.write is None else column.write(value)  # type: ignore[return-value]

    def write_key(self, key: tuple[Any, ...]) -> Row:
        """A key's parts as their columns hold them.

        Raises:
            BadQueryError: The key has another number of parts.
        """
        if len(key) != len(self.key):
            raise BadQueryError(f"{self.kind.__name__} has the key ({', '.join(self.key)}), not {key!r}")
        return tuple(self.write_value(name, part) for name, part in zip(self.key, key, strict=True))

    def require_storable(self, record: R) -> None:
        """Refuse a text that PostgreSQL cannot hold, on every database alike.

        Raises:
            UnstorableError: Names the field.
        """
        text = "".join(self._texts(record))
        if _storable(text):
            return
        for name in self._text_names:
            if not _storable(getattr(record, name)):
                raise UnstorableError(self.kind.__name__, name, getattr(record, name))


def _storable(text: str) -> bool:
    return "\0" not in text and (text.isascii() or _encodable(text))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_ALL: tuple[Table[Any], ...] = (
    Table("tenants", Tenant, "name"),
    Table("keys", Key, "prefix"),
    Table("jobs", Job, "id"),
    Table("job_labels", JobLabel, "name", "value", "tenant", "created_at", "job"),
    Table("attempts", Attempt, "job", "number"),
    Table("plans", Plan, "id"),
    Table("events", Event, "seq"),
    Table("usages", Usage, "attempt", "started_at"),
    Table("bill_lines", BillLine, "tenant", "month", "job"),
    Table("idempotency", IdempotencyRecord, "tenant", "key"),
    Table("audit", AuditRow, "number"),
    Table("quotes", Quote, "id"),
    Table("site_states", SiteState, "site"),
    Table("tallies", Tally, "tenant", "period"),
    Table("heads", Head, "name"),
)
TABLES: Mapping[type, Table[Any]] = {table.kind: table for table in _ALL}


def key_kinds(table: Table[Any], order: Iterable[str]) -> tuple[type, ...]:
    """The Python type of each column that a listing is ordered by: what its cursor must hold."""
    return tuple(int if table.require_field(name).sql_type == "bigint" else str for name in order)


def table_of(kind: type[R]) -> Table[R]:
    """The table of a kind of record.

    Raises:
        BadQueryError: The store keeps no such thing.
    """
    table = TABLES.get(kind)
    if table is None:
        raise BadQueryError(
            f"the store keeps no {kind.__name__}; it keeps {', '.join(k.__name__ for k in TABLES)}"
        )
    return table
