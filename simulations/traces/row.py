"""Row: one line of a trace with its named cells, and what can be wrong with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a row gives no job."""

    MALFORMED = "malformed"
    NEGATIVE_RUN_TIME = "negative run time"
    ZERO_RUN_TIME = "zero run time"
    NEVER_SCHEDULED = "never scheduled"
    NOT_SERVED = "not served"


class RowFault(Exception):  # noqa: N818  a finding that is counted, seldom an error
    """A row that gives no job: the column and value at fault, the rule, and the kind of fault."""

    def __init__(self, *, column: str, value: str, rule: str, cause: Cause = Cause.MALFORMED) -> None:
        self.column, self.value, self.rule, self.cause = column, value, rule, cause
        super().__init__(f"{column} = {value!r}: {rule}")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a trace.

    Attributes:
        line: where it stands in the file, from 1.
        cells: text by column.
    """

    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """The cell as text, without blanks around it."""
        return self.cells[column].strip()

    def number(self, column: str, *, least: float = -math.inf, most: float = 1e12) -> float:
        """The cell as a number.

        Raises:
            RowFault: it is not a number, not finite, or outside [least, most].
        """
        text = self.text(column)
        try:
            value = float(text)
        except ValueError:
            raise RowFault(column=column, value=text, rule="must be a number") from None
        if not math.isfinite(value) or not least <= value <= most:
            low = "" if least == -math.inf else f"from {least:g} "
            raise RowFault(column=column, value=text, rule=f"must be a finite number {low}up to {most:g}")
        return value

    def run_minutes(self, column: str, *, minutes_per_unit: float) -> float:
        """A run time in minutes, which must be positive.

        Raises:
            RowFault: it is not a number (malformed), or zero or negative (each its own cause).
        """
        value = self.number(column)
        return check_run_minutes(value * minutes_per_unit, column=column, text=self.text(column))


def check_run_minutes(minutes: float, *, column: str, text: str) -> float:
    """The run time [min] again, if it is positive.

    Raises:
        RowFault: it is zero or negative.
    """
    if minutes > 0.0:
        return minutes
    cause = Cause.ZERO_RUN_TIME if minutes == 0.0 else Cause.NEGATIVE_RUN_TIME
    raise RowFault(column=column, value=text, rule="a run time must be above 0", cause=cause)
