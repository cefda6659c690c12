"""Each query as one SQL statement, the same for SQLite and PostgreSQL, and how its rows become the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from api.store.errors import BadQueryError
from api.store.queries import (
    PUBLIC_KINDS,
    Committed,
    Events,
    JobCounts,
    Jobs,
    LastSeq,
    Many,
    One,
    Page,
    fold_case,
    read_cursor,
    write_cursor,
)
from api.store.records import Event, Job, Tally
from api.store.tables import Row, Table, Value, key_kinds, table_of


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `?` for each parameter, and what makes the answer of its rows."""

    sql: str
    parameters: tuple[Value, ...]
    answer: Callable[[Sequence[Row]], Any]


class _Where:
    """Conditions that must all hold, with their parameters."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self.parameters: list[Value] = []

    def add(self, condition: str, *parameters: Value) -> None:
        self._conditions.append(condition)
        self.parameters += parameters

    def __str__(self) -> str:
        return " WHERE " + " AND ".join(self._conditions) if self._conditions else ""


@singledispatch
def statement_of(query: object) -> Statement:
    """The statement that answers a query.

    Raises:
        BadQueryError: The store does not know such a question, field or cursor.
    """
    raise BadQueryError(f"{type(query).__name__} is no question the store knows")


@statement_of.register
def _one(query: One) -> Statement:  # type: ignore[type-arg]
    table: Table[Any] = table_of(query.kind)
    key = query.key if isinstance(query.key, tuple) else (query.key,)
    where = _Where()
    for name, value in zip(table.key, table.write_key(key), strict=True):
        where.add(f"{name} = ?", value)
    if query.tenant is not None:
        where.add("tenant = ?", table.write_value("tenant", query.tenant))
    sql = f"SELECT {', '.join(table.names)} FROM {table.name}{where}"  # noqa: S608 - names are ours
    return Statement(sql, tuple(where.parameters), lambda rows: table.from_row(rows[0]) if rows else None)


@statement_of.register
def _many(query: Many) -> Statement:  # type: ignore[type-arg]
    table: Table[Any] = table_of(query.kind)
    where = _Where()
    for name, value in query.where.items():
        if value is None:
            table.require_field(name)
            where.add(f"{name} IS NULL")
        elif isinstance(value, tuple):
            marks = ", ".join("?" * len(value))
            where.add(f"{name} IN ({marks})", *(table.write_value(name, each) for each in value))
        else:
            where.add(f"{name} = ?", table.write_value(name, value))
    return _paged(table, where, table.key, query)


@statement_of.register
def _jobs(query: Jobs) -> Statement:
    table = table_of(Job)
    where = _Where()
    if query.tenant is not None:
        where.add("tenant = ?", query.tenant)
    if query.states:
        where.add(f"state IN ({', '.join('?' * len(query.states))})", *query.states)
    if query.name is not None:
        where.add("name = ?", query.name)
    if query.site is not None:
        where.add("site = ?" if query.site == "" else "site = ? AND site <> ''", query.site)
    if query.since is not None:
        where.add("created_at >= ?", table.write_value("created_at", query.since))
    if query.ids:
        where.add(f"id IN ({', '.join('?' * len(query.ids))})", *query.ids)
    if query.search:
        where.add("lower(name) LIKE ? ESCAPE '!'", _holding(query.search))
    if query.label is not None:
        # By way of the label's own index, which is in the order of time too: a rare label is found at once.
        labelled = _Where()
        labelled.add("name = ? AND value = ?", *query.label)
        if query.tenant is not None:
            labelled.add("tenant = ?", query.tenant)
        found = f"SELECT job AS found, created_at AS found_at FROM job_labels{labelled}"  # noqa: S608
        return _by_way_of(found, labelled, where, query)
    if query.search:
        # Names stand in the index that is in the order of time: only jobs that are shown are opened.
        found = f"SELECT id AS found, created_at AS found_at FROM jobs{where}"  # noqa: S608
        return _by_way_of(found, where, _Where(), query)
    return _paged(table, where, ("created_at", "id"), query)


def _by_way_of(found: str, inner: _Where, outer: _Where, query: Jobs) -> Statement:
    """A listing of jobs found by a statement of their ids (`found`) and times (`found_at`)."""
    outer.parameters[:0] = inner.parameters
    source = f"({found}) AS way JOIN jobs ON id = found"
    return _paged(table_of(Job), outer, ("created_at", "id"), query, source, ("found_at", "found"))


def _holding(text: str) -> str:
    """The pattern of what holds a text somewhere, in small letters."""
    plain = re.sub("[!%_]", r"!\g<0>", fold_case(text))
    return f"%{plain}%"


def _paged(  # noqa: PLR0917 - the last two go together
    table: Table[Any],
    where: _Where,
    key: tuple[str, ...],
    query: Jobs | Many[Any],
    source: str = "",
    order: tuple[str, ...] = (),
) -> Statement:
    """A listing in the order of a key, from its cursor on; one row more than asked tells of a next page.

    Where the rows come from another source than the table, `order` names the key's columns there.
    """
    kinds = key_kinds(table, key)
    order = order or key
    if query.after is not None:
        sign, marks = "<" if query.newest_first else ">", ", ".join("?" * len(order))
        where.add(f"({', '.join(order)}) {sign} ({marks})", *read_cursor(query.after, kinds))
    direction = " DESC" if query.newest_first else ""
    omitted = query.without if isinstance(query, Many) else ()
    names = [f"'' AS {name}" if name in omitted else name for name in table.names]
    sql = (
        f"SELECT {', '.join(names)} FROM {source or table.name}{where} "  # noqa: S608 - names are ours
        f"ORDER BY {', '.join(name + direction for name in order)} LIMIT ?"
    )
    places = [table.names.index(name) for name in key]

    def answer(rows: Sequence[Row]) -> Page[Any]:
        shown = rows[: query.limit]
        more = len(rows) > query.limit
        cursor = write_cursor(tuple(shown[-1][i] for i in places)) if more else None  # type: ignore[misc]
        return Page(items=tuple(map(table.from_row, shown)), cursor=cursor)

    return Statement(sql, (*where.parameters, query.limit + 1), answer)


@statement_of.register
def _events(query: Events) -> Statement:
    table = table_of(Event)
    where = _Where()
    if query.tenant is not None:
        where.add("tenant = ?", query.tenant)
    where.add("seq > ?", query.after)
    names, parameters = ", ".join(table.names), (*where.parameters, query.limit)
    sql = f"SELECT {names} FROM events{where} ORDER BY seq LIMIT ?"  # noqa: S608 - names are ours
    if query.public and query.tenant is not None:
        # Two walks along one index: a condition on both kinds at once would sort all that ever happened.
        others = _Where()
        others.add("tenant = ''")
        others.add(f"({' OR '.join('kind LIKE ?' for _ in PUBLIC_KINDS)})", *(f"{k}%" for k in PUBLIC_KINDS))
        others.add("seq > ?", query.after)
        public = f"SELECT {names} FROM events{others} ORDER BY seq LIMIT ?"  # noqa: S608
        sql = (
            f"SELECT {names} FROM (SELECT * FROM ({sql}) AS own "  # noqa: S608
            f"UNION ALL SELECT * FROM ({public}) AS public) AS heard ORDER BY seq LIMIT ?"
        )
        parameters = (*parameters, *others.parameters, query.limit, query.limit)
    return Statement(sql, parameters, lambda rows: tuple(map(table.from_row, rows)))


@statement_of.register
def _last_seq(_: LastSeq) -> Statement:
    return Statement(
        "SELECT number FROM heads WHERE name = 'events'", (), lambda rows: rows[0][0] if rows else 0
    )


@statement_of.register
def _job_counts(query: JobCounts) -> Statement:
    where = _Where()
    if query.tenant is not None:
        where.add("tenant = ?", query.tenant)
    return Statement(
        f"SELECT state, count(*) FROM jobs{where} GROUP BY state",  # noqa: S608
        tuple(where.parameters),
        lambda rows: {str(state): count for state, count in rows},
    )


@statement_of.register
def _committed(query: Committed) -> Statement:
    one = statement_of(One(Tally, (query.tenant, query.period)))
    nothing = Tally(tenant=query.tenant, period=query.period)
    return Statement(one.sql, one.parameters, lambda rows: one.answer(rows) or nothing)
