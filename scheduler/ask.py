"""Ask: a job as the arrays that are priced against the board; what jobs have in common is looked up once."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import NamedTuple, TypeVar

import numpy as np

from pricing import it_power_kw
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
NO_TIME = -1

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class _Ways(NamedTuple):
    """What the variants of a job hold: `demand` [V, R], all tasks together; whether some site has it: `exists` [V]."""

    demand: Floats
    exists: tuple[bool, ...]


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
        self._world, self._horizon = world, world.horizon
        self._column = {name: index for index, name in enumerate(room.resources)}
        self._lost = np.array([site in world.network.lost_sites for site in world.catalogue.site_ids])
        self._roads = _Roads(measure_reach(world.network, known_ends(world.network)))
        self._ways: dict[Hashable, _Ways] = {}
        self._residencies: dict[Residency, Bools] = {}
        self._trips: dict[str, Floats] = {}
        self._tenants = {name: left[np.newaxis].copy() for name, left in room.tenants.items()}
        self._free = np.zeros((0, len(room.resources), world.horizon.slots))

    def ask_of(self, job: Job) -> Ask:
        """Return a job whose references have been checked as arrays."""
        ways = self._ways_of(job)
        when, share = self._times(job, ways.exists)
        moves, reach = self._moves(job)
        return Ask(
            demand=ways.demand,
            when=when,
            share=share,
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
            hours_per_slot=self._horizon.hours_per_slot,
        )

    def _ways_of(self, job: Job) -> _Ways:
        """Return what the variants of a job hold; jobs that hold the same share the answer."""
        demand, variants = job.demand, job.variants
        key = (
            demand.cpu_cores,
            demand.memory_gib,
            job.tasks,
            *[(variant.accelerator, variant.count) for variant in variants],
        )
        ways = self._ways.get(key)
        if ways is None:
            _forget(self._ways)
            ways = self._ways[key] = self._count(job)
        return ways

    def _count(self, job: Job) -> _Ways:
        rows = [self._task(job, variant) for variant in job.variants]
        nothing = [0.0] * len(self._column)
        demand = np.array([row or nothing for row in rows]) * job.tasks
        return _Ways(demand=demand, exists=tuple(row is not None for row in rows))

    def _task(self, job: Job, variant: Variant) -> list[float] | None:
        """Return what one task holds [R]; None where no site has its accelerator."""
        cpu_cores, memory_gib, model = job.demand.cpu_cores, job.demand.memory_gib, variant.accelerator
        amounts, accelerator = [0.0] * len(self._column), None
        amounts[0], amounts[1] = cpu_cores, memory_gib
        if model is not None:
            if model not in self._column:
                return None
            accelerator = self._world.catalogue.accelerator(model)
            amounts[self._column[model]] = variant.count
        amounts[-1] = it_power_kw(1, cpu_cores, memory_gib, accelerator, variant.count)
        return amounts

    def _times(self, job: Job, exists: tuple[bool, ...]) -> tuple[Ints, Floats]:
        """Return (duration, first start, last start) [V, 3] and share of the last slot [V] of every variant."""
        slots, minutes, begin = self._horizon.slots, self._horizon.slot_minutes, self._horizon.start
        first, end = 0, float(slots)
        if job.release is not None:
            release = (job.release - begin).total_seconds() / (60 * minutes)
            first = min(max(math.ceil(release - SLOT_TOLERANCE), 0), slots)
        if job.deadline is not None:
            end = (job.deadline - begin).total_seconds() / (60 * minutes)
        when, share = list[int](), list[float]()
        for variant, known in zip(job.variants, exists, strict=True):
            run = variant.runtime_minutes / minutes
            duration = max(math.ceil(run - SLOT_TOLERANCE), 1)
            last = min(math.floor(end - run + SLOT_TOLERANCE), slots - duration)
            when += (duration, first, max(last, NO_TIME) if known else NO_TIME)
            share.append(run - (duration - 1))
        return np.array(when, dtype=np.int64).reshape(-1, 3), np.array(share)

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
