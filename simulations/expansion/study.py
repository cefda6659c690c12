"""Study: the question a capacity plan answers. What may be built, what is asked for, what may come, what is ruled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulations.expansion.quarter import Quarter
from topology import Cooling


@dataclass(frozen=True, kw_only=True, slots=True)
class ModuleKind:
    """A hall of equal servers, the unit in which capacity is bought.

    Attributes:
        name: key.
        accelerator: model, an id of the catalogue.
        count: accelerators in it.
        cpu_cores: cores in it.
        memory_gib: memory in it [GiB].
        cooling: how it is cooled, which decides its marginal PUE.
        capital_cny: price of hall and servers, paid when the work starts [CNY].
        running_cny_per_year: staff, maintenance and spares [CNY/year].
        standing_share: power it draws when empty, over the IT power of a full hall [fraction].
        lead_quarters: from start to first use.
        life_years: until it is worth nothing, on a straight line.
    """

    name: str
    accelerator: str
    count: int
    cpu_cores: float
    memory_gib: float
    cooling: Cooling
    capital_cny: float
    running_cny_per_year: float
    standing_share: float
    lead_quarters: int
    life_years: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteOffer:
    """A site that may be built or enlarged.

    Attributes:
        site: id of the catalogue.
        modules: kinds that may be built there.
        existing: modules there from the start, by kind.
        most_per_quarter: most modules of all kinds started in a quarter.
        grid_mw: facility power the grid connection carries [MW].
        opening_cny: land and substation of a new site [CNY]; 0 for one that is open.
        opening_quarters: from the start of a new site until halls may be started.
    """

    site: str
    modules: tuple[str, ...]
    existing: Mapping[str, int] = field(default_factory=dict)
    most_per_quarter: int
    grid_mw: float
    opening_cny: float = 0.0
    opening_quarters: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkOffer:
    """A link whose share for this work is limited and may be widened in steps.

    Attributes:
        link: id of the catalogue.
        existing_gbps: rate there from the start [Gbit/s].
        step_gbps: rate a step adds [Gbit/s].
        capital_cny: price of a step [CNY].
        lead_quarters: from start to first use.
        most_steps: most steps in all.
        life_years: until a step is worth nothing.
    """

    link: str
    existing_gbps: float
    step_gbps: float
    capital_cny: float
    lead_quarters: int
    most_steps: int
    life_years: float


@dataclass(frozen=True, kw_only=True, slots=True)
class DemandClass:
    """Work of one kind from one city.

    Attributes:
        name: key.
        origin: city it serves.
        rtt_ms_max: longest round trip [ms]; None when it may run anywhere.
        pflops: mean rate of work in the first quarter [PFLOPS, dense FP16].
        growth_per_year: yearly growth [fraction].
        shape: 24 weights of the hours of the day, of mean 1.
        shiftable: whether a day's work may be done at any hour of the day.
        gb_per_pflops_hour: data moved between origin and site [GB/PFLOPS-hour].
        memory_gib_min: least memory of an accelerator [GiB].
        unmet_cny_per_pflops_hour: what work that isn't done costs [CNY/PFLOPS-hour].
        served_at_least: part of each year's work that must be done [fraction].
        provinces: where it may run; with hubs, either suffices; neither named is anywhere.
        hubs: see provinces.
        tags: compliance tags a site needs.
    """

    name: str
    origin: str
    rtt_ms_max: float | None
    pflops: float
    growth_per_year: float
    shape: tuple[float, ...]
    shiftable: bool
    gb_per_pflops_hour: float
    memory_gib_min: float
    unmet_cny_per_pflops_hour: float
    served_at_least: float
    provinces: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Future:
    """One way demand and delays may go: a scenario of the study.

    Attributes:
        name: key.
        probability: of all futures together 1.
        growth_times: factor on the yearly growth of every class.
        growth_times_of: the same by class, in its place.
        delay_quarters: by how much everything at a site comes later, by site.
    """

    name: str
    probability: float
    growth_times: float
    growth_times_of: Mapping[str, float] = field(default_factory=dict)
    delay_quarters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RepresentativeDay:
    """A day that stands for a part of every quarter.

    Attributes:
        name: key.
        month: first, second or third month of the quarter, whose prices and weather it has.
        weight: part of the quarter's days [fraction].
        demand_times: its work over the mean day's.
    """

    name: str
    month: int
    weight: float
    demand_times: float


@dataclass(frozen=True, kw_only=True, slots=True)
class UtilisationRule:
    """Part of the capacity of each site in use, at least, per year.

    Attributes:
        at_least: work done over work possible [fraction].
        since: first year it holds.
        penalty_cny_per_pflops_hour: price of what is missing; None when nothing may be.
    """

    at_least: float
    since: int
    penalty_cny_per_pflops_hour: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PueRule:
    """Design PUE of what is built at each of these sites, at most: a typical year at the target utilisation."""

    sites: tuple[str, ...]
    at_most: float


@dataclass(frozen=True, kw_only=True, slots=True)
class GreenRule:
    """Part of each of these sites' energy that is green, at least, per year.

    Attributes:
        sites: whose.
        at_least: green over all energy [fraction].
        since: first year it holds.
        premium_cny_per_mwh: price of green energy beyond the site's own contracts [CNY/MWh].
        most_mwh: most that can be bought for a site in a year [MWh].
    """

    sites: tuple[str, ...]
    at_least: float
    since: int
    premium_cny_per_mwh: float
    most_mwh: float


@dataclass(frozen=True, kw_only=True, slots=True)
class QuotaRule:
    """Facility energy of a group of sites, at most, per year.

    Attributes:
        name: key.
        sites: the group.
        mwh: quota of a year [MWh].
        since: first year it holds.
        over_cny_per_kwh: price of energy above it [CNY/kWh]; None when none may be had.
    """

    name: str
    sites: tuple[str, ...]
    mwh: float
    since: int
    over_cny_per_kwh: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetRule:
    """Capital spent in a year, at most [CNY]."""

    year: int
    cny: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Risk:
    """How much of the objective is the mean cost of the worst futures.

    Attributes:
        alpha: the worst are those beyond this quantile [fraction].
        weight: their part of the objective [fraction]; 0 plans for the mean alone.
    """

    alpha: float = 0.9
    weight: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A capacity study, checked as a whole by the reader of its file.

    Attributes:
        name: title.
        start: first quarter.
        end: last quarter.
        block_hours: length of the blocks a day is cut into [h].
        discount_per_year: yearly discount rate [fraction].
        power_growth_per_year: yearly growth of power prices [fraction].
        carbon_cny_per_t: carbon price of the first year [CNY/t]; None takes the newest national figure.
        carbon_growth_per_year: its yearly growth [fraction].
        modules: kinds of hall.
        sites: what may be built or enlarged.
        links: what may be widened.
        demand: what is asked for.
        futures: what may come.
        days: the representative days.
        utilisation: rule, or None.
        pue: rules.
        green: rules.
        quotas: rules.
        budgets: rules.
        risk: weight of the worst futures.
    """

    name: str
    start: Quarter
    end: Quarter
    block_hours: int
    discount_per_year: float
    power_growth_per_year: float = 0.0
    carbon_cny_per_t: float | None = None
    carbon_growth_per_year: float = 0.0
    modules: tuple[ModuleKind, ...]
    sites: tuple[SiteOffer, ...]
    links: tuple[LinkOffer, ...] = ()
    demand: tuple[DemandClass, ...]
    futures: tuple[Future, ...]
    days: tuple[RepresentativeDay, ...]
    utilisation: UtilisationRule | None = None
    pue: tuple[PueRule, ...] = ()
    green: tuple[GreenRule, ...] = ()
    quotas: tuple[QuotaRule, ...] = ()
    budgets: tuple[BudgetRule, ...] = ()
    risk: Risk = field(default_factory=Risk)

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """Its quarters, in order."""
        return tuple(self.start.plus(step) for step in range(self.end - self.start + 1))

    @property
    def years(self) -> tuple[int, ...]:
        """Its years, in order."""
        return tuple(range(self.start.year, self.end.year + 1))

    def module(self, name: str) -> ModuleKind:
        """The kind of this name, which must exist."""
        return next(kind for kind in self.modules if kind.name == name)

    def discount(self, quarters: int) -> float:
        """Value today of 1 CNY so many quarters after the start [1]."""
        return float((1.0 + self.discount_per_year) ** (-quarters / 4))
