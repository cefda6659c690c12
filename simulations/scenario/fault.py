"""Fault: what is wrong with one key of a scenario; ScenarioError: everything that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from simulations.errors import SimulationError

MOST_SHOWN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One broken rule.

    Attributes:
        file: the scenario's file, or its name when it came from no file.
        key: dotted key, such as "prices[0].scale"; "" when the whole file is at fault.
        value: what was found there, as it would be written.
        rule: what is allowed, and what to do about it.
    """

    file: str
    key: str
    value: str
    rule: str

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.key) if part)
        shown = self.value if len(self.value) <= 60 else self.value[:57] + "..."
        return f"{where} = {shown}: {self.rule}" if shown else f"{where}: {self.rule}"


class ScenarioError(SimulationError):
    """A scenario cannot be run; `faults` holds every reason.

    Args:
        faults: one or more.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        left = len(self.faults) - MOST_SHOWN
        more = f" | and {left} more" if left > 0 else ""
        super().__init__(" | ".join(map(str, self.faults[:MOST_SHOWN])) + more)


def nearest_hint(given: str, known: Iterable[str]) -> str:
    """What was probably meant: "did you mean a or b?", or all there is when nothing is near."""
    names = sorted(set(known))
    near = get_close_matches(given, names, n=2, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}"
