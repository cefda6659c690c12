"""Market: what a plan leaves, and what its room is worth; opened once, asked for the price of one job after another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from scheduler.candidates import list_candidates
from scheduler.case import Case, job_value_cny
from scheduler.explanation import Alternative
from scheduler.haulage import plan_haulage
from scheduler.job import Job
from scheduler.leftover import room_beside
from scheduler.offers import Offers, offers_of
from scheduler.plan import Plan
from scheduler.policy import Policy
from scheduler.reach import Ends, Reach, measure_reach
from scheduler.references import check_references
from scheduler.room import Room, empty_room
from scheduler.scarcity import Scarcity, scarcity_of
from scheduler.tenancy import open_tenancy
from scheduler.unit_cost import UnitCost, unit_cost
from scheduler.world import World
from topology import Network

MOST_REACHES = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One priced option of one job.

    Attributes:
        option: where, when and for how much, all replicas together.
        scarcity_cny: what the room it takes is worth to the jobs of the plan.
        price_cny: its cost as the policy weighs it, with the scarcity.
    """

    option: Alternative
    scarcity_cny: float
    price_cny: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Market:
    """One plan's leavings.

    Attributes:
        world: places and prices.
        policy: how costs are weighed.
        unit: what a kilowatt costs.
        whole: room of empty sites.
        room: room beside the plan.
        scarcity: what that room is worth.
    """

    world: World
    policy: Policy
    unit: UnitCost
    whole: Room
    room: Room
    scarcity: Scarcity
    _reaches: dict[frozenset[Ends], Reach] = field(default_factory=dict, repr=False)

    def offers(self, job: Job) -> Offers:
        """Return every option of a job whose references have been checked."""
        case = Case(
            jobs=(job,),
            world=self.world,
            candidates=list_candidates([job], self.world, self.whole.resources),
            haulage=plan_haulage([job], self.world, self._measure),
            unit=self.unit,
            whole=self.whole,
            free=self.room,
            value_cny=np.array([job_value_cny(job)]),
            tenancy=open_tenancy([job], self.whole, self.room),
        )
        return offers_of(case, self.room, self.policy, self.scarcity)

    def _measure(self, network: Network, wanted: Collection[Ends]) -> Reach:
        """Measure routes once for all jobs whose data goes the same ways."""
        key = frozenset(wanted)
        if key not in self._reaches:
            if len(self._reaches) >= MOST_REACHES:
                self._reaches.clear()
            self._reaches[key] = measure_reach(network, key)
        return self._reaches[key]


def open_market(plan: Plan, jobs: Sequence[Job], world: World, *, without: str | None = None) -> Market:
    """Return the market a plan leaves.

    Args:
        plan: the plan.
        jobs: the jobs it was made of.
        world: the world it was made in.
        without: name of a job whose room counts as free.

    Raises:
        WorldError: plan, jobs and world do not belong together.
    """
    room = room_beside(plan, jobs, world, without=without)
    return Market(
        world=world,
        policy=plan.policy,
        unit=unit_cost(world),
        whole=empty_room(world),
        room=room,
        scarcity=scarcity_of(plan, world, room),
    )


def price(job: Job, market: Market, *, most: int = 5) -> tuple[Offer, ...]:
    """Return the best offers for a job beside a plan: the cheapest of each site, the cheapest first.

    Every run is in one piece and the plan's jobs stay where they are, so that the job may be admitted at once.

    Args:
        job: what is asked for.
        market: what a plan leaves.
        most: number of sites offered.

    Returns:
        At most `most` offers; none where nothing has room, or the rules allow nothing.

    Raises:
        ReferenceFault: the job names a place or machine the catalogue does not have.
    """
    check_references([job], market.world.catalogue)
    offers = market.offers(job)
    prices = offers.price_cny
    variants, slots = prices.shape[0], prices.shape[2]
    by_site = np.swapaxes(prices, 0, 1).reshape(prices.shape[1], variants * slots)
    best, found = by_site.argmin(axis=1), list[Offer]()
    for site in np.argsort(by_site.min(axis=1), kind="stable").tolist():
        pick = (int(best[site]) // slots, site, int(best[site]) % slots)
        if len(found) == most or not np.isfinite(prices[pick]):
            break
        offer = Offer(
            option=offers.describe(pick),
            scarcity_cny=float(offers.scarcity_cny[pick]),
            price_cny=float(prices[pick]),
        )
        if offer.option.replicas == () or set(offer.option.replicas) not in [
            set(o.option.replicas) for o in found
        ]:
            found.append(offer)
    return tuple(found)
