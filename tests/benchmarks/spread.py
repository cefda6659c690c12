"""What several runs of one measurement came to: the median, with the least and the greatest beside it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def spread_of(values: Iterable[float | None], form: str = ".0f") -> str:
    """The median of some values, the least and the greatest; one value alone; how many are missing."""
    given = list(values)
    known = [value for value in given if value is not None]
    if not known:
        return "-"
    low, middle, high = (format(float(value), form) for value in (min(known), np.median(known), max(known)))
    text = middle if low == high else f"{middle}, {low} to {high}"
    return text if len(known) == len(given) else f"{text} ({len(given) - len(known)} of {len(given)} without)"
