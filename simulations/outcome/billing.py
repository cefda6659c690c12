"""Billing: what tenants owe for the runs that ended well, by the lines of `pricing.make_bill`, all jobs at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pricing import RateCard
from pricing.rate_card import CPU_CORE, MEMORY_GIB

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_NUDGE = 1e-7  # of a cent, or of a millionth: a half that floats miss by rounding is still a half


def bill_cny(
    card: RateCard,
    *,
    minutes: Floats,
    tasks: Floats,
    cpu_cores: Floats,
    memory_gib: Floats,
    model: Ints,
    count: Floats,
    models: Sequence[str],
) -> Floats:
    """Return what each job owes, [N] in CNY: hours in whole seconds, quantities to six decimals, lines to the cent.

    Raises:
        KeyError: a model is not on the card.
    """
    hours = np.floor(minutes * 60 + _NUDGE) / 3600
    hourly = np.array([0.0, *(card.cny_per_hour[name] for name in models[1:])])
    lines = (
        (cpu_cores, card.cny_per_hour[CPU_CORE]),
        (memory_gib, card.cny_per_hour[MEMORY_GIB]),
        (count, hourly[model]),
    )
    return np.asarray(sum(_cents(_rounded(tasks * units * hours, 6) * price) for units, price in lines))


def _cents(amounts: Floats) -> Floats:
    return _rounded(amounts, 2)


def _rounded(amounts: Floats, decimals: int) -> Floats:
    scale = 10.0**decimals
    return np.asarray(np.floor(amounts * scale + 0.5 + _NUDGE) / scale)
