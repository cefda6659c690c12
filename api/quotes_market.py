"""The market: what quotes are made against, cached: prices, the room the present jobs leave, and shadow prices."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from api.feeds import Closures, Feed, arrange
from api.logs import get_logger
from api.store import Job as JobRecord
from api.store import Jobs, LastSeq, Many, Plan, SiteState, Store, every
from pricing import it_power_kw
from scheduler import Job, World
from scheduler.document import job_adapter
from scheduler.lifecycle import HELD_STATES
from scheduler.room import Room, empty_room
from scheduler.unit_cost import UnitCost, unit_cost
from topology import Catalogue, Horizon, Network, Route

Floats = npt.NDArray[np.float64]

SLOT_MINUTES = 15
_PLACED_STATES = ("planned", *(state.value for state in HELD_STATES))
_log = get_logger()


@dataclass(frozen=True, slots=True)
class Hold:
    """What a placed job holds.

    Attributes:
        demand: [R] units.
        site: row of its site.
        start: first instant.
        end: first instant after it.
    """

    demand: Floats
    site: int
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Market:
    """One moment of the market; S sites, R resources, T slots.

    Attributes:
        world: places and prices; its horizon begins with the slot that has begun.
        unit: what a kilowatt costs.
        whole: room of empty sites.
        room: room beside the jobs that are placed.
        scarcity_before: [S, R, T + 1] shadow prices summed over the slots before [CNY per unit].
        holds: job id -> what it holds.
        plan: id of the plan they come from, "" when there is none.
    """

    world: World
    unit: UnitCost
    whole: Room
    room: Room
    scarcity_before: Floats
    holds: Mapping[str, Hold]
    plan: str


class RememberingNetwork(Network):
    """A network that finds each route once: quotes ask for the same ones again and again."""

    def __init__(self, catalogue: Catalogue, *, lost_sites: Collection[str] = ()) -> None:
        """Join the places of a catalogue, without the lost sites."""
        super().__init__(catalogue, lost_sites=lost_sites)
        self._routes: dict[tuple[str, str, str], Route] = {}

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


class MarketWatch:
    """Keeps the market up to date with the store, in the background."""

    def __init__(self, store: Store, feed: Feed, *, hours: float) -> None:
        """Look `hours` ahead."""
        self._store, self.feed, self._hours = store, feed, hours
        self._market: Market | None = None
        self._holds: dict[str, tuple[int, Hold]] = {}
        self._seen: tuple[Any, ...] = ()
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
            plan = (await self._store.read(Many(Plan, limit=1, newest_first=True))).items
            sites = (await self._store.read(Many(SiteState))).items
            # Every change of a job makes an event. The number is read first: what comes later is seen next time.
            seen = (horizon, plan[0].id if plan else "", sites, await self._store.read(LastSeq()))
            if seen == self._seen:
                return
            placed = [job async for job in every(self._store, Jobs(states=_PLACED_STATES, limit=2_000))]
            prices = await self.feed.prices(horizon)
            world = World(prices=prices, **self._places(sites))
            self._market = await asyncio.to_thread(self._draw, world, placed, plan)
            self._seen = seen

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

    def _draw(self, world: World, placed: Sequence[JobRecord], plan: Sequence[Plan]) -> Market:
        whole = empty_room(world)
        rows = {site: row for row, site in enumerate(world.catalogue.site_ids)}
        holds = {}
        for job in placed:
            known = self._holds.get(job.id)
            hold = (
                known[1]
                if known is not None and known[0] == job.version
                else _hold(job, whole, rows, world.catalogue)
            )
            if hold is not None:
                holds[job.id] = (job.version, hold)
        self._holds = holds
        room = Room(resources=whole.resources, sites=whole.sites.copy(), links=whole.links)
        for _, hold in holds.values():
            first, last = slots_of(world.horizon, hold.start, hold.end)
            room.take(hold.site, hold.demand, first, last)
        np.maximum(room.sites, 0.0, out=room.sites)
        return Market(
            world=world,
            unit=unit_cost(world),
            whole=whole,
            room=room,
            scarcity_before=_scarcity(plan[0] if plan else None, whole, world, rows),
            holds={name: hold for name, (_, hold) in holds.items()},
            plan=plan[0].id if plan else "",
        )

    def _stale_at(self, market: Market) -> datetime:
        return market.world.horizon.instant(1)


def held_by(job: Job, variant: int, resources: Sequence[str], catalogue: Catalogue) -> Floats:
    """Return what a job holds in one variant [R], in the order of `resources`."""
    way = job.variants[variant]
    machine = catalogue.accelerator(way.accelerator) if way.accelerator else None
    amounts = {
        "cpu_cores": job.tasks * job.demand.cpu_cores,
        "memory_gib": job.tasks * job.demand.memory_gib,
        "it_kw": it_power_kw(job.tasks, job.demand.cpu_cores, job.demand.memory_gib, machine, way.count),
    }
    if way.accelerator:
        amounts[way.accelerator] = job.tasks * way.count
    return np.array([amounts.get(name, 0.0) for name in resources])


def horizon_at(instant: datetime, hours: float) -> Horizon:
    """Return the slots from the one that has begun, so many hours on."""
    instant = instant.astimezone(UTC)
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    slot = timedelta(minutes=SLOT_MINUTES)
    start = midnight + (instant - midnight) // slot * slot
    return Horizon(start=start, slots=math.ceil(hours * 60 / SLOT_MINUTES), slot_minutes=SLOT_MINUTES)


def _hold(job: JobRecord, whole: Room, rows: dict[str, int], catalogue: Catalogue) -> Hold | None:
    if not job.placement or job.site not in rows or job.starts_at is None or job.ends_at is None:
        return None
    request = job_adapter().validate_json(job.document)
    variant = int(json.loads(job.placement)["variant"])
    return Hold(
        held_by(request, variant, whole.resources, catalogue), rows[job.site], job.starts_at, job.ends_at
    )


def slots_of(horizon: Horizon, start: datetime, end: datetime) -> tuple[int, int]:
    """Return the slots [first, last) that a stretch of time touches; what is late holds the first slot."""
    length = horizon.slot_length
    first = max(0, (start - horizon.start) // length)
    last = max(-(-(end - horizon.start) // length), 1 if start <= horizon.start else 0)
    return min(first, horizon.slots), min(max(last, 0), horizon.slots)


def _scarcity(plan: Plan | None, whole: Room, world: World, rows: dict[str, int]) -> Floats:
    """Return the plan's shadow prices on the market's slots, summed over the slots before."""
    horizon = world.horizon
    prices = np.zeros(whole.sites.shape)
    if plan is not None:
        document = json.loads(plan.document)
        begin = datetime.fromisoformat(document["horizon"]["start"])
        minutes = document["horizon"]["slot_minutes"]
        columns = {name: column for column, name in enumerate(whole.resources)}
        for each in document["shadow_prices"]:
            if each["site"] in rows and each["resource"] in columns:
                start = begin + timedelta(minutes=minutes * each["slot"])
                first, last = slots_of(horizon, start, start + timedelta(minutes=minutes))
                if start + timedelta(minutes=minutes) > horizon.start:
                    cny = each["cny_per_unit_hour"] * horizon.hours_per_slot
                    prices[rows[each["site"]], columns[each["resource"]], first:last] = cny
    return np.concatenate([np.zeros((*prices.shape[:2], 1)), np.cumsum(prices, axis=2)], axis=2)
