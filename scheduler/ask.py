"""Ask: a job as the arrays that are priced against the board; what jobs have in common is looked up once."""

from __future__ import annotations

import math
from collections.abc import Hashable
from datetime import datetime
from typing import NamedTuple, TypeVar

import numpy as np

from pricing import task_power_kw
from scheduler.arrays import Bools, Floats, Ints
from scheduler.candidates import SLOT_TOLERANCE
from scheduler.demand import Variant
from scheduler.feasibility import RTT_TOLERANCE_MS
from scheduler.job import Job
from scheduler.optimizer.board import Ask
from scheduler.options import LIMIT_TOLERANCE
from scheduler.reach import Reach, Way, known_ends, measure_reach
from scheduler.residency import Residency
from scheduler.room import Room
from scheduler.world import World

MOST_KNOWN = 4096  # answers kept of each kind

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class _Moves(NamedTuple):
    """The X datasets that a job moves, as `Ask` has them."""

    row: Ints
    size_gb: Floats
    incoming: Bools


class _Roads:
    """The routes that have been measured, with the row of each place that data comes from or goes to."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._from = {place: row for (place, way), row in reach.rows.items() if way is Way.TO_SITE}
        self._to = {place: row for (place, way), row in reach.rows.items() if way is Way.FROM_SITE}

    def moves(self, job: Job) -> _Moves | None:
        """Return the datasets of a job that move; None where a place is new."""
        if not job.inputs and not job.outputs:
            return STILL
        row, size_gb, incoming = list[int | None](), list[float](), list[bool]()
        for source in job.inputs:
            if source.size_gb > 0:
                row.append(self._from.get(source.at))
                size_gb.append(source.size_gb)
                incoming.append(True)
        for target in job.outputs:
            if target.size_gb > 0:
                row.append(self._to.get(target.to))
                size_gb.append(target.size_gb)
                incoming.append(False)
        if None in row:
            return None
        return _Moves(np.array(row, dtype=np.int64), np.array(size_gb), np.array(incoming, dtype=np.bool_))


def _most(limit: float | None) -> float:
    """Return a limit with the tolerance it is kept within; inf without one."""
    return np.inf if limit is None else limit * (1 + LIMIT_TOLERANCE)


STILL = _Moves(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=np.bool_))
FREE = np.array([_most(None), _most(None)])


class AskMaker:
    """Translates the jobs asked for beside one plan."""

    def __init__(self, world: World, room: Room) -> None:
        """Know the routes that have been measured in the world's network already."""
        self._world, horizon = world, world.horizon
        self._begin, self._minutes, self._slots = horizon.start, horizon.slot_minutes, horizon.slots
        self._hours_per_slot = horizon.hours_per_slot
        self._resources = len(room.resources)
        # Model -> its column of the room and its rated power [kW]; the count of no model at all is 0.
        self._models: dict[str | None, tuple[int, float]] = {None: (0, 0.0)}
        for model in world.catalogue.accelerators:
            if model.id in room.resources:
                self._models[model.id] = (room.resources.index(model.id), model.power_w / 1000)
        self._lost = np.array([site in world.network.lost_sites for site in world.catalogue.site_ids])
        self._roads = _Roads(measure_reach(world.network, known_ends(world.network)))
        self._demands: dict[Hashable, Floats] = {}
        self._residencies: dict[Residency, Bools] = {}
        self._trips: dict[str, Floats] = {}
        self._tenants = {name: left[np.newaxis].copy() for name, left in room.tenants.items()}
        self._free = np.zeros((0, self._resources, horizon.slots))

    def ask_of(self, job: Job) -> Ask:
        """Return a job whose references have been checked as arrays."""
        moves, reach = self._moves(job)
        return Ask(
            demand=self._demand(job),
            run=self._runs(job),
            first=0 if job.release is None else self._first_slot(job.release),
            end=float(self._slots) if job.deadline is None else self._slot_of(job.deadline),
            allowed=self._allowed(job),
            limit=_limit(job) if job.limited else FREE,
            quota=self._free if job.tenant is None else self._tenants.get(job.tenant, self._free),
            replicas=job.replicas,
            move_row=moves.row,
            move_gb=moves.size_gb,
            move_in=moves.incoming,
            gb_price=reach.price_cny_per_gb,
            rate=reach.rate_gbps,
            route_pointer=reach.route_pointer,
            route_link=reach.route_link,
            hours_per_slot=self._hours_per_slot,
        )

    def _demand(self, job: Job) -> Floats:
        """Return what the variants of a job hold [V, R]; jobs that hold the same share the answer."""
        task, variants = job.demand, job.variants
        key = (
            task.cpu_cores,
            task.memory_gib,
            job.tasks,
            *[(variant.accelerator, variant.count) for variant in variants],
        )
        demand = self._demands.get(key)
        if demand is None:
            _forget(self._demands)
            demand = self._demands[key] = np.array([self._task(job, variant) for variant in variants])
            demand *= job.tasks
        return demand

    def _task(self, job: Job, variant: Variant) -> list[float]:
        """Return what one task holds [R]; nothing where no site has its accelerator."""
        amounts, task = [0.0] * self._resources, job.demand
        model = self._models.get(variant.accelerator)
        if model is not None:
            column, rated_kw = model
            amounts[column] = variant.count
            amounts[0], amounts[1] = task.cpu_cores, task.memory_gib
            amounts[-1] = task_power_kw(task.cpu_cores, task.memory_gib, rated_kw, variant.count)
        return amounts

    def _runs(self, job: Job) -> Floats:
        """Return the length of every variant [V, slots]; inf where no site has its accelerator."""
        models, minutes = self._models, self._minutes
        return np.array(
            [
                each.runtime_minutes / minutes if each.accelerator in models else np.inf
                for each in job.variants
            ]
        )

    def _slot_of(self, instant: datetime) -> float:
        return (instant - self._begin).total_seconds() / (60 * self._minutes)

    def _first_slot(self, release: datetime) -> int:
        """Return the first slot that begins at the release or later, within the horizon."""
        return min(max(math.ceil(self._slot_of(release) - SLOT_TOLERANCE), 0), self._slots)

    def _allowed(self, job: Job) -> Bools:
        """Return [S]: sites that residency and latency leave, and that are not lost."""
        allowed = self._residencies.get(job.residency)
        if allowed is None:
            _forget(self._residencies)
            allowed = self._residencies[job.residency] = self._resident(job.residency)
        if job.origin is None or job.rtt_ms_max is None:
            return allowed
        if not self._trips:  # of all places at once: that takes three times as long as of one
            trips = self._world.network.rtt_matrix_ms()
            self._trips = dict(zip(self._world.catalogue.places, trips, strict=True))
        near: Bools = allowed & (self._trips[job.origin] <= job.rtt_ms_max + RTT_TOLERANCE_MS)
        return near

    def _resident(self, residency: Residency) -> Bools:
        sites = self._world.catalogue.sites
        inside = [residency.has_tags(site) and residency.covers(site) for site in sites]
        return np.asarray(np.array(inside, dtype=np.bool_) & ~self._lost)

    def _moves(self, job: Job) -> tuple[_Moves, Reach]:
        """Return the datasets of a job that move, and the routes whose rows they name."""
        roads = self._roads  # one and the same for both, whatever other threads measure meanwhile
        moves = roads.moves(job)
        if moves is None:
            new = {(source.at, Way.TO_SITE) for source in job.inputs}
            new |= {(target.to, Way.FROM_SITE) for target in job.outputs}
            roads = self._roads = _Roads(measure_reach(self._world.network, new.union(roads.reach.rows)))
            moves = roads.moves(job)
            assert moves is not None
        return moves, roads.reach


def _limit(job: Job) -> Floats:
    """Return what one replica may cost [CNY] and emit [kg]."""
    return np.array([_most(job.replica_budget_cny), _most(job.replica_carbon_kg_max)])


def _forget(known: dict[Key, Answer]) -> None:
    """Keep what is remembered small."""
    if len(known) >= MOST_KNOWN:
        known.clear()
