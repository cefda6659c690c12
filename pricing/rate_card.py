"""The rate card: what a customer pays per hour of a core, a GiB and an accelerator.

Illustrative: no contract stands behind it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pricing.errors import InvalidPrice, UnknownPrice

CPU_CORE = "cpu-core"
MEMORY_GIB = "memory-gib"


@dataclass(frozen=True, kw_only=True, slots=True)
class RateCard:
    """Illustrative prices by the hour.

    Attributes:
        cny_per_hour: Price [CNY/h] of one unit, by "cpu-core", "memory-gib" and ids of accelerators.

    Raises:
        InvalidPrice: If a price is negative or the core or the GiB has none.
    """

    cny_per_hour: Mapping[str, float]

    def __post_init__(self) -> None:
        for item in (CPU_CORE, MEMORY_GIB):
            if item not in self.cny_per_hour:
                raise InvalidPrice("rate card", item, None, "must have a price")
        for item, price in self.cny_per_hour.items():
            if not (math.isfinite(price) and price >= 0):
                raise InvalidPrice("rate card", item, price, "must be a finite number of at least 0")

    def price_cny(
        self,
        *,
        tasks: int,
        cpu_cores: float,
        memory_gib: float,
        runtime_minutes: float,
        accelerator: str = "",
        count: float = 0,
    ) -> float:
        """Price of one variant of a demand for its whole runtime [CNY].

        Args:
            tasks: Tasks of the gang.
            cpu_cores: Cores per task.
            memory_gib: Memory per task [GiB].
            runtime_minutes: Runtime [min].
            accelerator: Id of the accelerator model, or "".
            count: Accelerators per task.

        Raises:
            UnknownPrice: If the accelerator model is not on the card.
        """
        hourly = cpu_cores * self.cny_per_hour[CPU_CORE] + memory_gib * self.cny_per_hour[MEMORY_GIB]
        if accelerator and count:
            if accelerator not in self.cny_per_hour:
                raise UnknownPrice("rate card accelerator", accelerator, self.cny_per_hour)
            hourly += count * self.cny_per_hour[accelerator]
        return tasks * hourly * runtime_minutes / 60


def value_cny(variant_prices_cny: list[float] | tuple[float, ...], priority: int) -> float:
    """Default value of a job [CNY]: the rate-card price of its cheapest variant times 10 ** priority.

    Raises:
        InvalidPrice: If there is no variant.
    """
    if not variant_prices_cny:
        raise InvalidPrice("job value", "variants", (), "must hold at least one price")
    return float(min(variant_prices_cny) * 10.0**priority)
