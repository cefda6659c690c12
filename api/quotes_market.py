"""The market: what quotes are made against, cached: prices, the room the present jobs leave, and shadow prices."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from api.feeds import Closures, Feed, arrange
from api.holding import Hold, HoldReader
from api.logs import get_logger
from api.plan_prices import PlanPrices, read_plan_prices
from api.store import Events, Jobs, LastSeq, Many, One, Plan, SiteState, Store, Tenant, every
from api.store import Job as JobRecord
from scheduler import Market as Stall
from scheduler import Policy, World
from scheduler.lifecycle import HELD_STATES
from scheduler.room import Room, empty_room
from scheduler.scarcity import Scarcity
from scheduler.unit_cost import UnitCost, unit_cost
from topology import Catalogue, Horizon, Network, Route

Floats = npt.NDArray[np.float64]

SLOT_MINUTES = 15
TRIPS_KEPT = 4096
JOBS_PER_READ = 500
_PLACED_STATES = ("planned", *(state.value for state in HELD_STATES))
_log = get_logger()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Market:
    """One moment of the market; S sites, R resources, T slots.

    Attributes:
        world: places and prices; its horizon begins with the slot that has begun.
        stall: the scheduler's own market: what it offers a job.
        unit: what a kilowatt costs.
        whole: room of empty sites.
        room: room beside the jobs that are placed.
        scarcity: what the room is worth to others by the shadow prices of the last plan.
        prices: those prices on the slots of the plan itself, None when there is none.
        drawn_at: when it was drawn.
        built: room of sites that are neither cordoned nor lost: what `held` is a part of.
        held: [S, R, T] what the placed jobs hold of sites.
        holds: job id -> what it holds.
        plan: id of the plan they come from, "" when there is none.
    """

    world: World
    stall: Stall
    unit: UnitCost
    whole: Room
    room: Room
    scarcity: Scarcity
    prices: PlanPrices | None
    drawn_at: datetime
    built: Room
    held: Floats
    holds: Mapping[str, Hold]
    plan: str


class RememberingNetwork(Network):
    """A network that finds each route once: quotes ask for the same ones again and again."""

    def __init__(self, catalogue: Catalogue, *, lost_sites: Collection[str] = ()) -> None:
        """Join the places of a catalogue, without the lost sites."""
        super().__init__(catalogue, lost_sites=lost_sites)
        self._routes: dict[tuple[str, str, str], Route] = {}
        self._trips: dict[tuple[tuple[str, ...] | None, tuple[str, ...] | None], Floats] = {}

    def route(self, a: str, b: str, by: Literal["latency", "price"] = "latency") -> Route:
        """The route between two places; see `Network.route`.

        Raises:
            NoRoute: If they are not joined.
            UnknownPlace: If one does not exist.
        """
        route = self._routes.get((a, b, by))
        if route is None:
            route = self._routes[a, b, by] = super().route(a, b, by)
        return route

    def rtt_matrix_ms(
        self, origins: Sequence[str] | None = None, sites: Sequence[str] | None = None
    ) -> Floats:
        """The round trips between places, not to be written to; see `Network.rtt_matrix_ms`.

        Raises:
            UnknownPlace: If one does not exist.
        """
        key = (None if origins is None else tuple(origins), None if sites is None else tuple(sites))
        trips = self._trips.get(key)
        if trips is None:
            if len(self._trips) >= TRIPS_KEPT:
                self._trips.clear()
            trips = self._trips[key] = super().rtt_matrix_ms(origins, sites)
            trips.flags.writeable = False
        return trips


class MarketWatch:
    """Keeps the market up to date with the store, in the background."""

    def __init__(self, store: Store, feed: Feed, *, hours: float) -> None:
        """Look `hours` ahead."""
        self._store, self.feed, self._hours = store, feed, hours
        self._market: Market | None = None
        self._holds: dict[str, Hold] = {}
        self._seen: tuple[Any, ...] = ()
        self._seq: int | None = None
        self._read: tuple[str, PlanPrices] | None = None
        self._kept: tuple[Closures, dict[str, Any]] | None = None
        self._lock = asyncio.Lock()

    async def now(self, instant: datetime) -> Market:
        """Return the market; only the first call of a slot has to wait for it."""
        market = self._market
        if market is None or not market.world.horizon.start <= instant < self._stale_at(market):
            await self.refresh(instant)
            market = self._market
        assert market is not None
        return market

    async def keep_fresh(self, clock: Callable[[], datetime], every_s: float, closing: asyncio.Event) -> None:
        """Look for news until `closing` is set."""
        while not closing.is_set():
            try:
                await self.refresh(clock())
            except Exception as error:
                _log.warning("market_refresh_failed", error=f"{type(error).__name__}: {error}")
            try:
                await asyncio.wait_for(closing.wait(), every_s)
            except TimeoutError:
                continue

    async def refresh(self, instant: datetime) -> None:
        """Draw the market anew when time, plan, jobs or sites have changed."""
        async with self._lock:
            horizon = horizon_at(instant, self._hours)
            plan = await self._latest_plan()
            sites = (await self._store.read(Many(SiteState))).items
            tenants = (await self._store.read(Many(Tenant, limit=10_000))).items
            quotas = {tenant.name: tenant.quota for tenant in tenants if tenant.quota}
            # Every change of a job makes an event. The number is read first: what comes later is seen next time.
            seq = await self._store.read(LastSeq())
            seen = (horizon, plan[0].id if plan else "", sites, quotas, seq)
            if seen == self._seen:
                return
            jobs = await self._news()
            prices = await self.feed.prices(horizon)
            world = World(prices=prices, quotas=quotas, **self._places(sites))
            self._market = await asyncio.to_thread(self._draw, world, jobs, plan, instant)
            self._seen, self._seq = seen, seq

    async def _news(self) -> list[JobRecord]:
        """Return the jobs that have changed since the last drawing; at first, all that are placed."""
        if self._seq is None:
            return [job async for job in every(self._store, Jobs(states=_PLACED_STATES, limit=JOBS_PER_READ))]
        changed: dict[str, None] = {}
        after = self._seq
        while events := await self._store.read(Events(after=after, limit=JOBS_PER_READ)):
            after = events[-1].seq
            changed |= {event.subject: None for event in events if event.kind.startswith("job.")}
        names, jobs = tuple(changed), list[JobRecord]()
        for begin in range(0, len(names), JOBS_PER_READ):
            some = names[begin : begin + JOBS_PER_READ]
            jobs += (await self._store.read(Jobs(ids=some, limit=len(some)))).items
        return jobs

    async def _latest_plan(self) -> tuple[Plan, ...]:
        """Return the latest plan, if there is one; its document only where it has not been read yet."""
        latest = Many(Plan, limit=1, newest_first=True, without=("document",))
        plan = (await self._store.read(latest)).items
        if not plan or (self._read is not None and self._read[0] == plan[0].id):
            return plan
        whole = await self._store.read(One(Plan, plan[0].id))
        return () if whole is None else (whole,)

    def _places(self, sites: Sequence[SiteState]) -> dict[str, Any]:
        """Return catalogue and network as the sites' states leave them; the same objects while those stay."""
        closed = frozenset(state.site for state in sites if state.cordoned or state.draining)
        lost = frozenset(state.site for state in sites if not state.answering)
        known = frozenset(self.feed.catalogue.site_ids)
        closures = Closures(closed=closed & known, lost=lost & known)
        if self._kept is None or self._kept[0] != closures:
            catalogue = arrange(self.feed.catalogue, closures).catalogue
            network = RememberingNetwork(catalogue, lost_sites=closures.lost)
            self._kept = (closures, {"catalogue": catalogue, "network": network})
        return self._kept[1]

    def _draw(
        self, world: World, jobs: Sequence[JobRecord], plan: Sequence[Plan], instant: datetime
    ) -> Market:
        whole = empty_room(world)
        reader = HoldReader(world, whole.resources)
        holds = dict(self._holds)
        for job in jobs:
            hold = reader.read(job) if job.state in _PLACED_STATES else None
            if hold is None:
                holds.pop(job.id, None)
            else:
                holds[job.id] = hold
        self._holds = holds
        room = _copy(whole)
        for hold in holds.values():
            first, last = slots_of(world.horizon, hold.start, hold.end)
            for site in hold.sites:
                room.take(site, hold.demand, first, last, hold.tenant)
            for move in hold.moves:
                room.take_links(move.links, move.gbps, *slots_of(world.horizon, move.start, move.end))
        held = whole.sites - room.sites
        for left in (room.sites, room.links, *room.tenants.values()):
            np.maximum(left, 0.0, out=left)
        prices = self._prices_of(plan, world, whole)
        site_cny, link_cny = (
            (np.zeros(whole.sites.shape), np.zeros(whole.links.shape))
            if prices is None
            else (each * world.horizon.hours_per_slot for each in prices.on(world.horizon))
        )
        parts: dict[str, Any] = {
            "world": world,
            "unit": unit_cost(world),
            "whole": whole,
            "room": room,
            "scarcity": Scarcity(sites=_summed(site_cny), links=_summed(link_cny)),
        }
        return Market(
            **parts,
            stall=Stall(policy=Policy(), **parts),
            built=self._built(world, whole),
            held=held,
            holds=holds,
            plan=plan[0].id if plan else "",
            prices=prices,
            drawn_at=instant,
        )

    def _built(self, world: World, whole: Room) -> Room:
        """Return the room of the sites as built: what runs at a cordoned site still fills a part of it."""
        if self._kept is None or self._kept[0] == Closures():
            return whole
        return empty_room(replace(world, catalogue=self.feed.catalogue, network=Network(self.feed.catalogue)))

    def _prices_of(self, plan: Sequence[Plan], world: World, whole: Room) -> PlanPrices | None:
        """Return the prices of the latest plan, read once."""
        if not plan:
            return None
        if self._read is None or self._read[0] != plan[0].id:
            self._read = (plan[0].id, read_plan_prices(plan[0], world.catalogue, whole.resources))
        return self._read[1]

    def _stale_at(self, market: Market) -> datetime:
        return market.world.horizon.instant(1)


