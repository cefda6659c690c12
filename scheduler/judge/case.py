"""One placement before the judge: the claim, its job, and what both mean in slots and kilowatts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pricing import it_power_kw
from scheduler.judge.claim import PlacementClaim
from scheduler.judge.facts import FLOW_GBPS, Facts
from scheduler.judge.request import Haul, Request, Way
from scheduler.judge.verdict import Reckoning
from topology import Horizon, Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One run: its slots `first` .. `end` (exclusive), which it holds whole, and the hours it pays."""

    first: int
    end: int
    hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One transfer: `gbps` on every link of `path` in slots `first` .. `end` (exclusive)."""

    place: str
    path: tuple[Link, ...]
    first: int
    end: int
    gbps: float
    price_cny: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One placement with its job. `it_kw` and `resources` are those of one replica, all tasks together."""

    claim: PlacementClaim
    request: Request
    way: Way
    spans: tuple[Span, ...]
    it_kw: float
    resources: dict[str, float]


def open_case(claim: PlacementClaim, request: Request, facts: Facts) -> Case:
    """Return the placement in slots and kilowatts; the variant's index and model must have been checked."""
    way = request.ways[claim.variant]
    resources = {
        "cpu_cores": request.tasks * request.cpu_cores,
        "memory_gib": request.tasks * request.memory_gib,
    }
    if way.accelerator:
        resources[way.accelerator] = request.tasks * way.count
    return Case(
        claim=claim,
        request=request,
        way=way,
        spans=_spans(claim, way, facts.horizon),
        it_kw=it_power_kw(
            request.tasks,
            request.cpu_cores,
            request.memory_gib,
            facts.accelerators[way.accelerator] if way.accelerator else None,
            way.count,
        ),
        resources=resources,
    )


def _spans(claim: PlacementClaim, way: Way, horizon: Horizon) -> tuple[Span, ...]:
    """A single run is as long as its variant says, whatever end is written; several, as written."""
    if len(claim.runs) == 1:
        return (_span(claim.runs[0][0], way.runtime_minutes, horizon),)
    return tuple(_span(start, (end - start).total_seconds() / 60, horizon) for start, end in claim.runs)


def _span(start: datetime, minutes: float, horizon: Horizon) -> Span:
    first = (start - horizon.start) // timedelta(minutes=horizon.slot_minutes)
    return Span(first=first, end=first + math.ceil(minutes / horizon.slot_minutes - 1e-9), hours=minutes / 60)


def movements(case: Case, site: str, facts: Facts) -> Iterator[Movement]:
    """Yield every transfer to and from one site; a place without a route yields nothing."""
    first, end = case.spans[0].first, case.spans[-1].end
    sites = case.claim.sites
    for haul in case.request.inputs:
        path = facts.path(haul.place, site)
        if path and haul.size_gb > 0:
            gbps = _rate_gbps([facts.path(haul.place, each) for each in sites])
            slots = _transfer_slots(haul, gbps, facts.horizon)
            yield _movement(haul, path, gbps, first - slots, first)
    for haul in case.request.outputs:
        path = facts.path(site, haul.place)
        if path and haul.size_gb > 0:
            gbps = _rate_gbps([facts.path(each, haul.place) for each in sites])
            slots = _transfer_slots(haul, gbps, facts.horizon)
            yield _movement(haul, path, gbps, end, end + slots)


def _movement(haul: Haul, path: tuple[Link, ...], gbps: float, first: int, end: int) -> Movement:
    return Movement(
        place=haul.place,
        path=path,
        first=first,
        end=end,
        gbps=gbps,
        price_cny=haul.size_gb * sum(link.price_cny_per_gb for link in path),
    )


def _rate_gbps(paths: Iterable[tuple[Link, ...] | None]) -> float:
    """All replicas of a dataset flow at the rate of the slowest of their routes."""
    return min(FLOW_GBPS, *(link.capacity_gbps for path in paths for link in path or ()))


def _transfer_slots(haul: Haul, gbps: float, horizon: Horizon) -> int:
    hours = haul.size_gb * 8 / gbps / 3600
    return math.ceil(hours / horizon.hours_per_slot - 1e-9)


def reckon(case: Case, facts: Facts) -> Reckoning:
    """Return what the placement costs, replica by replica, run by run, slot by slot.

    Each resume after a pause repeats the restart minutes at the mean cost of power over all sites and slots, and moves
    the checkpoint out and back at the mean price of the links.
    """
    resumes, mean = len(case.spans) - 1, facts.mean_per_it_kwh
    repeated_kwh = resumes * case.it_kw * case.request.restart_minutes / 60
    energy_cny, carbon_kg, energy_kwh = (repeated_kwh * part for part in mean)
    network_cny = resumes * 2 * case.request.checkpoint_gb * facts.mean_link_cny_per_gb
    for site in case.claim.sites:
        prices, sun = facts.slot_prices(site), facts.sun_it_kw(site)
        for span in case.spans:
            hours_left = span.hours
            for slot in range(span.first, span.end):
                # Where the sun gives power, a slot is paid whole.
                paid = facts.horizon.hours_per_slot if sun[slot] > 0 else hours_left
                hours = min(paid, facts.horizon.hours_per_slot)
                kwh = case.it_kw * prices.pue_marginal[slot] * hours
                energy_kwh += kwh
                energy_cny += kwh * prices.power_cny_per_kwh[slot]
                carbon_kg += kwh * prices.carbon_g_per_kwh[slot] / 1000
                hours_left -= hours
        network_cny += sum(movement.price_cny for movement in movements(case, site, facts))
    return Reckoning(
        energy_cny=energy_cny,
        carbon_cny=carbon_kg / 1000 * facts.carbon_cny_per_t,
        network_cny=network_cny,
        carbon_kg=carbon_kg,
        energy_kwh=energy_kwh,
    )
