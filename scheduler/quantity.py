"""The rules every number, name and instant of a job obeys at birth."""

from __future__ import annotations

import math
from datetime import datetime

from scheduler.errors import JobError

# Read by pydantic where jobs come in from outside: nothing unknown, no "8" for 8, no true for 1, no NaN.
STRICT = {"extra": "forbid", "strict": True, "allow_inf_nan": False}

LARGEST = 1e9
LONGEST_RUNTIME_MINUTES = 5_256_000.0  # ten years; beyond it a slot count says nothing
LONGEST_NAME = 200


def check_quantity(
    field: str, value: float | None, *, positive: bool = False, largest: float = LARGEST, unit: str = ""
) -> None:
    """Check that a number is finite and in range; None passes.

    Raises:
        JobError: NaN, infinite, negative (or zero where `positive`), or larger than `largest`.
    """
    if value is None:
        return
    lowest = "greater than 0" if positive else "0 or more"
    if not math.isfinite(value) or value < 0 or (positive and value == 0) or value > largest:
        raise JobError(field, value, f"must be a number {lowest}, at most {largest:g}{unit and ' ' + unit}")


def check_count(field: str, value: int, *, smallest: int, largest: int) -> None:
    """Check that a whole number lies in its range.

    Raises:
        JobError: it does not.
    """
    if not smallest <= value <= largest:
        raise JobError(field, value, f"must be a whole number from {smallest} to {largest}")


def check_name(field: str, value: str) -> None:
    """Check that a name is printable, not blank and not too long.

    Raises:
        JobError: it is not.
    """
    if not value.strip() or len(value) > LONGEST_NAME or not value.isprintable():
        raise JobError(field, value, f"must be 1 to {LONGEST_NAME} printable characters")


def check_instant(field: str, value: datetime | None) -> None:
    """Check that an instant knows its time zone; None passes.

    Raises:
        JobError: it is naive.
    """
    if value is not None and value.utcoffset() is None:
        raise JobError(field, value.isoformat(), "has no time zone; write an offset, such as +08:00 or Z")
