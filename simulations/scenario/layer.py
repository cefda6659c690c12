"""Layers: a file's document laid over its parent's, and where in which file each part came from.

Tables merge key by key; lists of tables (prices, outages, ...) are added after the parent's; everything else replaces
what the parent says. The three sources of demand are alternatives: who names one drops the parent's.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulations.scenario.document import Document
from simulations.scenario.fault import Fault, ScenarioError

SOURCES = ("jobs", "traces", "generate")
OWN = ("title", "about")
"""Keys that are never inherited."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layered:
    """A merged document.

    Attributes:
        document: what holds.
        origins: merged key -> (file, key in that file), for tables' entries and lists' items.
    """

    document: Document = field(default_factory=dict)
    origins: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def inherited(self) -> Layered:
        """What a child gets of this: everything but the words that are its own."""
        kept = {key: value for key, value in self.document.items() if key not in OWN}
        return Layered(document=kept, origins=self.origins)

    def origin(self, key: str) -> tuple[str, str]:
        """The file that says what stands at a key, and the key in that file."""
        begin = key
        while begin and begin not in self.origins:
            begin = begin[: max(begin.rfind("."), begin.rfind("["), 0)]
        if not begin:
            return self.origins.get("", ("scenario", ""))[0], key
        file, there = self.origins[begin]
        return file, there + key[len(begin) :]


def lay(below: Layered, document: Mapping[str, Any], file: str, prefix: str = "") -> Layered:
    """A document laid over another; `prefix` is the key under which it stands in its file."""
    demand = document.get("demand", {})
    kept = dict(below.document)
    if isinstance(demand, dict) and any(name in demand for name in SOURCES):
        kept["demand"] = {key: part for key, part in kept.get("demand", {}).items() if key not in SOURCES}
        if "generate" in demand and "generate" in below.document.get("demand", {}):
            kept["demand"]["generate"] = below.document["demand"]["generate"]
    origins = {**below.origins, "": (file, "")}
    merged = _Merge(file=file, prefix=prefix, origins=origins).tables(kept, document)
    return Layered(document=merged, origins=origins)


def put(below: Layered, key: str, value: object, file: str) -> Layered:
    """A document in which one dotted key, such as prices[0].scale, has another value.

    Raises:
        ScenarioError: the key names an item that its list does not have.
    """
    document: Document = copy.deepcopy(dict(below.document))
    place: Any = document
    parts = [int(part[1:-1]) if part[0] == "[" else part for part in re.findall(r"\[\d+\]|[^.\[]+", key)]
    try:
        for part, onward in itertools.pairwise(parts):
            if isinstance(part, str):
                place = place.setdefault(part, [] if isinstance(onward, int) else {})
            else:
                place = place[part]
        place[parts[-1]] = value
    except (IndexError, TypeError, AttributeError) as error:
        rule = "names no table and no item of a list that the scenario has"
        raise ScenarioError([Fault(file=file, key=key, value=str(value), rule=rule)]) from error
    return Layered(document=document, origins={**below.origins, key: (file, key)})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Merge:
    """One file being laid over another.

    Attributes:
        file: the file.
        prefix: the key under which the document stands in it.
        origins: is filled.
    """

    file: str
    prefix: str
    origins: dict[str, tuple[str, str]]

    def tables(self, below: Mapping[str, Any], above: Mapping[str, Any], at: str = "") -> Document:
        """One table laid over another that stands at the same key."""
        merged = dict(below)
        for key, value in above.items():
            place = f"{at}.{key}" if at else key
            here = f"{self.prefix}{place}"
            old = merged.get(key)
            if isinstance(value, dict) and (old is None or isinstance(old, dict)):
                self.origins[place] = (self.file, here)
                merged[key] = self.tables(old or {}, value, place)
            elif _is_tables(value) and (old is None or _is_tables(old)):
                begin = len(old or ())
                for number in range(len(value)):
                    self.origins[f"{place}[{begin + number}]"] = (self.file, f"{here}[{number}]")
                merged[key] = [*(old or ()), *value]
            else:
                self.origins[place] = (self.file, here)
                merged[key] = value
        return merged


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, dict) for part in value)
