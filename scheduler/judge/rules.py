"""The rules that one placement must obey on its own, each a function that yields the faults it finds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise

from scheduler.judge.case import Case, movements
from scheduler.judge.facts import Facts
from scheduler.judge.fault import Fault
from topology import Site, great_circle_km

MINUTE_TOLERANCE = 1e-6
RTT_TOLERANCE_MS = 1e-6
ROUNDING = timedelta(microseconds=1)  # an end is written to the microsecond
FULL_REPLICAS = {"": 1, "two_sites": 2, "two_cities_three_centers": 3}
SAME_CITY_KM = 100.0
FAR_CITY_KM = 300.0

Rule = Callable[[Case, Facts], Iterator[Fault]]


def starts_on_slots(case: Case, facts: Facts) -> Iterator[Fault]:
    """Every run starts where a slot starts, inside the horizon, and its last slot is inside too."""
    horizon = facts.horizon
    for (start, _), span in zip(case.claim.runs, case.spans, strict=True):
        off_minutes = (start - horizon.start).total_seconds() / 60 % horizon.slot_minutes
        if off_minutes:
            yield _fault(
                case, "OFF_SLOT", "minutes_after_slot_start", limit=0, found=off_minutes, slot=span.first
            )
        if span.first < 0 or span.end > horizon.slots:
            limit, found = f"0..{horizon.slots}", f"{span.first}..{span.end}"
            yield _fault(case, "OUTSIDE_HORIZON", "slots", limit=limit, found=found)


def runs_its_length(case: Case, facts: Facts) -> Iterator[Fault]:
    """Runs follow each other and sum to the runtime; only an interruptible job has several, none of them too short."""
    claim, request = case.claim, case.request
    minutes = [(end - start).total_seconds() / 60 for start, end in claim.runs]
    needed = case.way.runtime_minutes
    # Instants are written to the microsecond, so every run may be off by one.
    if abs(sum(minutes) - needed) > MINUTE_TOLERANCE * len(minutes):
        yield _fault(case, "WRONG_LENGTH", "run_minutes", limit=needed, found=sum(minutes))
    if (claim.start, claim.end) != (claim.runs[0][0], claim.runs[-1][1]):
        found = f"{claim.start.isoformat()}..{claim.end.isoformat()}"
        limit = "those of the first and last run"
        yield _fault(case, "WRONG_LENGTH", "start_and_end", limit=limit, found=found)
    if any(after.first < before.end for before, after in pairwise(case.spans)):
        yield _fault(case, "RUNS_OVERLAP", "runs", limit="each after the one before", found="overlapping")
    if len(minutes) == 1:
        return
    if any(minute % facts.horizon.slot_minutes > MINUTE_TOLERANCE for minute in minutes[:-1]):
        limit = f"whole slots of {facts.horizon.slot_minutes} minutes, but for the last run"
        yield _fault(case, "WRONG_LENGTH", "run_minutes", limit=limit, found=minutes)
    if request.min_run_minutes is None:
        yield _fault(case, "NOT_INTERRUPTIBLE", "runs", limit=1, found=len(minutes))
        return
    least = math.ceil(request.min_run_minutes / facts.horizon.slot_minutes - 1e-9)
    shortest = min(span.end - span.first for span in case.spans)
    if shortest < least:
        yield _fault(case, "RUN_TOO_SHORT", "run_slots", limit=least, found=shortest)


def keeps_its_window(case: Case, _: Facts) -> Iterator[Fault]:
    """No run starts before the release or ends after the deadline."""
    request = case.request
    start, end = case.claim.runs[0][0], case.claim.runs[-1][1]
    if request.release is not None and start < request.release:
        yield _fault(case, "TOO_EARLY", "start", limit=request.release.isoformat(), found=start.isoformat())
    if request.deadline is not None and end > request.deadline + ROUNDING:
        yield _fault(case, "TOO_LATE", "end", limit=request.deadline.isoformat(), found=end.isoformat())


def is_near_enough(case: Case, facts: Facts) -> Iterator[Fault]:
    """The round trip between the origin and every site is within the job's limit."""
    limit = case.request.rtt_ms_max
    if limit is None or not case.request.origin:
        return
    for site in case.claim.sites:
        rtt_ms = facts.rtt_ms(case.request.origin, site)
        if rtt_ms > limit + RTT_TOLERANCE_MS:
            yield _fault(case, "TOO_FAR", "rtt_ms", limit=limit, found=rtt_ms, site=site)


