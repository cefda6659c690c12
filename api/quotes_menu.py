"""The menu: every option of a job that the market has room for, priced, and the ones worth offering picked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from api.ledger import to_cents
from api.quotes_market import Floats, Market
from pricing import RateCard
from scheduler import Job
from scheduler.candidates import list_candidates
from scheduler.case import Case
from scheduler.feasibility import PASSES, apply_rules, count_reasons
from scheduler.haulage import plan_haulage
from scheduler.limits import apply_limits
from scheduler.options import price_options
from scheduler.room import TOLERANCE

Bools = npt.NDArray[np.bool_]
Pick = tuple[str, tuple[int, int, int]]  # choice, (variant, site, start slot)
REGIONS_MAX = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Dish:
    """One option on the menu, its parts in whole cents.

    Attributes:
        choice: now, cheapest, greenest, or region:<province>.
        site: site id.
        province: of the site.
        variant: index into the job's variants.
        accelerator: model, or None.
        start: first instant.
        finish: first instant after it.
        parts_cny: cause -> cents; they sum to the price.
        energy_kwh: facility energy.
        carbon_kg: emissions.
        rtt_ms: round trip to the origin, None without one.
    """

    choice: str
    site: str
    province: str
    variant: int
    accelerator: str | None
    start: datetime
    finish: datetime
    parts_cny: dict[str, Decimal]
    energy_kwh: float
    carbon_kg: float
    rtt_ms: float | None

    @property
    def price_cny(self) -> Decimal:
        """Sum of the parts [CNY]."""
        return sum(self.parts_cny.values(), Decimal("0.00"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Menu:
    """What a job could get, and why some sites cannot give it anything."""

    dishes: tuple[Dish, ...]
    reasons: dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Options:
    """Every (variant, site, start) of a job [V, S, T]; `open` says which the market has room for."""

    open: Bools
    rate_card_cny: Floats
    energy_cny: Floats
    carbon_cny: Floats
    network_cny: Floats
    scarcity_cny: Floats
    energy_kwh: Floats
    carbon_kg: Floats

    @property
    def price_cny(self) -> Floats:
        """All parts together [V, S, T]."""
        return np.asarray(
            self.rate_card_cny + self.energy_cny + self.carbon_cny + self.network_cny + self.scarcity_cny
        )


def open_menu(job: Job, market: Market, rate_card: RateCard, now: datetime) -> Menu:
    """Return the menu of a job whose references have been checked.

    Args:
        job: the request.
        market: what it is priced against.
        rate_card: prices of the machines.
        now: what starts in the slot that has begun starts now.
    """
    case = _case(job, market)
    feasibility, _ = apply_limits(case, apply_rules(case))
    options = _price(case, market, rate_card, feasibility.broken == PASSES)
    _close_late_starts(job, market, options, now)
    furthest = feasibility.furthest(case.candidates.pointer)[0]
    reasons = dict(count_reasons(furthest))
    full = int(((furthest == PASSES) & ~options.open.any(axis=(0, 2))).sum())
    if full:
        reasons["NO_ROOM_IN_TIME"] = full
    picks = tuple(_pick(case, options)) if options.open.any() else ()
    return Menu(dishes=tuple(_dish(job, market, options, pick, now) for pick in picks), reasons=reasons)


def _case(job: Job, market: Market) -> Case:
    """Open the case of one job with what the market has computed already."""
    return Case(
        jobs=(job,),
        world=market.world,
        candidates=list_candidates([job], market.world, market.whole.resources),
        haulage=plan_haulage([job], market.world),
        unit=market.unit,
        whole=market.whole,
        free=market.room,
        value_cny=np.array([job.value_cny or 0.0]),
    )


def _close_late_starts(job: Job, market: Market, options: _Options, now: datetime) -> None:
    """Work placed in the slot that has begun starts now, not at its beginning: too late for some deadlines."""
    begun = market.world.horizon.slot_at(now)
    options.open[..., :begun] = False
    for variant, way in enumerate(job.variants):
        if job.deadline is not None and now + timedelta(minutes=way.runtime_minutes) > job.deadline:
            options.open[variant, :, begun] = False


def _price(case: Case, market: Market, rate_card: RateCard, feasible: Bools) -> _Options:
    job = case.jobs[0]
    priced = [price_options(case, candidate) for candidate in range(len(job.variants))]
    rows = case.candidates
    rent = [
        rate_card.price_cny(
            tasks=job.tasks,
            cpu_cores=job.demand.cpu_cores,
            memory_gib=job.demand.memory_gib,
            runtime_minutes=way.runtime_minutes,
            accelerator=way.accelerator or "",
            count=way.count,
        )
        if not way.accelerator or way.accelerator in rate_card.cny_per_hour
        else np.inf
        for way in job.variants
    ]
    durations = [int(duration) for duration in rows.duration]
    is_open = np.stack(
        [
            each.in_time
            & each.within_budget(job.budget_cny)
            & each.within_carbon(job.carbon_kg_max)
            & feasible[index][:, np.newaxis]
            & _fits(market, rows.demand[index], durations[index])
            & np.isfinite(rent[index])
            for index, each in enumerate(priced)
        ]
    )
    rate_card_cny = np.array(rent)[:, np.newaxis, np.newaxis]
    network_cny = np.stack([each.network_cny for each in priced])[:, :, np.newaxis]
    return _Options(
        open=is_open,
        rate_card_cny=np.broadcast_to(rate_card_cny, is_open.shape),
        energy_cny=np.stack([each.run.energy_cny for each in priced]),
        carbon_cny=np.stack([each.run.carbon_cny for each in priced]),
        network_cny=np.broadcast_to(network_cny, is_open.shape),
        scarcity_cny=np.stack(
            [_scarcity(market, rows.demand[index], durations[index]) for index in range(len(priced))]
        ),
        energy_kwh=np.stack([each.run.energy_kwh for each in priced]),
        carbon_kg=np.stack([each.run.carbon_kg for each in priced]),
    )


def _fits(market: Market, demand: Floats, duration: int) -> Bools:
    """Return [S, T]: starts from which a site has room for the whole run."""
    needed = demand > 0
    full = np.asarray(
        (market.room.sites[:, needed] * (1 + TOLERANCE) < demand[needed, np.newaxis]).any(axis=1)
    )
    before = np.concatenate([np.zeros((len(full), 1), dtype=np.int64), np.cumsum(full, axis=1)], axis=1)
    slots = full.shape[1]
    end = np.minimum(np.arange(slots) + duration, slots)
    return np.asarray(before[:, end] == before[:, :-1])


def _scarcity(market: Market, demand: Floats, duration: int) -> Floats:
    """Return [S, T]: what the slots of a run are worth to others, by the plan's shadow prices [CNY]."""
    needed = np.flatnonzero(demand)
    before = np.einsum("r,srt->st", demand[needed], market.scarcity.sites[:, needed])
    slots = before.shape[1] - 1
    end = np.minimum(np.arange(slots) + duration, slots)
    return np.asarray(before[:, end] - before[:, :-1])


