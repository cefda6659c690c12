"""Changes: what differs of prices, cooling, capacity, quotas, nearness and health, each for some sites.

Every change names its sites by `where`; changes apply in the order of the file, a parent's before its child's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from simulations.scenario.section import STRICT, Factor, Hour, Instant, Where
from topology import Cooling


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceChange:
    """Another power price: exactly one of scale, add and set.

    Attributes:
        where: which sites.
        scale: factor on the price.
        add_cny_per_kwh: added to the price [CNY/kWh].
        cny_per_kwh: the price itself [CNY/kWh].
        first_hour: clock hour (China's time) from which it holds [h].
        last_hour: and until which; the night is 22 to 6 [h].
        start: first instant at which it holds.
        end: first instant at which it no longer does.
    """

    __pydantic_config__ = STRICT

    where: Where
    scale: Factor | None = None
    add_cny_per_kwh: Annotated[float, Field(ge=-10, le=10)] | None = None
    cny_per_kwh: Annotated[float, Field(ge=0, le=10)] | None = None
    first_hour: Hour = 0.0
    last_hour: Hour = 24.0
    start: Instant | None = None
    end: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CarbonChange:
    """Another carbon intensity of the grid: exactly one of scale and set.

    Attributes:
        where: which sites.
        scale: factor on the intensity.
        g_per_kwh: the intensity itself [g CO2/kWh].
        first_hour: clock hour (China's time) from which it holds [h].
        last_hour: and until which [h].
    """

    __pydantic_config__ = STRICT

    where: Where
    scale: Factor | None = None
    g_per_kwh: Annotated[float, Field(ge=0, le=3000)] | None = None
    first_hour: Hour = 0.0
    last_hour: Hour = 24.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CoolingChange:
    """Other cooling: exactly one of cooling, pue and scale.

    Attributes:
        where: which sites.
        cooling: the kind of cooling, which the weather then acts on.
        pue: marginal PUE, the same all year.
        scale: factor on what the marginal PUE has above 1.
    """

    __pydantic_config__ = STRICT

    where: Where
    cooling: Cooling | None = None
    pue: Annotated[float, Field(ge=1, le=3)] | None = None
    scale: Factor | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacityChange:
    """Another size: a factor, units, or the time during which the site is open.

    Attributes:
        where: which sites.
        scale: factor on machines, power limit and base power.
        accelerators: model -> units that the site holds of it from now on.
        opens: first instant at which the site takes work.
        closes: first instant at which it no longer does.
    """

    __pydantic_config__ = STRICT

    where: Where
    scale: Factor | None = None
    accelerators: Mapping[str, Annotated[float, Field(ge=0, le=1e7)]] = field(default_factory=dict)
    opens: Instant | None = None
    closes: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EnergyQuotaRule:
    """Facility energy allowed to each of some sites a day: exactly one of kwh_per_day and share_of_limit.

    Attributes:
        where: which sites.
        kwh_per_day: energy allowed to each [kWh].
        share_of_limit: the same as a part of what the power limit would allow [fraction].
        above_cny_per_kwh: price on every kWh above it [CNY/kWh], beside the power's own; the quota may not be
            exceeded when left out.
    """

    __pydantic_config__ = STRICT

    where: Where
    kwh_per_day: Annotated[float, Field(ge=0, le=1e9)] | None = None
    share_of_limit: Annotated[float, Field(ge=0, le=1)] | None = None
    above_cny_per_kwh: Annotated[float, Field(ge=0, le=100)] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LatencyRule:
    """A tighter round trip for kinds of work; a job that asks for less keeps its own.

    Attributes:
        kinds: which kinds of work.
        rtt_ms_max: longest round trip between a job's origin and its site [ms].
    """

    __pydantic_config__ = STRICT

    kinds: Annotated[tuple[str, ...], Field(min_length=1)]
    rtt_ms_max: Annotated[float, Field(gt=0, le=10_000)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """Sites or links that fail and are repaired; the planner learns of it when it happens.

    Attributes:
        where: which sites, or none.
        links: ids of links, or none.
        start: when they fail; by default `day` and `hour` say it.
        day: day of the scenario, 0 is its first.
        hour: clock hour of that day (China's time) [h].
        hours: until they are repaired [h].
    """

    __pydantic_config__ = STRICT

    where: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    start: Instant | None = None
    day: Annotated[int, Field(ge=0, le=366)] = 0
    hour: Hour = 0.0
    hours: Annotated[float, Field(gt=0, le=8784)]
