"""The checks of docs/fidelity.md, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulations.fidelity.queues import md1, mg1, mm1, mm3, mm3_share
from simulations.fidelity.row import Check

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "queue-mm1": mm1,
        "queue-mm3": mm3,
        "queue-mm3-share": mm3_share,
        "queue-md1": md1,
        "queue-mg1": mg1,
    }
)
"""Name on the command line -> what measures the row."""
