"""A city is where users and data are."""

from dataclasses import dataclass

from topology.rules import require_between, require_id


@dataclass(frozen=True, kw_only=True, slots=True)
class City:
    """An origin of users and data: it has no capacity and joins the network by access links.

    Attributes:
        id: Key among sites and cities.
        name_en: English name.
        name_zh: Chinese name.
        province: English id of the province.
        latitude_deg: Latitude [deg], north positive.
        longitude_deg: Longitude [deg], east positive.
        population: Inhabitants.

    Raises:
        InvalidValue: If a number is outside its range.
    """

    id: str
    name_en: str
    name_zh: str = ""
    province: str
    latitude_deg: float
    longitude_deg: float
    population: int = 0

    def __post_init__(self) -> None:
        thing = f"city {self.id}"
        require_id(thing, "id", self.id)
        require_between(thing, "latitude_deg", self.latitude_deg, -90, 90)
        require_between(thing, "longitude_deg", self.longitude_deg, -180, 180)
        require_between(thing, "population", self.population)
