"""Survey: what the placed jobs of one moment of the market add up to, by site, link, city and time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from api.errors import InvalidFieldError
from api.holding import NOWHERE, Floats, Hold, Spent
from api.quotes_market import Market, slots_of
from topology import Horizon

Ints = npt.NDArray[np.int64]

SURVEYS_KEPT = 4  # each keeps its market alive


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """A stretch of a market's horizon, cut into steps of whole slots; the last step may be short.

    Attributes:
        first: first slot.
        end: slot after the last.
        slots_per_step: slots in a step.
    """

    first: int
    end: int
    slots_per_step: int

    @property
    def begins(self) -> Ints:
        """First slot of every step."""
        return np.arange(self.first, self.end, self.slots_per_step)

    def means(self, by_slot: Floats) -> Floats:
        """Return the means over every step of figures [..., T]."""
        sums = np.add.reduceat(by_slot[..., : self.end], self.begins, axis=-1)
        return np.asarray(sums / np.diff(np.append(self.begins, self.end)))

    def peaks(self, by_slot: Floats) -> Floats:
        """Return the largest in every step of figures [..., T]."""
        return np.asarray(np.maximum.reduceat(by_slot[..., : self.end], self.begins, axis=-1))


def open_window(horizon: Horizon, start: datetime, hours: float, step_minutes: int) -> Window:
    """Return the steps of a stretch of time, as far as the horizon reaches.

    Raises:
        InvalidFieldError: it has no time zone, lies outside the horizon, or a step is no number of slots.
    """
    if start.utcoffset() is None:
        raise InvalidFieldError("start", "start has no time zone; write an offset, such as +08:00 or Z")
    if step_minutes % horizon.slot_minutes:
        raise InvalidFieldError("step_minutes", f"must be a multiple of {horizon.slot_minutes}")
    if not horizon.start - timedelta(hours=1) <= start < horizon.end:
        raise InvalidFieldError(
            "start", f"must lie between {horizon.start.isoformat()} and {horizon.end.isoformat()}"
        )
    first = max(0, (start - horizon.start) // horizon.slot_length)
    slots = math.ceil(hours * 60 / horizon.slot_minutes)
    return Window(
        first=first,
        end=min(first + slots, horizon.slots),
        slots_per_step=step_minutes // horizon.slot_minutes,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """Work of one origin at one site at one instant."""

    origin: str
    site: str
    jobs: int
    cpu_cores: float
    accelerators: float
    it_kw: float
    rtt_ms: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Instant:
    """What is at work at one instant: some flows; number and IT power of all jobs, also of those without an origin."""

    at: datetime
    jobs: int
    it_kw: float
    flows: tuple[Flow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Savings:
    """What plans save against staying near the origin.

    Attributes:
        jobs: how many are counted.
        planned: what their placements cost.
        stay: what they would cost at the nearest site that can run them at all, started at once.
        unpriced: jobs that serve no origin, or run longer than the market looks ahead.
    """

    jobs: int
    planned: Spent
    stay: Spent
    unpriced: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Streams:
    """Jobs at sites; N of them: one that spreads is at several.

    Attributes:
        job: [N] number of the job.
        first: [N] first slot.
        last: [N] slot after the last.
        lane: [N] origin and site as one number: row of the origin times the number of sites, plus row of the site; -1
            where it serves no origin.
        amounts: [N, 4] 1, cores, accelerators, IT power.
        origins: ids of origins.
    """

    job: Ints
    first: Ints
    last: Ints
    lane: Ints
    amounts: Floats
    origins: tuple[str, ...]


class Survey:
    """Adds up the holdings of a market; of one tenant, or of all. What it has found once it keeps."""

    def __init__(self, market: Market, tenant: str | None) -> None:
        """Look at the jobs of a tenant, or of all for None."""
        self._market = market
        self.holds = sorted(
            (hold for hold in market.holds.values() if tenant in (None, hold.tenant)),
            key=lambda hold: (hold.start, hold.job),
        )

    def bars(self, window: Window, site: str | None) -> Iterator[tuple[Hold, int]]:
        """Yield what touches a window, at one site or all, by start, with the row of the site it is at."""
        horizon, sites = self._market.world.horizon, self._market.world.catalogue.site_ids
        begin, end = horizon.instant(window.first), horizon.instant(window.end - 1) + horizon.slot_length
        row = None if site is None else sites.index(site)
        for hold in self.holds:
            if hold.start >= end:
                return
            if hold.end > begin:
                yield from ((hold, at) for at in sorted(hold.sites) if row in {None, at})

    def frames(self, window: Window, largest: int | None = None) -> Iterator[Instant]:
        """Yield the flows at each step's first instant; with `largest` only so many, by IT power."""
        market, streams = self._market, self._streams
        sites = market.world.catalogue.site_ids
        for slot in window.begins.tolist():
            active = np.flatnonzero((streams.first <= slot) & (slot < streams.last))
            serving = active[streams.lane[active] >= 0]
            lanes, inverse = np.unique(streams.lane[serving], return_inverse=True)
            sums = np.zeros((len(lanes), 4))
            np.add.at(sums, inverse, streams.amounts[serving])
            shown = np.sort(np.argsort(-sums[:, 3], kind="stable")[:largest])
            yield Instant(
                at=market.world.horizon.instant(slot),
                jobs=len(np.unique(streams.job[active])),
                it_kw=float(streams.amounts[active, 3].sum()),
                flows=tuple(
                    self._flow(streams.origins[number // len(sites)], sites[number % len(sites)], sum_)
                    for number, sum_ in zip(lanes[shown].tolist(), sums[shown].tolist(), strict=True)
                ),
            )

    @cached_property
    def _streams(self) -> _Streams:
        """What is placed, as arrays."""
        market = self._market
        spread = [(number, hold, site) for number, hold in enumerate(self.holds) for site in hold.sites]
        spans = [slots_of(market.world.horizon, hold.start, hold.end) for _, hold, _ in spread]
        first, last = np.array(spans, dtype=np.int64).reshape(len(spans), 2).T
        origins = sorted({hold.origin for hold in self.holds if hold.origin})
        numbers = {origin: number for number, origin in enumerate(origins)}
        width = len(market.world.catalogue.site_ids)
        lanes = [numbers[hold.origin] * width + site if hold.origin else -1 for _, hold, site in spread]
        amounts = [(1.0, hold.demand[0], hold.demand[2:-1].sum(), hold.demand[-1]) for _, hold, _ in spread]
        return _Streams(
            job=np.array([number for number, _, _ in spread], dtype=np.int64),
            first=first,
            last=last,
            lane=np.array(lanes, dtype=np.int64),
            amounts=np.array(amounts, dtype=np.float64).reshape(len(spread), 4),
            origins=tuple(origins),
        )

    def _flow(self, origin: str, site: str, sums: list[float]) -> Flow:
        jobs, cores, accelerators, it_kw = sums
        rtt_ms = self._market.world.network.rtt_ms(origin, site)
        return Flow(
            origin=origin,
            site=site,
            jobs=round(jobs),
            cpu_cores=cores,
            accelerators=accelerators,
            it_kw=it_kw,
            rtt_ms=rtt_ms,
        )

    @cached_property
    def link_gbps(self) -> Floats:
        """[L, T]: what transfers take of every link."""
        horizon = self._market.world.horizon
        load = np.zeros((len(self._market.world.catalogue.links), horizon.slots + 1))
        for hold in self.holds:
            for move in hold.moves:
                first, last = slots_of(horizon, move.start, move.end)
                load[list(move.links), first] += move.gbps
                load[list(move.links), last] -= move.gbps
        return np.asarray(np.cumsum(load, axis=1)[:, :-1].clip(min=0.0))

    @cached_property
    def savings(self) -> Savings:
        """What the placements save against staying."""
        market = self._market
        horizon = market.world.horizon
        minutes = np.array([hold.stay_variant_minutes for hold in self.holds])
        duration = np.maximum(np.ceil(minutes / horizon.slot_minutes - 1e-9), 1).astype(np.int64)
        counted = [
            (hold, int(slots))
            for hold, slots in zip(self.holds, duration, strict=True)
            if hold.stay_site != NOWHERE and slots <= horizon.slots
        ]
        if not counted:
            return Savings(jobs=0, planned=Spent(), stay=Spent(), unpriced=len(self.holds))
        holds, slots = [hold for hold, _ in counted], np.array([slots for _, slots in counted])
        share = np.array([hold.stay_variant_minutes for hold in holds]) / horizon.slot_minutes - (slots - 1)
        run = market.unit.of_runs(
            np.array([hold.stay_it_kw * len(hold.sites) for hold in holds]),
            np.array([hold.stay_site for hold in holds]),
            np.zeros(len(holds), dtype=np.int64),
            slots,
            share,
        )
        stay = Spent(
            energy_cny=float(run.energy_cny.sum()),
            carbon_cny=float(run.carbon_cny.sum()),
            network_cny=math.fsum(hold.stay_network_cny for hold in holds),
            carbon_kg=float(run.carbon_kg.sum()),
            energy_kwh=float(run.energy_kwh.sum()),
        )
        return Savings(
            jobs=len(holds),
            planned=_sum(hold.spent for hold in holds),
            stay=stay,
            unpriced=len(self.holds) - len(holds),
        )


def _sum(spent: Iterable[Spent]) -> Spent:
    each = list(spent)
    return Spent(
        energy_cny=math.fsum(one.energy_cny for one in each),
        carbon_cny=math.fsum(one.carbon_cny for one in each),
        network_cny=math.fsum(one.network_cny for one in each),
        carbon_kg=math.fsum(one.carbon_kg for one in each),
        energy_kwh=math.fsum(one.energy_kwh for one in each),
    )


def used_shares(market: Market) -> Floats:
    """Return [S, R, T]: the part of each resource, as built, that is held; 0 where a site has none of it."""
    built = market.built.sites
    with np.errstate(divide="ignore", invalid="ignore"):
        used = np.where(built > 0, market.held / built, 0.0)
    return np.asarray(used.clip(0.0, 1.0))


@lru_cache(maxsize=SURVEYS_KEPT)
def survey_of(market: Market, tenant: str | None) -> Survey:
    """Return the survey of a market: the pages of a console ask for the same one again and again."""
    return Survey(market, tenant)
