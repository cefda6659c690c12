"""A link joins two places."""

from dataclasses import dataclass

from topology.errors import InvalidValue
from topology.rules import require_between, require_id

FIBRE_MS_PER_KM = 0.0049
"""One-way delay of light in single-mode fibre at 1550 nm [ms/km]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A line between two sites or cities.

    Attributes:
        id: Key among links.
        a: Place at one end; the start when directed.
        b: Place at the other end.
        length_km: Great-circle or given length [km].
        route_factor: Laid length over `length_km` [ratio, at least 1].
        equipment_ms: One-way delay of the equipment at both ends [ms].
        capacity_gbps: Capacity of each direction [Gbit/s].
        price_cny_per_gb: Price of moving one gigabyte over it [CNY/GB].
        directed: Whether it carries only from a to b.
        line: Trunk line, ring or class of access it belongs to, or "".

    Raises:
        InvalidValue: If a number is outside its range or both ends are the same.
    """

    id: str
    a: str
    b: str
    length_km: float
    route_factor: float = 1.0
    equipment_ms: float = 0.0
    capacity_gbps: float
    price_cny_per_gb: float = 0.0
    directed: bool = False
    line: str = ""

    def __post_init__(self) -> None:
        thing = f"link {self.id}"
        require_id(thing, "id", self.id)
        if self.a == self.b:
            raise InvalidValue(thing, "b", self.b, "must differ from a")
        require_between(thing, "route_factor", self.route_factor, 1)
        require_between(thing, "capacity_gbps", self.capacity_gbps, above_low=True)
        for name in ("length_km", "equipment_ms", "price_cny_per_gb"):
            require_between(thing, name, getattr(self, name))

    @property
    def latency_ms(self) -> float:
        """One-way latency [ms]: length * factor * 0.0049 ms/km + equipment."""
        return self.length_km * self.route_factor * FIBRE_MS_PER_KM + self.equipment_ms
