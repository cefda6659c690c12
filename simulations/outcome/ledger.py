"""Ledger: what the engine writes down while it runs, in lean columns; nothing here has a price yet."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from scheduler import Job, Plan

NO_SITE = -1


class State(IntEnum):
    """What has become of a job."""

    WAITING = 0
    RUNNING = 1
    COMPLETED = 2
    REJECTED = 3

    @property
    def word(self) -> str:
        """As written in tables."""
        return self.name.lower()


class Carried(Protocol):
    """A dataset on its way, as the ledger wants to know it."""

    @property
    def route(self) -> int:
        """Number of its route."""

    @property
    def slots(self) -> int:
        """How long it takes."""

    @property
    def rate_gbps(self) -> float:
        """Rate held on every link [Gbit/s]."""

    @property
    def size_gb(self) -> float:
        """How much [GB]."""

    @property
    def cny_per_gb(self) -> float:
        """Price of the route [CNY/GB]."""


class Columns:
    """Named columns of equal length that grow row by row.

    Args:
        types: column -> type code of `array.array`.
    """

    def __init__(self, **types: str) -> None:
        self._columns = {name: array(code) for name, code in types.items()}
        self._appends = tuple(column.append for column in self._columns.values())
        self._first = next(iter(self._columns.values()))

    def add(self, *values: float) -> int:
        """Append a row, its values in the order of the columns; return its number."""
        for append, value in zip(self._appends, values, strict=True):
            append(value)  # type: ignore[arg-type]
        return len(self._first) - 1

    def __len__(self) -> int:
        return len(self._first)

    def __getitem__(self, name: str) -> array[Any]:
        return self._columns[name]

    def numpy(self, name: str) -> npt.NDArray[Any]:
        """Return a column as an array of its own."""
        return np.array(self._columns[name])


class Ledger:
    """Rows of jobs, runs, transfers and cycles.

    Attributes:
        names: job names.
        tenants: distinct tenants, "" for jobs without one; jobs hold their numbers.
        models: distinct accelerator models, "" first.
        jobs: one row a job.
        runs: one row a run at a site, lost ones too.
        transfers: one row a dataset on its way.
        cycles: one row a planning cycle.
        statuses: status of each cycle's plan.
        reasons: job row -> why it is not placed.
        values_cny: job row -> value, of jobs that are not placed.
        pauses: job row -> IT power of all resumes added up [kW], resumes, restart minutes and checkpoint [GB] of each.
        parts: (job row, minutes, model, accelerators a task) of completed jobs that earlier attempts have done.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.tenants: dict[str, int] = {"": 0}
        self.models: dict[str, int] = {"": 0}
        self.jobs = Columns(
            tenant="i",
            tasks="i",
            replicas="b",
            cpu_cores="d",
            memory_gib="d",
            release_minute="d",
            deadline_minute="d",
            rtt_ms_max="d",
            rtt_ms="d",
            state="b",
            site="h",
            variant="b",
            model="b",
            count="d",
            start_minute="d",
            end_minute="d",
            minutes="d",
            attempts="i",
            delays="i",
        )
        self.runs = Columns(
            job="i",
            site="h",
            start_slot="i",
            end_slot="i",
            minutes="d",
            it_kw="d",
            model="b",
            count="d",
            lost="b",
        )
        self.transfers = Columns(
            job="i",
            route="i",
            incoming="b",
            start_slot="i",
            end_slot="i",
            rate_gbps="d",
            size_gb="d",
            network_cny="d",
        )
        self.cycles = Columns(
            slot="i",
            jobs="i",
            placed="i",
            rejected="i",
            moved="i",
            objective_cny="d",
            lower_bound_cny="d",
            gap="d",
        )
        self.statuses: list[str] = []
        self.reasons: dict[int, Mapping[str, int]] = {}
        self.values_cny: dict[int, float] = {}
        self.pauses: dict[int, tuple[float, int, float, float]] = {}
        self.parts: list[tuple[int, float, int, float]] = []

    def add_job(self, job: Job, release_minute: float, deadline_minute: float) -> int:
        """Write down a job that has become known; return its row."""
        self.names.append(job.name)
        tenant = job.tenant or ""
        return self.jobs.add(
            self.tenants.setdefault(tenant, len(self.tenants)),
            job.tasks,
            job.replicas,
            job.demand.cpu_cores,
            job.demand.memory_gib,
            release_minute,
            deadline_minute,
            np.inf if job.rtt_ms_max is None else job.rtt_ms_max,
            np.nan,
            State.WAITING,
            NO_SITE,
            -1,
            0,
            0.0,
            np.nan,
            np.nan,
            0.0,
            0,
            0,
        )

    def place(self, row: int, job: Job, site: int, variant: int, rtt_ms: float) -> None:
        """Write down where a job is to run; nan where it serves nobody."""
        jobs, chosen = self.jobs, job.variants[variant]
        jobs["site"][row], jobs["variant"][row] = site, variant
        jobs["model"][row] = self.models.setdefault(chosen.accelerator or "", len(self.models))
        jobs["count"][row] = chosen.count
        jobs["rtt_ms"][row] = rtt_ms

    def add_cycle(self, slot: int, plan: Plan, moved: int) -> None:
        """Write down what a planning cycle decided."""
        placed, rejected = len(plan.placements), len(plan.rejections)
        self.cycles.add(
            slot,
            placed + rejected,
            placed,
            rejected,
            moved,
            plan.objective_cny,
            plan.lower_bound_cny,
            plan.gap,
        )
        self.statuses.append(plan.status.value)

    def add_transfer(self, row: int, haul: Carried, start_slot: int, *, incoming: bool) -> int:
        """Write down a dataset on its way; return the number of the entry."""
        return self.transfers.add(
            row,
            haul.route,
            incoming,
            start_slot,
            start_slot + haul.slots,
            haul.rate_gbps,
            haul.size_gb,
            haul.size_gb * haul.cny_per_gb,
        )

    def cut_transfer(self, entry: int, slot: int) -> None:
        """Break a transfer off; one that had not begun never was, but for its row."""
        ends, starts, sizes = (
            self.transfers["end_slot"],
            self.transfers["start_slot"],
            self.transfers["size_gb"],
        )
        costs = self.transfers["network_cny"]
        planned = ends[entry] - starts[entry]
        done = max(slot - starts[entry], 0)
        if done < planned:
            sizes[entry] *= done / planned
            costs[entry] *= done / planned
            ends[entry] = starts[entry] + done
