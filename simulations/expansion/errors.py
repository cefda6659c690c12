"""What can go wrong in capacity planning.

SimulationError
 ├── StudyError        a capacity study cannot be read; carries every fault of its file
 ├── UnsolvedError     the solver ended without a plan for another reason than that none exists
 └── InfeasibleError   the rules of a study leave no plan; carries those that conflict
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulations.errors import SimulationError

if TYPE_CHECKING:
    from simulations.expansion.conflict import Conflict


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyFault:
    """One thing wrong in a study.

    Attributes:
        file: the file.
        key: where in it, as `sites[2].grid_mw`; empty for the whole file.
        value: what was found there, shortened; None when nothing was.
        rule: what is allowed.
    """

    file: str
    key: str
    value: str | None
    rule: str

    def __str__(self) -> str:
        found = "" if self.value is None else f" {self.value}"
        return ": ".join(part for part in (self.file, f"{self.key}{found}", self.rule) if part.strip())


class StudyError(SimulationError):
    """A study cannot be used; `faults` holds every reason.

    Args:
        faults: at least one.
    """

    def __init__(self, faults: tuple[StudyFault, ...]) -> None:
        more = len(faults) - 1
        super().__init__(f"{faults[0]}" + (f" (and {more} more)" if more else ""))
        self.faults = faults


class UnsolvedError(SimulationError):
    """The solver ended without a plan; more time may help."""


class InfeasibleError(SimulationError):
    """The rules leave no plan; `conflicts` holds those that contradict each other.

    Args:
        conflicts: them; empty when fractions of a hall would do.
    """

    def __init__(self, conflicts: tuple[Conflict, ...]) -> None:
        told = "; ".join(str(each) for each in conflicts) or "only fractions of a hall would keep them all"
        super().__init__(f"no capacity plan keeps all rules: {told}")
        self.conflicts = conflicts
