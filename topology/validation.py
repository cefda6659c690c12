"""Reads a whole catalogue folder and finds every fault in it in one run.

Files are read first, then cells against the dictionary, then ids against each other, then the graph as a whole. A
later check leaves out what an earlier one found broken, so that one mistake is told once.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from topology.dictionary import DATA_FOLDER, Column, load_dictionary
from topology.fault import Fault
from topology.table import Row, Table, cut, read_table

SITES, CITIES, LINKS, ACCELERATORS = "sites.csv", "cities.csv", "links.csv", "accelerators.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One row with its cells read: values by column (empty optional cells left out), and where it stood."""

    file: str
    line: int
    cells: dict[str, str]
    values: dict[str, Any]
    broken: frozenset[str] = frozenset()

    def fault(self, column: str, rule: str, value: str | None = None) -> Fault:
        """A fault of one cell of this row."""
        given = self.cells.get(column, "") if value is None else value
        return Fault(file=self.file, line=self.line, column=column, value=cut(given), rule=rule)


@dataclass(kw_only=True, slots=True)
class Folder:
    """What was read of a catalogue folder: records by file, and the faults found so far."""

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


def read_folder(name: Path | str) -> Folder:
    """Read every file of a catalogue folder, keeping what is whole and every fault.

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
    for check in _CHECKS:
        folder.faults.extend(check(folder))
    return folder


def _read_file(folder: Folder, table: Table, columns: tuple[Column, ...]) -> None:
    folder.faults.extend(table.faults)
    if not table.columns:
        folder.unread.add(table.file)
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
    broken = frozenset(fault.column for fault in faults)
    return Record(file=file, line=row.line, cells=row.cells, values=values, broken=broken), faults


def _duplicates(folder: Folder) -> Iterator[Fault]:
    for files in ((SITES, CITIES), (LINKS,), (ACCELERATORS,)):
        first = folder.ids(*files)
        for record in (record for file in files for record in folder.records.get(file, [])):
            taken = first.get(record.values.get("id", ""))
            if taken is not None and taken is not record:
                yield record.fault("id", f"is a duplicate id, first given at {taken.file}:{taken.line}")


def _unknown(folder: Folder, file: str, column: str, known: Collection[str], what: str) -> Iterator[Fault]:
    for record in folder.records.get(file, []):
        given = record.values.get(column)
        if given is None:
            continue
        for name in (given,) if isinstance(given, str) else given:
            if name not in known:
                yield record.fault(column, f"must be the id of {what}", name)


def _references(folder: Folder) -> Iterator[Fault]:
    if not folder.unread & {SITES, CITIES}:
        places = folder.ids(SITES, CITIES)
        for end in ("a", "b"):
            yield from _unknown(folder, LINKS, end, places, "a site or city")
    if CITIES not in folder.unread:
        yield from _unknown(folder, SITES, "city", folder.ids(CITIES), "a city")
    if ACCELERATORS not in folder.unread:
        models = folder.ids(ACCELERATORS)
        yield from _unknown(folder, SITES, "accelerators", models, "an accelerator model in accelerators.csv")


def _link_ends(folder: Folder) -> Iterator[Fault]:
    for record in folder.records.get(LINKS, []):
        if "a" in record.values and record.values["a"] == record.values.get("b"):
            yield record.fault("b", "must differ from a")


def _base_power(folder: Folder) -> Iterator[Fault]:
    for record in folder.records.get(SITES, []):
        limit = record.values.get("power_limit_kw")
        if limit is not None and record.values.get("base_kw", 0) > limit:
            yield record.fault("base_kw", f"must not exceed power_limit_kw ({limit:g})")


def _disconnected(folder: Folder) -> Iterator[Fault]:
    if folder.unread & {SITES, CITIES, LINKS}:
        return
    import networkx as nx  # noqa: PLC0415  (slow to import; only validation of a whole folder wants it)

    places = folder.ids(SITES, CITIES)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(places)
    for record in folder.records.get(LINKS, []):
        a, b = record.values.get("a"), record.values.get("b")
        if a in places and b in places:
            graph.add_edge(a, b)
            if not record.values.get("directed", False):
                graph.add_edge(b, a)
    main = max(nx.strongly_connected_components(graph), key=len, default=set())
    for place, record in places.items():
        if place not in main:
            yield record.fault(
                "id", "is disconnected: links must join it both ways to the rest of the network"
            )


_CHECKS: tuple[Callable[[Folder], Iterator[Fault]], ...] = (
    _duplicates,
    _references,
    _link_ends,
    _base_power,
    _disconnected,
)
