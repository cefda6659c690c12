"""Carbon: how many grams a kWh of grid energy emits, and what a tonne costs.

Intensity is the official 2023 average factor of the province times a *derived* shape of month and hour whose
yearly mean is 1 (carbon_shape.csv). No hourly measurement is published for Chinese provinces: the shape says
when sun and wind push coal aside, not what happened on a given day. The months 3, 6, 9 and 12 are
interpolated from their neighbours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pricing.errors import InvalidPrice

HOURS_PER_MONTH = 24 * np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CarbonProfile:
    """Carbon intensity of one province's grid.

    Attributes:
        province: English id of the province.
        factor_g_per_kwh: Official yearly average [g CO2/kWh].
        shape: Derived shape, mean 1 over the year, by month and hour; shape [12, 24].
        source: Where the factor comes from.

    Raises:
        InvalidPrice: If the factor is not positive or the shape's mean is not 1.
    """

    province: str
    factor_g_per_kwh: float
    shape: NDArray[np.float64]
    source: str = ""

    def __post_init__(self) -> None:
        thing = f"carbon of {self.province}"
        if not (np.isfinite(self.factor_g_per_kwh) and self.factor_g_per_kwh > 0):
            raise InvalidPrice(thing, "factor_g_per_kwh", self.factor_g_per_kwh, "must be a positive number")
        if self.shape.shape != (12, 24) or not (np.isfinite(self.shape).all() and (self.shape >= 0).all()):
            raise InvalidPrice(
                thing, "shape", self.shape.shape, "must be 12 months of 24 finite values, none negative"
            )
        mean = float(self.shape.mean(axis=1) @ HOURS_PER_MONTH / HOURS_PER_MONTH.sum())
        if abs(mean - 1) > 1e-3:
            raise InvalidPrice(thing, "shape", round(mean, 6), "must have mean 1 over a year")

    def table_g_per_kwh(self) -> NDArray[np.float64]:
        """Intensity by month and half hour [g CO2/kWh], shape [12, 48]."""
        return np.repeat(self.factor_g_per_kwh * self.shape, 2, axis=1)


def carbon_cost_cny(energy_kwh: float, carbon_g_per_kwh: float, carbon_cny_per_t: float) -> float:
    """Cost of the emissions of some grid energy [CNY]; a tonne is 1e6 g."""
    return energy_kwh * carbon_g_per_kwh / 1e6 * carbon_cny_per_t