def may_reside(case: Case, facts: Facts) -> Iterator[Fault]:
    """Every site lies in a province or hub the job names, and has every tag it needs."""
    request = case.request
    for name in case.claim.sites:
        site = facts.sites[name]
        named = request.provinces or request.hubs
        if named and site.province not in request.provinces and site.hub not in request.hubs:
            allowed = " ".join(sorted(request.provinces | request.hubs))
            found = f"{site.province} {site.hub}"
            yield _fault(case, "NOT_RESIDENT", "province_or_hub", limit=allowed, found=found, site=name)
        missing = request.tags - site.tags
        if missing:
            found = " ".join(sorted(site.tags)) or "none"
            limit = " ".join(sorted(request.tags))
            yield _fault(case, "MISSING_TAG", "tags", limit=limit, found=found, site=name)


def has_its_accelerator(case: Case, facts: Facts) -> Iterator[Fault]:
    """Every site has the accelerator model of the chosen variant."""
    model = case.way.accelerator
    for name in case.claim.sites:
        if model and model not in facts.sites[name].capacity.accelerators:
            found = " ".join(sorted(facts.sites[name].capacity.accelerators)) or "none"
            yield _fault(case, "NO_ACCELERATOR", "accelerator", limit=model, found=found, site=name)


def is_spread(case: Case, facts: Facts) -> Iterator[Fault]:
    """Replicas are as many, and as far apart, as the job says."""
    sites, spread = case.claim.sites, case.request.spread
    wanted = FULL_REPLICAS.get(spread)
    if len(sites) != wanted or len(set(sites)) != len(sites):
        yield _fault(case, "WRONG_SPREAD", "distinct_sites", limit=wanted, found=" ".join(sites))
    elif spread == "two_cities_three_centers" and not _is_two_cities(sites, facts):
        limit = "two within 100 km and one 300 km away on another grid area"
        yield _fault(case, "WRONG_SPREAD", "distances", limit=limit, found=" ".join(sites))


def _is_two_cities(names: tuple[str, ...], facts: Facts) -> bool:
    sites = [facts.sites[name] for name in names]
    for lone in sites:
        one, two = (site for site in sites if site.id != lone.id)
        near = _distance_km(one, two) <= SAME_CITY_KM
        far = min(_distance_km(lone, one), _distance_km(lone, two)) >= FAR_CITY_KM
        if near and far and lone.grid_area not in (one.grid_area, two.grid_area):
            return True
    return False


def _distance_km(one: Site, two: Site) -> float:
    return great_circle_km(one.latitude_deg, one.longitude_deg, two.latitude_deg, two.longitude_deg)


def moves_in_time(case: Case, facts: Facts) -> Iterator[Fault]:
    """Every dataset has a route, and no transfer starts before the release or the horizon."""
    release = case.request.release
    earliest = 0 if release is None else max(0, facts.horizon.first_slot_from(release))
    for site in case.claim.sites:
        hauls = [(haul.place, site) for haul in case.request.inputs if haul.size_gb > 0]
        hauls += [(site, haul.place) for haul in case.request.outputs if haul.size_gb > 0]
        for a, b in hauls:
            if facts.path(a, b) is None:
                yield _fault(case, "NO_ROUTE", "route", limit="one", found=f"none from {a} to {b}", site=site)
        for movement in movements(case, site, facts):
            if movement.first < earliest:
                what = f"transfer_slot from {movement.place}"
                limit, found = earliest, movement.first
                yield _fault(
                    case, "TRANSFER_TOO_EARLY", what, limit=limit, found=found, slot=found, site=site
                )


RULES: tuple[Rule, ...] = (
    starts_on_slots,
    runs_its_length,
    keeps_its_window,
    has_its_accelerator,
    may_reside,
    is_spread,
    is_near_enough,
    moves_in_time,
)


def _fault(
    case: Case, kind: str, what: str, *, limit: object, found: object, slot: int | None = None, site: str = ""
) -> Fault:
    site = site or " ".join(case.claim.sites)
    return Fault(kind=kind, job=case.claim.job, site=site, slot=slot, what=what, limit=limit, found=found)
