"""Offers: the options of one job that rules, its own limits and the room left allow, with their prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Bools, Floats
from scheduler.case import Case, open_case
from scheduler.feasibility import PASSES, Codes, apply_rules
from scheduler.job import Job
from scheduler.leftover import transfers_at
from scheduler.limits import apply_limits
from scheduler.options import Options, price_options
from scheduler.policy import Policy
from scheduler.room import TOLERANCE, Room
from scheduler.world import World


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Offers:
    """What one job could get; V variants.

    Attributes:
        case: the job alone in its world.
        furthest: [S] first rule the best variant breaks at a site, PASSES where it breaks none.
        options: priced options of every variant.
        open: [V, S, T] starts that are allowed and fit into the room left.
        weighted_cny: [V, S, T] cost as the policy weighs it; inf where not open.
    """

    case: Case
    furthest: Codes
    options: tuple[Options, ...]
    open: Bools
    weighted_cny: Floats

    def cheapest(self, site: int | None = None) -> tuple[int, int, int] | None:
        """Return (variant, site, start) of the cheapest open option, at one site or all."""
        costs = self.weighted_cny if site is None else self.weighted_cny[:, site : site + 1]
        if not np.isfinite(costs).any():
            return None
        variant, column, start = np.unravel_index(int(np.argmin(costs)), costs.shape)
        return int(variant), int(column) if site is None else site, int(start)


def find_offers(job: Job, world: World, room: Room, policy: Policy) -> Offers:
    """Return the offers for a job in the room that is left."""
    case = open_case([job], world)
    feasibility, _ = apply_limits(case, apply_rules(case))
    options = tuple(price_options(case, candidate) for candidate in range(len(job.variants)))
    is_open = np.stack(
        [
            each.in_time
            & each.within_budget(job.budget_cny)
            & each.within_carbon(job.carbon_kg_max)
            & (feasibility.broken[each.candidate] == PASSES)[:, np.newaxis]
            & _fits(case, room, each.candidate)
            for each in options
        ]
    )
    weighted = np.stack([each.weighted_cny(policy) for each in options])
    return Offers(
        case=case,
        furthest=feasibility.furthest(case.candidates.pointer)[0],
        options=options,
        open=is_open,
        weighted_cny=np.where(is_open, weighted, np.inf),
    )


def _fits(case: Case, room: Room, candidate: int) -> Bools:
    """Return [S, T]: starts from which sites and links have room for the run and its transfers."""
    demand, duration = case.candidates.demand[candidate], int(case.candidates.duration[candidate])
    needed = demand > 0
    full = (room.sites[:, needed] * (1 + TOLERANCE) < demand[needed, np.newaxis]).any(axis=1)
    fits = ~_any_ahead(full, 0, duration)
    for site in range(len(fits)):
        transfers = transfers_at(case, 0, site)
        for link in sorted({link for links, *_ in transfers for link in links}):
            fits[site] &= _link_fits(room.links[link], link, transfers, duration)
    return fits


def _link_fits(
    left_gbps: Floats, link: int, transfers: list[tuple[tuple[int, ...], float, int, int]], duration: int
) -> Bools:
    """Return [T]: starts at which one link carries all transfers that cross it, together."""
    crossing = [(rate, before, after) for links, rate, before, after in transfers if link in links]
    fits = np.ones(len(left_gbps), dtype=np.bool_)
    for depth in {before for _, before, _ in crossing if before}:
        rate = sum(gbps for gbps, before, _ in crossing if before >= depth)
        fits &= ~_any_ahead((left_gbps * (1 + TOLERANCE) < rate)[np.newaxis], -depth, 0)[0]
    for depth in {after for _, _, after in crossing if after}:
        rate = sum(gbps for gbps, _, after in crossing if after >= depth)
        fits &= ~_any_ahead((left_gbps * (1 + TOLERANCE) < rate)[np.newaxis], duration, duration + depth)[0]
    return fits


def _any_ahead(full: Bools, first: int, end: int) -> Bools:
    """Return [S, T]: whether any of the slots t + first .. t + end (exclusive) inside the horizon is full."""
    slots = full.shape[1]
    before = np.concatenate([np.zeros((len(full), 1), dtype=np.int64), np.cumsum(full, axis=1)], axis=1)
    start = np.arange(slots)
    found: Bools = before[:, np.clip(start + end, 0, slots)] > before[:, np.clip(start + first, 0, slots)]
    return found
