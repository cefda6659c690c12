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
from scheduler import Job, Reason, Variant
from scheduler.feasibility import PASSES, count_reasons
from scheduler.offers import Offers

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
        replicas: sites of all replicas, its own first; empty unless the job spreads.
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
    replicas: tuple[str, ...] = ()

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
    """Every (variant, site, start) of a job [V, S, T]; `open` says what may be taken, of all replicas together."""

    offers: Offers
    rent_cny: tuple[float, ...]
    open: Bools
    price_cny: Floats
    carbon_kg: Floats


def open_menu(job: Job, market: Market, rate_card: RateCard, now: datetime) -> Menu:
    """Return the menu of a job whose references have been checked.

    Sites, links, quotas and the partners of replicas all have room for what is offered.

    Args:
        job: the request; its tenant, if it says one, is held to its quota.
        market: what it is priced against.
        rate_card: prices of the machines.
        now: what starts in the slot that has begun starts now.
    """
    offers = market.stall.offers(job)
    options = _options(job, offers, rate_card)
    _close_late_starts(job, market, options, now)
    reasons = dict(count_reasons(offers.furthest))
    full = int(((offers.furthest == PASSES) & ~options.open.any(axis=(0, 2))).sum())
    if full:
        reasons[Reason.OVER_QUOTA if offers.quota_full else Reason.NO_ROOM_IN_TIME] = full
    picks = tuple(_pick(job, market, options)) if options.open.any() else ()
    return Menu(dishes=tuple(_dish(job, market, options, pick, now) for pick in picks), reasons=reasons)


def _options(job: Job, offers: Offers, rate_card: RateCard) -> _Options:
    rent_cny = tuple(_rent_cny(job, way, rate_card) for way in job.variants)
    rent = np.array(rent_cny)[:, np.newaxis, np.newaxis]
    return _Options(
        offers=offers,
        rent_cny=rent_cny,
        open=offers.open & np.isfinite(rent),
        price_cny=rent + offers.price_cny,
        carbon_kg=np.stack([each.run.carbon_kg for each in offers.options]),
    )


def _rent_cny(job: Job, way: Variant, rate_card: RateCard) -> float:
    """Return the rate-card price of all replicas in one variant [CNY]; inf where the card has none."""
    if way.accelerator and way.accelerator not in rate_card.cny_per_hour:
        return np.inf
    return job.replicas * rate_card.price_cny(
        tasks=job.tasks,
        cpu_cores=job.demand.cpu_cores,
        memory_gib=job.demand.memory_gib,
        runtime_minutes=way.runtime_minutes,
        accelerator=way.accelerator or "",
        count=way.count,
    )


def _close_late_starts(job: Job, market: Market, options: _Options, now: datetime) -> None:
    """Work placed in the slot that has begun starts now, not at its beginning: too late for some deadlines."""
    begun = market.world.horizon.slot_at(now)
    options.open[..., :begun] = False
    for variant, way in enumerate(job.variants):
        if job.deadline is not None and now + timedelta(minutes=way.runtime_minutes) > job.deadline:
            options.open[variant, :, begun] = False


def _pick(job: Job, market: Market, options: _Options) -> Iterator[Pick]:
    """Yield (choice, option) of the dishes; ties go to the cheaper, then to the earlier."""
    price = np.where(options.open, options.price_cny, np.inf)
    minutes = np.array([way.runtime_minutes for way in job.variants])
    slots = np.arange(price.shape[2]) * market.world.horizon.slot_minutes
    finish = np.where(options.open, minutes[:, np.newaxis, np.newaxis] + slots, np.inf)
    carbon = np.where(options.open, options.carbon_kg, np.inf)
    yield "now", _least(finish, price)
    yield "cheapest", _least(price, finish)
    yield "greenest", _least(carbon, price)
    provinces = [site.province for site in market.world.catalogue.sites]
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
    variant, _, slot = at
    taken, run = options.offers.describe(at), options.offers.options[variant].run
    start = max(market.world.horizon.instant(slot), now)
    parts_cny = {
        "rate_card": options.rent_cny[variant],
        "energy": taken.cost.energy_cny,
        "carbon": taken.cost.carbon_cny,
        "network": taken.cost.network_cny,
        "scarcity": float(options.offers.scarcity_cny[at]),
    }
    return Dish(
        choice=choice,
        site=taken.site,
        province=market.world.catalogue.site(taken.site).province,
        variant=variant,
        accelerator=taken.accelerator,
        start=start,
        finish=start + timedelta(minutes=job.variants[variant].runtime_minutes),
        parts_cny={part: to_cents(Decimal(repr(cny))) for part, cny in parts_cny.items()},
        energy_kwh=float(run.energy_kwh[list(options.offers.sites_of(at)), slot].sum()),
        carbon_kg=taken.carbon_kg,
        rtt_ms=None if job.origin is None else market.world.network.rtt_ms(job.origin, taken.site),
        replicas=taken.replicas,
    )
