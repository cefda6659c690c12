"""Finds every fault of a catalogue folder in one run.

Files are read first, then cells against the dictionary (both in folder.py), then ids against each other, then
the graph as a whole. A file that could not be read is not held against the others again.
"""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from topology.fault import Fault
from topology.folder import ACCELERATORS, CITIES, LINKS, SITES, Folder, open_folder


def read_folder(name: Path | str) -> Folder:
    """Read a catalogue folder, or a built-in one by its name, with every fault of cells, ids and graph."""
    folder = open_folder(name)
    for check in _CHECKS:
        folder.faults.extend(check(folder))
    return folder


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
