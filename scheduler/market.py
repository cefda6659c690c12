"""Market: what a plan leaves, and what its room is worth; opened once, asked for the price of one job after another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from scheduler.candidates import list_candidates
from scheduler.case import Case, job_value_cny
from scheduler.counter import Counter
from scheduler.haulage import plan_haulage
from scheduler.job import Job
from scheduler.leftover import room_beside
from scheduler.menu import Labels, Menu, Offer
from scheduler.offers import Offers, offers_of
from scheduler.plan import Plan
from scheduler.policy import Policy
from scheduler.reach import Ends, Reach, measure_reach
from scheduler.room import Room, empty_room
from scheduler.scarcity import Scarcity, scarcity_of
from scheduler.tenancy import open_tenancy
from scheduler.unit_cost import UnitCost, unit_cost
from scheduler.world import World
from topology import Network

MOST_REACHES = 4096


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
    _labels: Labels = field(init=False, repr=False)
    _counter: Counter = field(init=False, repr=False)

    def __post_init__(self) -> None:
        labels = Labels(
            site_ids=self.world.catalogue.site_ids,
            instants=self.world.horizon.instants(),
            carbon_cny_per_kg=self.unit.carbon_cny_per_kg,
        )
        object.__setattr__(self, "_labels", labels)
        counter = Counter(
            world=self.world, policy=self.policy, unit=self.unit, room=self.room, scarcity=self.scarcity
        )
        object.__setattr__(self, "_counter", counter)

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
        fits, worth = self._counter.starts(job)
        return offers_of(case, self.room, self.policy, fits=fits, scarcity_cny=worth)

    def cheapest(self, job: Job, most: int) -> Sequence[Offer]:
        """Return the cheapest option of each of the `most` cheapest sites, the cheapest first.

        None of the other options is listed, so that this takes microseconds where `offers` takes milliseconds.

        Raises:
            ReferenceFault: the job names a place or machine the catalogue does not have.
        """
        self._counter.check(job)
        if job.spread is not None:
            return _cheapest_sets(self.offers(job), most)
        return Menu(job, self._counter.cheapest(job, most), self._labels)

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


def price(job: Job, market: Market, *, most: int = 5) -> Sequence[Offer]:
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
    return market.cheapest(job, most)


def _cheapest_sets(offers: Offers, most: int) -> tuple[Offer, ...]:
    """Return the cheapest option of each set of sites that the replicas of a job may take, the cheapest first."""
    prices = offers.price_cny
    variants, slots = prices.shape[0], prices.shape[2]
    by_site = np.swapaxes(prices, 0, 1).reshape(prices.shape[1], variants * slots)
    best, found, taken = by_site.argmin(axis=1), list[Offer](), list[set[str]]()
    for site in np.argsort(by_site.min(axis=1), kind="stable").tolist():
        pick = (int(best[site]) // slots, site, int(best[site]) % slots)
        if len(found) == most or not np.isfinite(prices[pick]):
            break
        offer = Offer(
            option=offers.describe(pick),
            scarcity_cny=float(offers.scarcity_cny[pick]),
            price_cny=float(prices[pick]),
        )
        if set(offer.option.replicas) not in taken:
            taken.append(set(offer.option.replicas))
            found.append(offer)
    return tuple(found)
