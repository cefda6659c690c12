"""Attempt: one try at running a job; Ticket: a job while it is in the simulation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scheduler import Job, Placement
from simulations.engine.kept import Kept

Floats = npt.NDArray[np.float64]


class Haul(NamedTuple):
    """A dataset on its way; there are several to a job, and a tuple is made in a fifth of a dataclass's time.

    Attributes:
        route: number of the route in the outcome.
        links: link numbers of the route.
        rate_gbps: rate held on each of them [Gbit/s].
        slots: how long.
        size_gb: how much [GB].
        cny_per_gb: price of the route.
        position: which of the job's inputs or outputs.
    """

    route: int
    links: tuple[int, ...]
    rate_gbps: float
    slots: int
    size_gb: float
    cny_per_gb: float
    position: int


@dataclass(slots=True, eq=False)
class Attempt:
    """A placement on its way; slots are those of the span.

    Attributes:
        placement: what the plan said.
        sites: site numbers, one for every replica.
        runs: [start, end) of every run, as planned or as it came true.
        demand: [R] units held at each site.
        arrivals: inputs that move before the start, of all replicas.
        departures: outputs that move after the end.
        lead: slots the slowest input needs.
        minutes: actual run time.
        committed: whether its data moves already, or it runs.
        current: which run is next, or is running.
        running: whether a run is going on.
        since: slot in which the going run began.
        held_until: slot until which the planner holds the room of the going run.
        done_minutes: actual minutes of the runs that have ended.
        noted: its runs in the ledger.
        entries: its incoming transfers in the ledger.
    """

    placement: Placement
    sites: tuple[int, ...]
    runs: list[tuple[int, int]]
    demand: Floats
    arrivals: tuple[Haul, ...]
    departures: tuple[Haul, ...]
    lead: int
    minutes: float
    committed: bool = False
    current: int = 0
    running: bool = False
    since: int = 0
    held_until: int = 0
    done_minutes: float = 0.0
    noted: list[int] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)

    @property
    def start(self) -> int:
        """First slot of the first run."""
        return self.runs[0][0]


@dataclass(slots=True, eq=False)
class Ticket:
    """A job in the simulation.

    Attributes:
        job: as the planner sees it.
        row: its row in the ledger.
        last_start: last slot of the span in which some variant can start in time, by its estimate.
        attempt: the try that is planned or under way, or None while it waits.
        tries: attempts made so far; it tells the events of a dropped attempt from those of the present one.
        reasons: why the last cycle did not place it.
        kept: what earlier attempts have done of it, or None; `job` is then the rest.
    """

    job: Job
    row: int
    last_start: float
    attempt: Attempt | None = None
    tries: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    kept: Kept | None = None
