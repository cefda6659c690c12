"""Workload: work that may wait, on one site whose grid's carbon intensity is all that counts.

Everything is counted in whole slots, the same for every policy that is compared. A unit of work emits, in one slot, the
carbon intensity of that slot; units of mass cancel wherever savings are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Workload:
    """Jobs in order of arrival, all arrays [J].

    Attributes:
        slot_minutes: length of a slot [min].
        arrival: slot in which a job comes.
        earliest: first slot in which it may run: its arrival, or before where a nightly job may be moved forward.
        length: slots it runs.
        due: exclusive end of its window [slot].
        units: resource units it holds while it runs.
    """

    slot_minutes: int
    arrival: Ints
    earliest: Ints
    length: Ints
    due: Ints
    units: Ints

    @property
    def jobs(self) -> int:
        """How many."""
        return len(self.arrival)

    def part(self, chosen: npt.NDArray[np.bool_] | slice) -> Workload:
        """Return some of the jobs."""
        return Workload(
            slot_minutes=self.slot_minutes,
            arrival=self.arrival[chosen],
            earliest=self.earliest[chosen],
            length=self.length[chosen],
            due=self.due[chosen],
            units=self.units[chosen],
        )


def emitted(work: Workload, starts: Ints, curve: Floats) -> Floats:
    """Return what one unit of every job emits when it runs through from its start, [J]."""
    total = np.concatenate([[0.0], np.cumsum(curve)])
    return np.asarray(total[starts + work.length] - total[starts])


def saving_percent(work: Workload, emissions: Floats, unmoved: Floats) -> float:
    """Return what a policy saves of the emissions of running at once [%]; both per unit, [J]."""
    return float(100.0 * (1.0 - (work.units @ emissions) / (work.units @ unmoved)))
