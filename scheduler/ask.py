"""Ask: a job as the arrays that are priced against the board; what jobs have in common is looked up once."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TypeVar

import numpy as np

from pricing import it_power_kw
from scheduler.arrays import Bools, Floats, Ints
from scheduler.candidates import SLOT_TOLERANCE
from scheduler.feasibility import RTT_TOLERANCE_MS
from scheduler.job import Job
from scheduler.optimizer.board import Ask
from scheduler.options import LIMIT_TOLERANCE
from scheduler.reach import Reach, Way, known_ends, measure_reach
from scheduler.residency import Residency
from scheduler.room import Room
from scheduler.world import World

MOST_KNOWN = 4096  # answers kept of each kind
NO_TIME = -1

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class AskMaker:
    """Translates the jobs asked for beside one plan."""

    def __init__(self, world: World, room: Room) -> None:
        """Know the routes that have been measured in the world's network already."""
        self._world, self._room = world, room
        self._column = {name: index for index, name in enumerate(room.resources)}
        self._lost = np.array([site in world.network.lost_sites for site in world.catalogue.site_ids])
        self._reach: Reach = measure_reach(world.network, known_ends(world.network))
        self._tasks: dict[tuple[float, float, str | None, float], Floats | None] = {}
        self._residencies: dict[Residency, Bools] = {}
        self._trips: dict[str, Floats] = {}
        self._free = np.zeros((0, len(room.resources), world.horizon.slots))

    def ask_of(self, job: Job) -> Ask:
        """Return a job whose references have been checked as arrays."""
        demand, when, share = self._ways(job)
        rows, sizes, incoming = self._moves(job)
        quota = None if job.tenant is None else self._room.tenants.get(job.tenant)
        return Ask(
            demand=demand,
            when=when,
            share=share,
            allowed=self._allowed(job),
            limit=np.array([_most(job.replica_budget_cny), _most(job.replica_carbon_kg_max)]),
            quota=self._free if quota is None else quota[np.newaxis],
            replicas=job.replicas,
            move_row=rows,
            move_gb=sizes,
            move_in=incoming,
            gb_price=self._reach.price_cny_per_gb,
            rate=self._reach.rate_gbps,
            route_pointer=self._reach.route_pointer,
            route_link=self._reach.route_link,
            hours_per_slot=self._world.horizon.hours_per_slot,
        )

    def _ways(self, job: Job) -> tuple[Floats, Ints, Floats]:
        """Return demand [V, R], (duration, first start, last start) [V, 3], and share of the last slot [V]."""
        horizon = self._world.horizon
        slots, minutes = horizon.slots, horizon.slot_minutes
        release = (
            0.0 if job.release is None else (job.release - horizon.start).total_seconds() / (60 * minutes)
        )
        deadline = (
            float(slots)
            if job.deadline is None
            else (job.deadline - horizon.start).total_seconds() / (60 * minutes)
        )
        first = min(max(math.ceil(release - SLOT_TOLERANCE), 0), slots)
        demand = np.empty((len(job.variants), len(self._column)))
        when, share = [], []
        for row, variant in enumerate(job.variants):
            task = self._task(job.demand.cpu_cores, job.demand.memory_gib, variant.accelerator, variant.count)
            run = variant.runtime_minutes / minutes
            duration = max(math.ceil(run - SLOT_TOLERANCE), 1)
            last = min(math.floor(deadline - run + SLOT_TOLERANCE), slots - duration)
            demand[row] = 0.0 if task is None else task
            when.append((duration, first, NO_TIME if task is None else max(last, NO_TIME)))
            share.append(run - (duration - 1))
        demand *= job.tasks
        return demand, np.array(when, dtype=np.int64), np.array(share)

    def _task(self, cpu_cores: float, memory_gib: float, model: str | None, count: float) -> Floats | None:
        """Return what one task holds [R]; None where no site has its accelerator."""
        key = (cpu_cores, memory_gib, model, count)
        if key not in self._tasks:
            _forget(self._tasks)
            self._tasks[key] = self._task_demand(*key)
        return self._tasks[key]

    def _task_demand(
        self, cpu_cores: float, memory_gib: float, model: str | None, count: float
    ) -> Floats | None:
        if model is not None and model not in self._column:
            return None
        accelerator = None if model is None else self._world.catalogue.accelerator(model)
        amounts = np.zeros(len(self._column))
        amounts[0], amounts[1] = cpu_cores, memory_gib
        amounts[-1] = it_power_kw(1, cpu_cores, memory_gib, accelerator, count)
        if model is not None:
            amounts[self._column[model]] = count
        return amounts

    def _allowed(self, job: Job) -> Bools:
        """Return [S]: sites that residency and latency leave, and that are not lost."""
        allowed = self._residencies.get(job.residency)
        if allowed is None:
            _forget(self._residencies)
            allowed = self._residencies[job.residency] = self._resident(job.residency)
        if job.origin is None or job.rtt_ms_max is None:
            return allowed
        trips = self._trips.get(job.origin)
        if trips is None:
            sites = self._world.catalogue.site_ids
            trips = self._trips[job.origin] = self._world.network.rtt_matrix_ms([job.origin], sites)[0]
        near: Bools = allowed & (trips <= job.rtt_ms_max + RTT_TOLERANCE_MS)
        return near

    def _resident(self, residency: Residency) -> Bools:
        sites = self._world.catalogue.sites
        inside = [residency.has_tags(site) and residency.covers(site) for site in sites]
        return np.asarray(np.array(inside, dtype=np.bool_) & ~self._lost)

    def _moves(self, job: Job) -> tuple[Ints, Floats, Bools]:
        """Return rows of the reach, sizes and directions of the datasets that move."""
        moves = [(part.at, Way.TO_SITE, part.size_gb) for part in job.inputs if part.size_gb > 0]
        moves += [(part.to, Way.FROM_SITE, part.size_gb) for part in job.outputs if part.size_gb > 0]
        if any((place, way) not in self._reach.rows for place, way, _ in moves):
            wanted = {(place, way) for place, way, _ in moves}
            self._reach = measure_reach(self._world.network, wanted.union(self._reach.rows))
        rows = np.array([self._reach.rows[place, way] for place, way, _ in moves], dtype=np.int64)
        sizes = np.array([size for _, _, size in moves], dtype=np.float64)
        return rows, sizes, np.array([way is Way.TO_SITE for _, way, _ in moves], dtype=np.bool_)


def _most(limit: float | None) -> float:
    """Return a limit with the tolerance it is kept within; inf without one."""
    return np.inf if limit is None else limit * (1 + LIMIT_TOLERANCE)


def _forget(known: dict[Key, Answer]) -> None:
    """Keep what is remembered small."""
    if len(known) >= MOST_KNOWN:
        known.clear()
