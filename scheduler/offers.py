"""Offers: the options of one job that rules, its own limits and the room left allow, with their prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from scheduler.arrays import Bools, Floats, Ints
from scheduler.case import Case
from scheduler.cost import CostParts
from scheduler.explanation import Alternative
from scheduler.feasibility import PASSES, Codes
from scheduler.options import Options, price_options
from scheduler.policy import Policy
from scheduler.room import TOLERANCE, Room
from scheduler.screening import find_feasible
from scheduler.spreading import replica_sets

Pick = tuple[int, int, int]  # variant, site, start slot


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Offers:
    """What one job could get; V variants. Runs are in one piece; a replica's partners are the cheapest.

    Attributes:
        case: the job alone in its world.
        furthest: [S] first rule the best variant breaks at a site, PASSES where it breaks none.
        options: priced options of every variant, one replica each.
        open: [V, S, T] starts that are allowed and fit into the room left, with partners where replicas need them.
        weighted_cny: [V, S, T] cost of all replicas as the policy weighs it; inf where not open.
        scarcity_cny: [V, S, T] worth to others of the room that all replicas take, by the plan's shadow prices.
        partners: sets of sites the replicas may take, or None for a job of one site.
        replica_cny: [V, S, T] weighted cost and scarcity of one replica; inf where it cannot run.
        quota_full: whether no start in time finds room in the quota of the job's tenant.
    """

    case: Case
    furthest: Codes
    options: tuple[Options, ...]
    open: Bools
    weighted_cny: Floats
    scarcity_cny: Floats
    partners: Ints | None
    replica_cny: Floats
    quota_full: bool

    @property
    def price_cny(self) -> Floats:
        """[V, S, T] cost with the worth of the room that is taken; inf where not open."""
        return np.asarray(self.weighted_cny + self.scarcity_cny)

    def cheapest(self, site: int | None = None) -> Pick | None:
        """Return (variant, site, start) of the cheapest open option, at one site or all."""
        costs = self.weighted_cny if site is None else self.weighted_cny[:, site : site + 1]
        if not np.isfinite(costs).any():
            return None
        variant, column, start = np.unravel_index(int(np.argmin(costs)), costs.shape)
        return int(variant), int(column) if site is None else site, int(start)

    def sites_of(self, pick: Pick) -> tuple[int, ...]:
        """Return the sites of an option: its own, then those of the cheapest other replicas."""
        variant, site, start = pick
        if self.partners is None:
            return (site,)
        with_site = self.partners[(self.partners == site).any(axis=1)]
        best = with_site[int(np.argmin(self.replica_cny[variant, with_site, start].sum(axis=1)))]
        return (site, *(int(other) for other in best if other != site))

    def describe(self, pick: Pick) -> Alternative:
        """Return one option in full, all its replicas together."""
        variant, _, start = pick
        sites, options = list(self.sites_of(pick)), self.options[variant]
        job, world = self.case.jobs[0], self.case.world
        begin = world.horizon.instant(start)
        names = tuple(world.catalogue.sites[site].id for site in sites)
        return Alternative(
            site=names[0],
            variant=variant,
            accelerator=job.variants[variant].accelerator,
            start=begin,
            end=begin + timedelta(minutes=job.variants[variant].runtime_minutes),
            cost=CostParts(
                energy_cny=float(options.run.energy_cny[sites, start].sum()),
                carbon_cny=float(options.run.carbon_cny[sites, start].sum()),
                network_cny=float(options.network_cny[sites].sum()),
            ),
            carbon_kg=float(options.run.carbon_kg[sites, start].sum()),
            replicas=names if job.spread is not None else (),
        )


def offers_of(case: Case, room: Room, policy: Policy, *, fits: Bools, scarcity_cny: Floats) -> Offers:
    """Return the offers for the one job of a case in the room that is left.

    Args:
        case: the job alone in its world.
        room: what is left.
        policy: how costs are weighed.
        fits: [V, S, T] starts from which sites, links and quotas have room for one replica and its transfers.
        scarcity_cny: [V, S, T] what the room of one replica is worth to others.
    """
    job = case.jobs[0]
    feasibility, _ = find_feasible(case)
    options = tuple(price_options(case, candidate) for candidate in range(len(job.variants)))
    is_open = np.stack(
        [
            each.in_time
            & each.within_budget(job.replica_budget_cny)
            & each.within_carbon(job.replica_carbon_kg_max)
            & (feasibility.broken[each.candidate] == PASSES)[:, np.newaxis]
            & fits[each.candidate]
            for each in options
        ]
    )
    weighted = np.where(is_open, np.stack([each.weighted_cny(policy) for each in options]), np.inf)
    sets = None if job.spread is None else replica_sets(case.world.catalogue.sites, job.spread)
    total, total_worth = (
        (weighted, scarcity_cny) if sets is None else _with_partners(weighted, scarcity_cny, sets)
    )
    return Offers(
        case=case,
        furthest=feasibility.furthest(case.candidates.pointer)[0],
        options=options,
        open=np.isfinite(total),
        weighted_cny=total,
        scarcity_cny=total_worth,
        partners=sets,
        replica_cny=weighted + scarcity_cny,
        quota_full=not any(_quota_open(case, room, each).any() for each in options),
    )


def _quota_open(case: Case, room: Room, options: Options) -> Bools:
    """Return [S, T]: starts in time at which the tenant's quota has room for all replicas."""
    demand, duration = (
        array[options.candidate] for array in (case.candidates.demand, case.candidates.duration)
    )
    full = _any_ahead(_quota_is_full(case, room, demand)[np.newaxis], 0, int(duration))
    return np.asarray(options.in_time & ~full)


def _with_partners(weighted: Floats, worth: Floats, sets: Ints) -> tuple[Floats, Floats]:
    """Return [V, S, T]: cost and scarcity of the cheapest set with each site at each start; inf where there is none."""
    total, total_worth = np.full(weighted.shape, np.inf), np.zeros(worth.shape)
    best = np.full(weighted.shape, np.inf)
    for members in sets.tolist():
        cost, scarce = weighted[:, members].sum(axis=1), worth[:, members].sum(axis=1)
        for site in members:
            better = cost + scarce < best[:, site]
            best[:, site][better] = (cost + scarce)[better]
            total[:, site][better], total_worth[:, site][better] = cost[better], scarce[better]
    return total, total_worth


def _quota_is_full(case: Case, room: Room, demand: Floats) -> Bools:
    """Return [T]: slots in which the tenant's quota has no room for all replicas."""
    job = case.jobs[0]
    left = None if job.tenant is None else room.tenants.get(job.tenant)
    if left is None:
        return np.zeros(room.sites.shape[2], dtype=np.bool_)
    return np.asarray((left * (1 + TOLERANCE) < job.replicas * demand[:, np.newaxis]).any(axis=0))


def _any_ahead(full: Bools, first: int, end: int) -> Bools:
    """Return [S, T]: whether any of the slots t + first .. t + end (exclusive) inside the horizon is full."""
    slots = full.shape[1]
    before = np.concatenate([np.zeros((len(full), 1), dtype=np.int64), np.cumsum(full, axis=1)], axis=1)
    start = np.arange(slots)
    found: Bools = before[:, np.clip(start + end, 0, slots)] > before[:, np.clip(start + first, 0, slots)]
    return found
