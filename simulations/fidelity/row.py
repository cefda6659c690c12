"""Row: one figure that is known elsewhere, beside what the engine makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from simulations.fidelity.terms import Terms

Relation = Literal["equal", "at least"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of docs/fidelity.md.

    Attributes:
        name: what is measured.
        source: where the expected figure comes from.
        unit: of both figures.
        expected: by formula or publication.
        measured: by the engine.
        tolerance: how far apart they may be, in the unit; it says how sure the measurement is.
        note: what a reader should know, or "".
        relation: "equal", or "at least" where the expected figure is one to reach, not to hit.
    """

    name: str
    source: str
    unit: str
    expected: float
    measured: float
    tolerance: float
    note: str = ""
    relation: Relation = "equal"

    @property
    def is_met(self) -> bool:
        """Whether the figures agree, or the expected one is reached."""
        if self.relation == "at least":
            return self.measured >= self.expected - self.tolerance
        return abs(self.measured - self.expected) <= self.tolerance

    @property
    def verdict(self) -> str:
        """As printed."""
        if self.relation == "at least":
            return "reached" if self.is_met else "missed"
        return "agrees" if self.is_met else "differs"


Check = Callable[[Terms], tuple[Row, ...]]
