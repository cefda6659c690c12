"""A table of a TOML file, read key by key; every fault is kept, so that one run tells them all."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any

from simulations.expansion.errors import StudyFault
from simulations.expansion.quarter import Quarter, parse_quarter


class TomlTable:
    """One table. Reading a key marks it as known; `close` refuses the others.

    Args:
        entries: what the file holds.
        faults: grows with what is wrong.
        file: its name.
        path: where the table stands in it.
    """

    def __init__(
        self, entries: Mapping[str, Any], faults: list[StudyFault], file: str, path: str = ""
    ) -> None:
        self._entries, self._faults, self._file, self.path = entries, faults, file, path
        self._known: set[str] = set()

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        self._known.add(key)
        return key in self._entries

    def fault(self, key: str, rule: str) -> None:
        """Keep a fault of one key."""
        where = f"{self.path}.{key}" if self.path else key
        value = self._entries.get(key)
        shown = None if value is None else _shortened(repr(value))
        self._faults.append(StudyFault(file=self._file, key=where, value=shown, rule=rule))

    def number(
        self, key: str, default: float | None = None, *, low: float = 0.0, high: float = math.inf
    ) -> float:
        """A finite number of [low, high]; the default when left out, a fault when there is none."""
        value = self._given(key, default)
        if value is None:
            return low
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.fault(key, "must be a finite number")
            return low
        if not low <= value <= high:
            upper = "" if math.isinf(high) else f" and at most {high:g}"
            self.fault(key, f"must be at least {low:g}{upper}")
            return low
        return float(value)

    def whole(self, key: str, default: int | None = None, *, low: int = 0, high: int = 10**9) -> int:
        """A whole number of [low, high]."""
        value = self._given(key, default)
        if value is None:
            return low
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(key, f"must be a whole number from {low} to {high}")
            return low
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._given(key, default)
        if not isinstance(value, bool):
            self.fault(key, "must be true or false")
            return default
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text that isn't empty."""
        value = self._given(key, default)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.fault(key, "must be a text")
            return ""
        return value

    def quarter(self, key: str) -> Quarter:
        """A quarter, written as 2026Q1."""
        quarter = parse_quarter(self.text(key))
        if quarter is None:
            if key in self._entries:
                self.fault(key, "must be a quarter such as 2026Q1")
            return Quarter(2026, 1)
        return quarter

    def one_of(self, key: str, known: Iterable[str], what: str) -> str:
        """One name among the known; "" when it is another."""
        names = tuple(known)
        value = self.text(key)
        if value and value not in names:
            self.fault(key, f"no such {what}; {nearest(value, names)}")
            return ""
        return value

    def some_of(self, key: str, known: Iterable[str], what: str, *, needed: bool = False) -> tuple[str, ...]:
        """Names among the known, each once; what isn't known is left out of the answer."""
        value = self._given(key, None if needed else ())
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
            self.fault(key, "must be a list of names")
            return ()
        if needed and not value:
            self.fault(key, f"must name at least one {what}")
        names = tuple(known)
        for name in value:
            if name not in names:
                self.fault(key, f"no such {what} {name!r}; {nearest(name, names)}")
        if len(set(value)) < len(value):
            self.fault(key, "must name each once")
        return tuple(dict.fromkeys(name for name in value if name in names))

    def by_name(
        self, key: str, known: Iterable[str], what: str, *, whole: bool = False, high: float = 1e6
    ) -> dict[str, Any]:
        """A table of numbers of at least 0, its keys among the known."""
        part = self.table(key)
        names = tuple(known)
        read: dict[str, Any] = {}
        for name in part._entries:
            if name not in names:
                part._known.add(name)
                part.fault(name, f"no such {what}; {nearest(name, names)}")
            else:
                read[name] = part.whole(name, high=int(high)) if whole else part.number(name, high=high)
        return read

    def is_list(self, key: str) -> bool:
        """Whether the key is given as a list."""
        return isinstance(self._entries.get(key), list)

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """So many numbers of at least 0, not all of them 0; empty when they aren't."""
        value = self._given(key, None)
        if (
            not isinstance(value, list)
            or len(value) != count
            or any(isinstance(each, bool) or not isinstance(each, int | float) for each in value)
            or not all(math.isfinite(each) and each >= 0 for each in value)
            or sum(value) <= 0
        ):
            self.fault(key, f"must be {count} numbers of at least 0, not all 0")
            return ()
        return tuple(float(each) for each in value)

    def table(self, key: str) -> TomlTable:
        """A table inside; an empty one when left out."""
        value = self._given(key, {})
        if not isinstance(value, Mapping):
            self.fault(key, "must be a table")
            value = {}
        return TomlTable(value, self._faults, self._file, f"{self.path}.{key}" if self.path else key)

    def tables(self, key: str, *, needed: bool = False) -> list[TomlTable]:
        """The tables of a list written as [[key]]."""
        value = self._given(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
            self.fault(key, f"must be tables, each headed [[{key}]]")
            return []
        if needed and not value:
            self.fault(key, f"must be given: write at least one [[{key}]]")
        return [
            TomlTable(entry, self._faults, self._file, f"{self.path}.{key}[{number}]".lstrip("."))
            for number, entry in enumerate(value, start=1)
        ]

    def close(self) -> None:
        """Refuse every key that nothing has read."""
        for key in self._entries:
            if key not in self._known:
                self.fault(key, f"unknown key; {nearest(key, sorted(self._known))}")

    def _given(self, key: str, default: Any) -> Any:
        self._known.add(key)
        if key not in self._entries and default is None:
            self.fault(key, "must be given")
        return self._entries.get(key, default)


def nearest(given: str, known: Iterable[str]) -> str:
    """Words that point to the names most like the given one."""
    names = tuple(known)
    alike = difflib.get_close_matches(given, names, n=3, cutoff=0.4) or list(names[:3])
    return f"nearest known: {', '.join(alike) or 'none'}"


def _shortened(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
