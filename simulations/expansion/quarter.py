"""Quarters of a year: the periods in which capacity is built."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_FORM = re.compile(r"(\d{4})Q([1-4])")


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """One quarter.

    Attributes:
        year: the year.
        number: 1 to 4.
    """

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    def __sub__(self, other: Quarter) -> int:
        return (self.year - other.year) * 4 + self.number - other.number

    def plus(self, quarters: int) -> Quarter:
        """The quarter so many later."""
        count = self.year * 4 + self.number - 1 + quarters
        return Quarter(count // 4, count % 4 + 1)

    @property
    def days(self) -> int:
        """Days in it."""
        first = date(self.year, self.number * 3 - 2, 1)
        after = self.plus(1)
        return (date(after.year, after.number * 3 - 2, 1) - first).days

    def month(self, number: int) -> int:
        """The month of the year that is its first, second or third."""
        return self.number * 3 - 3 + number


def parse_quarter(text: str) -> Quarter | None:
    """The quarter that a text such as 2026Q1 names; None when it names none."""
    match = _FORM.fullmatch(text)
    return Quarter(int(match[1]), int(match[2])) if match else None
