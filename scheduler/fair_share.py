"""Fair share: where room is short, jobs compete by what their tenant already gets for its weight, not by stated value.

Weighted alpha-fairness (Mo and Walrand 2000; alpha = 2) over dominant shares (Ghodsi et al. 2011). A job that a tenant
would get at level l = (share held and asked for so far) / weight is worth  u + B * d * (L / l) ** 2:

    u   the most it can cost to run, so that leaving it out never saves money and no room idles;
    d   its dominant share: the largest part it takes of any resource of the whole network over the horizon;
    L   the highest level any job asked for would reach;
    B   what a unit of dominant share costs to run, times WEIGHT.

The last job in at two tenants is worth the same per unit of share when their shares stand as their weights do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from scheduler.arrays import Floats
from scheduler.candidates import Candidates, list_candidates
from scheduler.case import job_value_cny
from scheduler.haulage import plan_haulage
from scheduler.job import Job
from scheduler.room import Room, empty_room
from scheduler.unit_cost import unit_cost
from scheduler.world import World

ALPHA = 2.0
WEIGHT = 4.0  # a job's share counts this many times its cost, so that shares decide and costs break ties
MOST_RATIO = (
    1e3  # of level L to a job's own: beyond it the job is surely in, and larger figures only cost digits
)
NOBODY = ""


def share_fairly(jobs: Sequence[Job], world: World, weights: Mapping[str, float]) -> tuple[Job, ...]:
    """Return the jobs at their fair values, in their order; as they are when one tenant asks alone.

    What reservations hold in a tenant's name counts as its share already. A job whose stated or default value is
    less than running it may cost keeps that value: nothing is run at a loss for fairness' sake.

    Args:
        jobs: the requests, their references checked.
        world: what they are planned in.
        weights: tenant -> weight, above 0; 1 for a tenant that is not named.

    Raises:
        UnknownPrice: a job states no value and the rate card has no price of its accelerator.
    """
    tenants = {job.tenant or NOBODY for job in jobs}
    if len(tenants) < 2:
        return tuple(jobs)
    room = empty_room(world)
    rows = list_candidates(jobs, world, room.resources)
    share = _dominant_shares(jobs, rows, room)
    most_cny = _most_costs(jobs, rows, world)
    value_cny = np.array([job_value_cny(job) for job in jobs])
    counted = np.isfinite(share) & np.isfinite(most_cny) & (share > 0) & (most_cny <= value_cny)
    if not counted.any():
        return tuple(jobs)
    level = _levels(jobs, share, value_cny, counted, _held_shares(world, room), weights)
    ratio = np.minimum(level[counted].max() / level[counted], MOST_RATIO)
    unit_cny = WEIGHT * most_cny[counted].sum() / share[counted].sum()
    fair_cny = value_cny.copy()
    fair_cny[counted] = most_cny[counted] + unit_cny * share[counted] * ratio**ALPHA
    return tuple(replace(job, value_cny=float(worth)) for job, worth in zip(jobs, fair_cny, strict=True))


def _dominant_shares(jobs: Sequence[Job], rows: Candidates, room: Room) -> Floats:
    """Return [J]: the dominant share of all replicas, in the variant that takes least; inf where none can run."""
    whole = room.sites.sum(axis=(0, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(rows.demand > 0, rows.demand * rows.duration[:, np.newaxis] / whole, 0.0)
    of_row = np.where(rows.lacks_column, np.inf, parts.max(axis=1))
    replicas = np.array([job.replicas for job in jobs])
    return np.asarray(np.minimum.reduceat(of_row, rows.pointer[:-1]) * replicas)


def _most_costs(jobs: Sequence[Job], rows: Candidates, world: World) -> Floats:
    """Return [J]: what running each can cost at most, anywhere and any time [CNY]."""
    unit = unit_cost(world)
    dearest = float((unit.energy_cny + unit.carbon_cny).max())
    energy = np.maximum.reduceat(rows.it_kw * rows.duration, rows.pointer[:-1]) * dearest
    network = plan_haulage(jobs, world).network_cny
    reached = np.where(np.isfinite(network), network, -np.inf).max(axis=1)
    return np.asarray((energy + reached) * np.array([job.replicas for job in jobs]))


def _held_shares(world: World, room: Room) -> dict[str, float]:
    """Return tenant -> dominant share of what reservations hold in its name."""
    whole = room.sites.sum(axis=(0, 2))
    held: dict[str, float] = {}
    for each in world.reserved:
        if each.tenant is not None:
            slots = min(each.end_slot, world.horizon.slots) - each.start_slot
            amounts = [*(each.resources.get(name) for name in room.resources[:-1]), each.it_kw]
            parts = [x * slots / most for x, most in zip(amounts, whole.tolist(), strict=True) if most > 0]
            held[each.tenant] = held.get(each.tenant, 0.0) + max(*parts, 0.0)
    return held


def _levels(  # noqa: PLR0917
    jobs: Sequence[Job],
    share: Floats,
    value_cny: Floats,
    counted: np.ndarray[tuple[int], np.dtype[np.bool_]],
    held: Mapping[str, float],
    weights: Mapping[str, float],
) -> Floats:
    """Return [J]: the level of a job's tenant once it, and all its own that are worth more by share, are in."""
    level = np.full(len(jobs), np.inf)
    total = dict(held)
    order = np.flatnonzero(counted)
    for index in order[np.argsort(-value_cny[order] / share[order], kind="stable")].tolist():
        tenant = jobs[index].tenant or NOBODY
        total[tenant] = total.get(tenant, 0.0) + float(share[index])
        level[index] = total[tenant] / weights.get(tenant, 1.0)
    return level
