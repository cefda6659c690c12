"""Quantities as Kubernetes writes them: "3920m", "16Gi", "1e3"."""

from __future__ import annotations

import re

_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)")
_UNITS = {"": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3}
_UNITS |= {unit: 1000.0**power for power, unit in enumerate("kMGTPE", 1)}
_UNITS |= {f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", 1)}


def amount_of(quantity: str) -> float:
    """Return the plain number.

    Raises:
        ValueError: It is no quantity.
    """
    found = _QUANTITY.fullmatch(str(quantity))
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"quantity {quantity!r}: a number and a unit such as m, k, Mi or Gi are expected")
    return float(found[1]) * _UNITS[found[2]]
