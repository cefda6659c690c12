"""A site runs jobs."""

from dataclasses import dataclass, field
from enum import StrEnum

from topology.errors import InvalidValue
from topology.resources import Resources
from topology.rules import require_between, require_id


class SiteKind(StrEnum):
    """How large a site is and whom it is for."""

    HUB = "hub"
    METRO = "metro"
    EDGE = "edge"


class Cooling(StrEnum):
    """How a site takes its heat away, which decides its marginal PUE."""

    AIR = "air"
    COLD_PLATE = "cold_plate"
    IMMERSION = "immersion"
    FREE_AIR = "free_air"


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A data centre campus: where it is, what it holds, what power it may draw.

    Attributes:
        id: Key among sites and cities.
        name_en: English name.
        name_zh: Chinese name.
        kind: hub, metro or edge.
        hub: National hub node it belongs to, or "" when to none.
        cluster: Cluster of that hub, or "".
        province: English id of the province, for example "ningxia".
        province_zh: Chinese name of the province.
        grid_area: Area whose power tariff holds here.
        latitude_deg: Latitude [deg], north positive.
        longitude_deg: Longitude [deg], east positive.
        tags: Compliance tags it satisfies, for example "mlps-3".
        capacity: What it offers in all.
        power_limit_kw: Most facility power it may draw [kW].
        base_kw: Facility power when it runs nothing [kW].
        cooling: Kind of cooling.
        climate: Weather series that holds here.
        pv_kw_peak: Photovoltaic power on site [kW peak].
        battery_kwh: Usable energy of the battery [kWh].
        battery_kw: Greatest charging or discharging power [kW].
        battery_efficiency: Round-trip efficiency of the battery [fraction].
        green_share: Share of its energy under green contracts [fraction].
        city: City it serves, the id of a `City`.

    Raises:
        InvalidValue: If a number is outside its range or the fields disagree.
    """

    id: str
    name_en: str
    name_zh: str = ""
    kind: SiteKind
    hub: str = ""
    cluster: str = ""
    province: str
    province_zh: str = ""
    grid_area: str
    latitude_deg: float
    longitude_deg: float
    tags: frozenset[str] = field(default_factory=frozenset)
    capacity: Resources
    power_limit_kw: float
    base_kw: float = 0.0
    cooling: Cooling = Cooling.AIR
    climate: str = ""
    pv_kw_peak: float = 0.0
    battery_kwh: float = 0.0
    battery_kw: float = 0.0
    battery_efficiency: float = 1.0
    green_share: float = 0.0
    city: str = ""

    def __post_init__(self) -> None:
        thing = f"site {self.id}"
        require_id(thing, "id", self.id)
        require_between(thing, "latitude_deg", self.latitude_deg, -90, 90)
        require_between(thing, "longitude_deg", self.longitude_deg, -180, 180)
        for name in self.capacity.names:
            require_between(thing, name, self.capacity.get(name))
        for name in ("power_limit_kw", "base_kw", "pv_kw_peak", "battery_kwh", "battery_kw"):
            require_between(thing, name, getattr(self, name))
        require_between(thing, "battery_efficiency", self.battery_efficiency, 0, 1, above_low=True)
        require_between(thing, "green_share", self.green_share, 0, 1)
        if self.base_kw > self.power_limit_kw:
            raise InvalidValue(
                thing, "base_kw", self.base_kw, f"must not exceed power_limit_kw ({self.power_limit_kw:g})"
            )
