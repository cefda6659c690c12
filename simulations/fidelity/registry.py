"""The checks of docs/fidelity.md, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from simulations.fidelity import gaia, wait_awhile
from simulations.fidelity.conservation import laws
from simulations.fidelity.lindley import single_server_path
from simulations.fidelity.queues import md1, mg1, mm1, mm3, mm3_share
from simulations.fidelity.row import Check, Row
from simulations.fidelity.terms import Terms

DAYS, QUICK_DAYS = 120, 60


def _queue(measure: Callable[[int], Row]) -> Check:
    def check(terms: Terms) -> tuple[Row, ...]:
        return (measure(QUICK_DAYS if terms.quick else DAYS),)

    return check


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "queue-mm1": _queue(mm1),
        "queue-mm3": _queue(mm3),
        "queue-mm3-share": _queue(mm3_share),
        "queue-md1": _queue(md1),
        "queue-mg1": _queue(mg1),
        "queue-path": single_server_path,
        "nightly": wait_awhile.nightly,
        "training": wait_awhile.training,
        "waiting": gaia.unlimited,
        "crowded": gaia.limited,
        "laws": laws,
    }
)
"""Name on the command line -> what measures its rows."""
