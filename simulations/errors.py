"""What can go wrong in this package.

SimulationError
 ├── TraceError      a trace file, or one of its rows, cannot be used as asked
 ├── WorkloadError   a workload cannot be drawn as asked (unknown profile, unreachable load)
 ├── ReplayError     what is to be simulated contradicts itself, or its jobs are bad input
 └── WriteError      the jobs file cannot be written
"""

from __future__ import annotations

from pathlib import Path


class SimulationError(Exception):
    """Base of every error that this package raises on purpose; its text is one line for the user."""


class TraceError(SimulationError):
    """A trace cannot be used: names the file and, where there is one, line, column and value, and the rule.

    Args:
        file: the trace.
        rule: what is allowed, and what to do about it.
        line: line of the file, counted from 1; None when the whole file is at fault.
        column: name of the column at fault.
        value: what was found there.
    """

    def __init__(
        self, *, file: Path, rule: str, line: int | None = None, column: str = "", value: str | None = None
    ) -> None:
        self.file, self.line, self.column, self.value, self.rule = file, line, column, value, rule
        where = [str(file)]
        if line is not None:
            where.append(f"line {line}")
        if column:
            where.append(f"column {column}")
        shown = "" if value is None else f"{_shortened(value)!r}: "
        super().__init__(f"{', '.join(where)}: {shown}{rule}")


class WorkloadError(SimulationError):
    """A workload cannot be drawn as asked."""


class ReplayError(SimulationError):
    """What is to be simulated cannot be: names the field, its value, the rule and the remedy."""


class WriteError(SimulationError):
    """The jobs file cannot be written."""


def _shortened(value: str, limit: int = 60) -> str:
    return value if len(value) <= limit else value[: limit - 3] + "..."