def horizon_at(instant: datetime, hours: float) -> Horizon:
    """Return the slots from the one that has begun, so many hours on."""
    instant = instant.astimezone(UTC)
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    slot = timedelta(minutes=SLOT_MINUTES)
    start = midnight + (instant - midnight) // slot * slot
    return Horizon(start=start, slots=math.ceil(hours * 60 / SLOT_MINUTES), slot_minutes=SLOT_MINUTES)


def slots_of(horizon: Horizon, start: datetime, end: datetime) -> tuple[int, int]:
    """Return the slots [first, last) that a stretch of time touches; what is late holds the first slot."""
    length = horizon.slot_length
    first = max(0, (start - horizon.start) // length)
    last = max(-(-(end - horizon.start) // length), 1 if start <= horizon.start else 0)
    return min(first, horizon.slots), min(max(last, 0), horizon.slots)


def _copy(room: Room) -> Room:
    """Return room that may be taken without touching the one it was copied from."""
    return replace(
        room,
        sites=room.sites.copy(),
        links=room.links.copy(),
        tenants={tenant: units.copy() for tenant, units in room.tenants.items()},
        energy_kwh=room.energy_kwh.copy(),
    )


def _summed(prices: Floats) -> Floats:
    """Return the sums over the slots before, one more than there are slots."""
    return np.concatenate([np.zeros((*prices.shape[:-1], 1)), np.cumsum(prices, axis=-1)], axis=-1)
