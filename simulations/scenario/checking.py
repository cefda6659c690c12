"""Checks of a scenario that need the catalogue or compare keys with one another: every fault is found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from scheduler import POLICIES
from simulations.profile import PROFILES
from simulations.scenario.change import CapacityChange
from simulations.scenario.demand import DemandChange
from simulations.scenario.fault import Fault, nearest_hint
from simulations.scenario.region import known_words, select_sites, unknown_words
from simulations.scenario.scenario import Scenario
from simulations.scenario.workload import known_kinds
from simulations.traces import FORMATS
from topology import Catalogue, Site


class _Somewhere(Protocol):
    """A change that names its sites."""

    @property
    def where(self) -> tuple[str, ...]:
        """Which sites."""


_Finding = tuple[str, object, str]  # key, value, rule


def find_faults(scenario: Scenario, catalogue: Catalogue) -> list[Fault]:
    """Every rule that a scenario breaks; the faults name merged keys, without a file."""
    findings = [
        *_clock(scenario),
        *_planning(scenario),
        *_demand(scenario, catalogue),
        *_places(scenario, catalogue),
        *_choices(scenario),
        *_capacity(scenario),
        *_region(scenario, catalogue),
        *_outages(scenario, catalogue),
        *_tenants(scenario, catalogue),
    ]
    return [Fault(file="", key=key, value=_text(value), rule=rule) for key, value, rule in findings]


def _text(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _clock(scenario: Scenario) -> Iterator[_Finding]:
    clock = scenario.clock
    slot = clock.slot_minutes
    if clock.cadence_minutes % slot:
        yield "clock.cadence_minutes", clock.cadence_minutes, f"must be a multiple of slot_minutes, {slot}"
    if clock.replan_minutes % clock.cadence_minutes:
        rule = f"must be a multiple of cadence_minutes, {clock.cadence_minutes}"
        yield "clock.replan_minutes", clock.replan_minutes, rule
    for name in ("hours", "window_hours", "drain_hours"):
        hours = getattr(clock, name)
        if round(hours * 60 * 1000) % (slot * 1000):
            yield f"clock.{name}", hours, f"must be whole slots of {slot} minutes"


def _planning(scenario: Scenario) -> Iterator[_Finding]:
    policy = scenario.planning.policy
    if policy not in POLICIES:
        yield "planning.policy", policy, f"no such policy; {nearest_hint(policy, POLICIES)}"


def _demand(scenario: Scenario, catalogue: Catalogue) -> Iterator[_Finding]:
    demand = scenario.demand
    named = [name for name in ("jobs", "traces", "generate") if getattr(demand, name)]
    if len(named) > 1:
        yield "demand", None, f"names {' and '.join(named)}, which contradict each other; keep one"
    if demand.jobs is not None and not Path(demand.jobs).is_file():
        yield "demand.jobs", demand.jobs, "no such file"
    for number, trace in enumerate(demand.traces):
        at = f"demand.traces[{number}]"
        if trace.format not in FORMATS:
            yield f"{at}.format", trace.format, f"no such format; {nearest_hint(trace.format, FORMATS)}"
        if not Path(trace.file).is_file():
            yield f"{at}.file", trace.file, "no such file"
    if demand.generate and demand.generate.profile not in PROFILES:
        profile = demand.generate.profile
        yield "demand.generate.profile", profile, f"no such profile; {nearest_hint(profile, PROFILES)}"
    cities = {city.id for city in catalogue.cities}
    for number, change in enumerate(demand.changes):
        at = f"demand.changes[{number}]"
        yield from _kinds(f"{at}.kinds", change.kinds)
        for city in change.origins:
            if city not in cities:
                yield f"{at}.origins", city, f"no such city; {nearest_hint(city, cities)}"
        if change.factor == 0 and not (change.kinds or change.origins) and _all_day(change):
            yield f"{at}.factor", 0, "leaves no demand; name kinds, origins or hours"
        yield from _hours(at, change.first_hour, change.last_hour)
    for number, rule in enumerate(scenario.latency):
        yield from _kinds(f"latency[{number}].kinds", rule.kinds)


def _kinds(key: str, kinds: Iterable[str]) -> Iterator[_Finding]:
    for kind in kinds:
        if kind not in known_kinds():
            yield key, kind, f"no such kind of work; {nearest_hint(kind, known_kinds())}"


def _all_day(change: DemandChange) -> bool:
    return (change.first_hour, change.last_hour) == (0.0, 24.0)


def _hours(at: str, first_hour: float, last_hour: float) -> Iterator[_Finding]:
    if first_hour == last_hour:
        yield f"{at}.last_hour", last_hour, "must differ from first_hour; a night is 22 to 6"


def _places(scenario: Scenario, catalogue: Catalogue) -> Iterator[_Finding]:
    lists: list[tuple[str, Sequence[str]]] = [("placement.region", scenario.placement.region)]
    groups: dict[str, Sequence[_Somewhere]] = {
        "prices": scenario.prices,
        "carbon.changes": scenario.carbon.changes,
        "cooling": scenario.cooling,
        "capacity": scenario.capacity,
        "quotas": scenario.quotas,
        "outages": scenario.outages,
    }
    for name, changes in groups.items():
        lists += [(f"{name}[{number}].where", change.where) for number, change in enumerate(changes)]
    known = known_words(catalogue)
    for key, where in lists:
        unknown = unknown_words(catalogue, where)
        for word in unknown:
            yield (
                key,
                word,
                f"no site, province, hub, grid area or kind of that name; {nearest_hint(word, known)}",
            )
        for word in where:
            if not unknown_words(catalogue, [word]) and not select_sites(catalogue, [word]):
                yield key, word, "no site is all of that"


def _choices(scenario: Scenario) -> Iterator[_Finding]:
    """Changes that must say exactly one thing."""
    one_of: dict[str, tuple[Sequence[Any], tuple[str, ...]]] = {
        "prices": (scenario.prices, ("scale", "add_cny_per_kwh", "cny_per_kwh")),
        "carbon.changes": (scenario.carbon.changes, ("scale", "g_per_kwh")),
        "cooling": (scenario.cooling, ("cooling", "pue", "scale")),
        "quotas": (scenario.quotas, ("kwh_per_day", "share_of_limit")),
    }
    for name, (changes, keys) in one_of.items():
        for number, change in enumerate(changes):
            said = [key for key in keys if getattr(change, key) is not None]
            if len(said) != 1:
                have = f"names {' and '.join(said)}" if said else "names none"
                yield f"{name}[{number}]", None, f"{have}; it must name exactly one of {', '.join(keys)}"
            if hasattr(change, "first_hour"):
                yield from _hours(f"{name}[{number}]", change.first_hour, change.last_hour)
    for number, price in enumerate(scenario.prices):
        if price.start and price.end and price.end <= price.start:
            yield f"prices[{number}].end", price.end, f"must be after start, {price.start.isoformat()}"


def _capacity(scenario: Scenario) -> Iterator[_Finding]:
    for number, change in enumerate(scenario.capacity):
        at = f"capacity[{number}]"
        if change.scale is None and not change.accelerators and not (change.opens or change.closes):
            yield at, None, "changes nothing; name scale, accelerators, opens or closes"
        if change.opens and change.closes and change.closes <= change.opens:
            yield f"{at}.closes", change.closes, f"must be after opens, {change.opens.isoformat()}"


def _region(scenario: Scenario, catalogue: Catalogue) -> Iterator[_Finding]:
    region = scenario.placement.region
    chosen = select_sites(catalogue, region)
    provinces = {site.province for site in chosen}
    cut = [site.id for site in catalogue.sites if site.province in provinces and site not in chosen]
    if region and cut:
        rule = f"must hold whole provinces; {cut[0]} lies in one of them and is left out"
        yield "placement.region", list(region), rule
    if region and chosen and not _open(chosen, scenario.capacity, catalogue):
        yield (
            "placement.region",
            list(region),
            "every site there is closed by capacity; work has nowhere to go",
        )


def _open(sites: Sequence[Site], changes: Sequence[CapacityChange], catalogue: Catalogue) -> bool:
    closed = {
        site.id for change in changes if change.scale == 0 for site in select_sites(catalogue, change.where)
    }
    return any(site.id not in closed for site in sites)


def _outages(scenario: Scenario, catalogue: Catalogue) -> Iterator[_Finding]:
    links = {link.id for link in catalogue.links}
    end = scenario.clock.start + timedelta(hours=scenario.clock.hours)
    for number, outage in enumerate(scenario.outages):
        at = f"outages[{number}]"
        if not outage.where and not outage.links:
            yield at, None, "names neither where nor links; nothing fails"
        for link in outage.links:
            if link not in links:
                yield f"{at}.links", link, f"no such link; {nearest_hint(link, links)}"
        begin = scenario.clock.begin_of(outage)
        if not scenario.clock.start <= begin < end:
            hours = f"{scenario.clock.start.isoformat()} for {scenario.clock.hours:g} h"
            rule = f"must lie in the simulated time, from {hours}"
            yield f"{at}.start", begin.isoformat(), rule


def _tenants(scenario: Scenario, catalogue: Catalogue) -> Iterator[_Finding]:
    known = {"cpu_cores", "memory_gib", "it_kw", *(model.id for model in catalogue.accelerators)}
    for tenant, quota in scenario.tenant_quotas.items():
        for resource in quota:
            if resource not in known:
                rule = f"no such resource; {nearest_hint(resource, known)}"
                yield f"tenant_quotas.{tenant}.{resource}", quota[resource], rule