def _pick(case: Case, options: _Options) -> Iterator[Pick]:
    """Yield (choice, option) of the dishes; ties go to the cheaper, then to the earlier."""
    price = np.where(options.open, options.price_cny, np.inf)
    minutes = np.array([way.runtime_minutes for way in case.jobs[0].variants])
    slots = np.arange(price.shape[2]) * case.world.horizon.slot_minutes
    finish = np.where(options.open, minutes[:, np.newaxis, np.newaxis] + slots, np.inf)
    carbon = np.where(options.open, options.carbon_kg, np.inf)
    yield "now", _least(finish, price)
    yield "cheapest", _least(price, finish)
    yield "greenest", _least(carbon, price)
    provinces = [site.province for site in case.world.catalogue.sites]
    best = price.min(axis=(0, 2))
    regions: dict[str, int] = {}
    for row in np.argsort(best, kind="stable").tolist():
        if np.isfinite(best[row]):
            regions.setdefault(provinces[row], row)
    for province, row in list(regions.items())[:REGIONS_MAX]:
        variant, _, start = _least(price[:, row : row + 1], finish[:, row : row + 1])
        yield f"region:{province}", (variant, row, start)


def _least(first: Floats, second: Floats) -> tuple[int, int, int]:
    ties = first <= first.min() * (1 + 1e-12)
    index = int(np.argmin(np.where(ties, second, np.inf)))
    variant, site, start = np.unravel_index(index, first.shape)
    return int(variant), int(site), int(start)


def _dish(job: Job, market: Market, options: _Options, pick: Pick, now: datetime) -> Dish:
    choice, at = pick
    variant, row, slot = at
    site = market.world.catalogue.sites[row]
    start = max(market.world.horizon.instant(slot), now)
    way = job.variants[variant]
    parts = ("rate_card", "energy", "carbon", "network", "scarcity")
    return Dish(
        choice=choice,
        site=site.id,
        province=site.province,
        variant=variant,
        accelerator=way.accelerator,
        start=start,
        finish=start + timedelta(minutes=way.runtime_minutes),
        parts_cny={
            part: to_cents(Decimal(repr(float(getattr(options, f"{part}_cny")[at])))) for part in parts
        },
        energy_kwh=float(options.energy_kwh[at]),
        carbon_kg=float(options.carbon_kg[at]),
        rtt_ms=None if job.origin is None else market.world.network.rtt_ms(job.origin, site.id),
    )
