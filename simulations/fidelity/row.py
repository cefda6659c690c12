"""Row: one figure that is known elsewhere, beside what the engine makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


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
    """

    name: str
    source: str
    unit: str
    expected: float
    measured: float
    tolerance: float
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the figures agree."""
        return abs(self.measured - self.expected) <= self.tolerance

    @property
    def verdict(self) -> str:
        """As printed."""
        return "agrees" if self.is_met else "differs"


Check = Callable[[], Row]
