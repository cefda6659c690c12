"""Builds the replay of a scenario: what the engine runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scheduler import EnergyQuota, Policy
from simulations.engine import ForecastError, LossKind, Replay, span_of
from simulations.engine import Outage as Loss
from simulations.scenario.change import EnergyQuotaRule
from simulations.scenario.fault import Fault, ScenarioError
from simulations.scenario.library import NamedScenario
from simulations.scenario.region import select_sites
from simulations.scenario.scenario import Scenario
from simulations.scenario.surroundings import build_prices, change_catalogue
from simulations.scenario.workload import build_work
from topology import CHINA_TIME, Catalogue, Horizon


@dataclass(frozen=True, kw_only=True, slots=True)
class SoftQuota:
    """Energy that a site may use in a period before each further kWh pays a surcharge.

    Attributes:
        site: site id.
        start_slot: first slot of the period.
        end_slot: its exclusive end.
        kwh: facility energy allowed, that of the empty site included.
        above_cny_per_kwh: surcharge [CNY/kWh].
    """

    site: str
    start_slot: int
    end_slot: int
    kwh: float
    above_cny_per_kwh: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Staging:
    """A scenario made ready to run.

    Attributes:
        named: the scenario.
        replay: what the engine runs. Where a quota may be exceeded, its surcharge is in the power price that the
            planner sees, for it decides about the next kWh.
        soft_quotas: what of that surcharge is not owed after all: the energy inside the quota.
    """

    named: NamedScenario
    replay: Replay
    soft_quotas: tuple[SoftQuota, ...]


def stage(named: NamedScenario) -> Staging:
    """Make a scenario ready to run.

    Raises:
        ScenarioError: it has no demand.
        SimulationError: a file or trace cannot be used, or a workload cannot be drawn.
        SchedulerError: a jobs file breaks a rule.
    """
    scenario = named.scenario
    work = build_work(scenario, named.catalogue)
    if not work.jobs:
        rule = "leaves no job at all; change demand or its factors"
        raise ScenarioError([Fault(file=named.name, key="demand", value="", rule=rule)])
    clock = scenario.clock
    horizon = span_of(
        clock.start, clock.hours, drain_hours=clock.drain_hours, slot_minutes=clock.slot_minutes
    )
    catalogue = build_catalogue(named.catalogue, scenario, horizon)
    prices = build_prices(catalogue, horizon, scenario)
    quotas = [(rule, quota) for rule in scenario.quotas for quota in _quotas(rule, catalogue, horizon)]
    soft = [_soft(quota, rule, horizon) for rule, quota in quotas if rule.above_cny_per_kwh]
    power = prices.power_cny_per_kwh.copy()
    for quota in soft:
        slots = slice(quota.start_slot, quota.end_slot)
        power[prices.row(quota.site), slots] += quota.above_cny_per_kwh
    planning = scenario.planning
    replay = Replay(
        catalogue=catalogue,
        jobs=work.jobs,
        sources=work.sources,
        actual=replace(prices, power_cny_per_kwh=power),
        policy=Policy(
            name=planning.policy,
            energy_weight=planning.energy_weight,
            carbon_weight=planning.carbon_weight,
            network_weight=planning.network_weight,
        ),
        cadence_minutes=clock.cadence_minutes,
        replan_minutes=clock.replan_minutes,
        window_hours=clock.window_hours,
        notice_minutes=planning.notice_minutes,
        outages=tuple(_losses(scenario, catalogue, horizon)),
        forecast=ForecastError(
            price=scenario.forecast.price,
            carbon=scenario.forecast.carbon,
            load=scenario.forecast.load,
            runtime=scenario.forecast.runtime,
        ),
        headroom=planning.headroom,
        quotas=scenario.tenant_quotas,
        energy_quotas=tuple(quota for rule, quota in quotas if not rule.above_cny_per_kwh),
        pv=scenario.pv,
        rate_scale=scenario.rates.scale,
        passes=planning.passes,
        rounds=planning.rounds,
        seed=planning.seed,
        on_bad=scenario.demand.on_bad,
    )
    return Staging(named=named, replay=replay, soft_quotas=tuple(soft))


def _quotas(rule: EnergyQuotaRule, catalogue: Catalogue, horizon: Horizon) -> Iterator[EnergyQuota]:
    """One quota for each site and day of China's calendar; a day cut by the horizon gets its part."""
    for site in select_sites(catalogue, rule.where):
        daily = rule.kwh_per_day
        if daily is None:
            daily = site.power_limit_kw * 24.0 * (rule.share_of_limit or 0.0)
        for start, end in _days(horizon):
            share = (end - start) / timedelta(days=1)
            yield EnergyQuota(site=site.id, start=start, end=end, kwh=daily * share)


def _days(horizon: Horizon) -> Iterator[tuple[datetime, datetime]]:
    start = horizon.start.astimezone(CHINA_TIME)
    while start < horizon.end:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        end = min(midnight, horizon.end.astimezone(CHINA_TIME))
        yield start, end
        start = end


def _soft(quota: EnergyQuota, rule: EnergyQuotaRule, horizon: Horizon) -> SoftQuota:
    return SoftQuota(
        site=quota.site,
        start_slot=horizon.first_slot_from(quota.start),
        end_slot=horizon.slots if quota.end >= horizon.end else horizon.first_slot_from(quota.end),
        kwh=quota.kwh,
        above_cny_per_kwh=rule.above_cny_per_kwh or 0.0,
    )


def _losses(scenario: Scenario, catalogue: Catalogue, horizon: Horizon) -> Iterator[Loss]:
    """Outages, and the time in which a site is not open."""
    for outage in scenario.outages:
        start = scenario.clock.begin_of(outage)
        end = start + timedelta(hours=outage.hours)
        for site in select_sites(catalogue, outage.where):
            yield Loss(kind=LossKind.SITE, id=site.id, start=start, end=end)
        for link in outage.links:
            yield Loss(kind=LossKind.LINK, id=link, start=start, end=end)
    for change in scenario.capacity:
        for site in select_sites(catalogue, change.where):
            if change.opens is not None and change.opens > horizon.start:
                yield Loss(kind=LossKind.SITE, id=site.id, start=horizon.start, end=change.opens)
            if change.closes is not None and change.closes < horizon.end:
                begin = max(change.closes, horizon.start)
                yield Loss(kind=LossKind.SITE, id=site.id, start=begin, end=horizon.end)


def build_catalogue(catalogue: Catalogue, scenario: Scenario, horizon: Horizon) -> Catalogue:
    """The catalogue as a scenario changes it; a site that is not open in all the horizon draws nothing."""
    closed = {
        site.id
        for change in scenario.capacity
        for site in select_sites(catalogue, change.where)
        if (change.opens is not None and change.opens >= horizon.end)
        or (change.closes is not None and change.closes <= horizon.start)
    }
    changed = change_catalogue(catalogue, scenario)
    sites = tuple(replace(site, base_kw=0.0) if site.id in closed else site for site in changed.sites)
    return replace(changed, sites=sites)
