"""Scenario: a what-if world, as its file says it once parents and variants are merged.

Every section has a default, so that a file says only what differs. The nouns are read by pydantic from TOML or JSON
(document.py) with nothing unknown allowed; rules that need the catalogue stand in checking.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from simulations.scenario.change import (
    CapacityChange,
    CarbonChange,
    CoolingChange,
    EnergyQuotaRule,
    LatencyRule,
    Outage,
    PriceChange,
)
from simulations.scenario.demand import DemandSource
from simulations.scenario.section import STRICT, Instant, Share
from topology import CHINA_TIME

DEFAULT_START = datetime(2026, 7, 1, tzinfo=CHINA_TIME)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """The simulated time.

    Attributes:
        start: first instant.
        hours: how long work arrives [h].
        drain_hours: how long after that what still runs or waits may end [h].
        slot_minutes: length of a slot [min].
        cadence_minutes: time from one planning to the next [min].
        replan_minutes: so often work that is planned and has not begun may move, under the optimal policy; 0 never
            [min].
        window_hours: how far each planning looks ahead [h].
    """

    __pydantic_config__ = STRICT

    start: Instant = DEFAULT_START
    hours: Annotated[float, Field(gt=0, le=8784)] = 24.0
    drain_hours: Annotated[float, Field(ge=0, le=744)] = 24.0
    slot_minutes: Literal[5, 10, 15, 20, 30, 60] = 15
    cadence_minutes: Annotated[int, Field(ge=5, le=1440)] = 15
    replan_minutes: Annotated[int, Field(ge=0, le=10_080)] = 60
    window_hours: Annotated[float, Field(gt=0, le=744)] = 24.0

    def begin_of(self, outage: Outage) -> datetime:
        """The instant at which an outage begins."""
        if outage.start is not None:
            return outage.start
        midnight = self.start.astimezone(CHINA_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=outage.day, hours=outage.hour)


@dataclass(frozen=True, kw_only=True, slots=True)
class Planning:
    """How the planner is told to plan.

    Attributes:
        policy: one of the scheduler's policies.
        energy_weight: weight of energy cost.
        carbon_weight: weight of carbon cost.
        network_weight: weight of network cost.
        passes: pricing passes of the optimizer, each planning; more is better and slower.
        rounds: rounds of improvement, each planning.
        notice_minutes: how long before its release a job is known [min].
        headroom: share of every site's room left to work that is not known yet.
        seed: of the optimizer and of everything that is drawn while the days are replayed.
    """

    __pydantic_config__ = STRICT

    policy: str = "optimal"
    energy_weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    carbon_weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    network_weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    passes: Annotated[int, Field(ge=1, le=10_000)] = 40
    rounds: Annotated[int, Field(ge=0, le=10_000)] = 2
    notice_minutes: Annotated[int, Field(ge=0, le=10_080)] = 0
    headroom: Annotated[float, Field(ge=0, lt=1)] = 0.0
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Carbon:
    """Emissions.

    Attributes:
        price_cny_per_t: price of emissions [CNY/t]; the newest national figure when left out.
        changes: of the grids' intensity, in order.
    """

    __pydantic_config__ = STRICT

    price_cny_per_t: Annotated[float, Field(ge=0, le=1e5)] | None = None
    changes: tuple[CarbonChange, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkTerms:
    """What moving data costs.

    Attributes:
        price_scale: factor on every link's price per GB.
    """

    __pydantic_config__ = STRICT

    price_scale: Annotated[float, Field(ge=0, le=1000)] = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Shifting:
    """How freely work may be moved in time.

    Attributes:
        slack_minutes_max: most time between the earliest possible end and the deadline [min]; as the jobs say when
            left out.
        pausing: whether work that allows it may be split.
    """

    __pydantic_config__ = STRICT

    slack_minutes_max: Annotated[float, Field(ge=0, le=1e6)] | None = None
    pausing: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacementRule:
    """Where work may run at all.

    Attributes:
        region: sites that work without a round-trip limit is held to, as `where` names them; anywhere when empty. Work
            with a limit serves people where they are and stays as it is.
    """

    __pydantic_config__ = STRICT

    region: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """What customers pay.

    Attributes:
        scale: factor on the rate card, and so on what running a job is worth by default.
    """

    __pydantic_config__ = STRICT

    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """How wrong the planner's view of the future is: relative standard deviations.

    Attributes:
        price: of power prices.
        carbon: of carbon intensity.
        load: of the arrivals that are expected.
        runtime: of run times.
    """

    __pydantic_config__ = STRICT

    price: Share = 0.0
    carbon: Share = 0.0
    load: Share = 0.0
    runtime: Share = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """A what-if world.

    Attributes:
        title: a few words.
        about: a paragraph: what question it asks.
        catalogue: catalogue folder, or a built-in name.
        clock: the simulated time.
        demand: the work.
        planning: the planner's orders.
        prices: changes of the power price, in order.
        carbon: emissions.
        cooling: changes of the marginal PUE, in order.
        capacity: changes of what sites hold, in order.
        quotas: energy quotas of groups of sites.
        network: what moving data costs.
        latency: changes of the round-trip limits, in order.
        shifting: freedom in time.
        placement: freedom in place.
        outages: sites and links that fail.
        rates: what customers pay.
        forecast: how wrong the planner's view is.
        tenant_quotas: tenant -> resource -> units it may hold at any instant.
        pv: whether sites use their own sun before the grid.
    """

    __pydantic_config__ = STRICT

    title: str = ""
    about: str = ""
    catalogue: str = "china"
    clock: Clock = field(default_factory=Clock)
    demand: DemandSource = field(default_factory=DemandSource)
    planning: Planning = field(default_factory=Planning)
    prices: tuple[PriceChange, ...] = ()
    carbon: Carbon = field(default_factory=Carbon)
    cooling: tuple[CoolingChange, ...] = ()
    capacity: tuple[CapacityChange, ...] = ()
    quotas: tuple[EnergyQuotaRule, ...] = ()
    network: NetworkTerms = field(default_factory=NetworkTerms)
    latency: tuple[LatencyRule, ...] = ()
    shifting: Shifting = field(default_factory=Shifting)
    placement: PlacementRule = field(default_factory=PlacementRule)
    outages: tuple[Outage, ...] = ()
    rates: Rates = field(default_factory=Rates)
    forecast: Forecast = field(default_factory=Forecast)
    tenant_quotas: Mapping[str, Mapping[str, Annotated[float, Field(ge=0)]]] = field(default_factory=dict)
    pv: bool = False
