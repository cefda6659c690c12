"""Power: what a demand draws at the rack, and what the facility draws from the grid for it.

    it_kw       = tasks * (count * accelerator_kw * ACCELERATOR_UTILISATION
                           + cpu_cores * CORE_KW + memory_gib * GIB_KW)
    facility_kw = base_kw + pue_marginal * it_kw

Derivation of the three constants from rated CPU power (mlco2/codecarbon, MIT) and from the power measured in
the Acme clusters of Shanghai AI Lab (InternLM/AcmeTrace, CC-BY-4.0). "Busy" is the upper half of a measured
distribution (mean from p50 to p100, trapezoids between the published quantiles), because about half of the
machines stood idle.

* CORE_KW: mean over six CPUs of rated power per physical core (EPYC 7742 225/64, 7763 280/64, 9654 360/96,
  Xeon 6248R 205/24, 8358 250/32, 8480+ 350/56 W) = 5.7 W. A demanded core counts as a whole core at rated
  power.
* GIB_KW: a busy CPU server draws 641 W; two sockets of mean rated power (278.3 W) leave 84 W, over an assumed
  256 GiB = 0.33 W/GiB (fans and converters of the server are in it).
* ACCELERATOR_UTILISATION: a busy server with 8 A100 (400 W), 64 cores and 1024 GiB draws 4104 W at the wall.
  Less cores and memory at the rates above that is 3401 W, or 1.06 of the accelerators' rated power. The
  boards alone run at 0.71 to 0.80 of their rating when busy; the rest is switches, network cards, fans and
  converters that are there for the accelerators' sake. So it is wall power over rated power and may exceed 1.
"""

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pricing.errors import InvalidPrice
from topology import Accelerator, Site

_Pue = TypeVar("_Pue", float, NDArray[np.float64])
_Amount = TypeVar("_Amount", float, NDArray[np.float64])

CORE_KW = 0.0057
"""IT power of one demanded CPU core [kW]."""

GIB_KW = 0.00033
"""IT power of one demanded GiB of memory [kW]."""

ACCELERATOR_UTILISATION = 1.06
"""Wall power caused by one busy accelerator over its rated board power [fraction]."""

WARMEST_HOUR = 15.0
"""Local time at which a typical day is warmest [h]."""


def it_power_kw(
    tasks: int, cpu_cores: float, memory_gib: float, accelerator: Accelerator | None = None, count: float = 0
) -> float:
    """IT power of a gang of equal tasks [kW].

    Args:
        tasks: Tasks of the gang.
        cpu_cores: Cores per task.
        memory_gib: Memory per task [GiB].
        accelerator: Model of accelerator, or None.
        count: Accelerators per task.

    Raises:
        InvalidPrice: If a number is negative or not finite, or accelerators are counted without a model.
    """
    for name, value in (
        ("tasks", tasks),
        ("cpu_cores", cpu_cores),
        ("memory_gib", memory_gib),
        ("count", count),
    ):
        if not (math.isfinite(value) and value >= 0):
            raise InvalidPrice("demand", name, value, "must be a finite number of at least 0")
    if count and accelerator is None:
        raise InvalidPrice("demand", "count", count, "needs an accelerator model")
    accelerator_kw = accelerator.power_w / 1000 if accelerator else 0.0
    return tasks * task_power_kw(cpu_cores, memory_gib, accelerator_kw, count)


def task_power_kw(
    cpu_cores: _Amount, memory_gib: _Amount, accelerator_kw: _Amount, count: _Amount
) -> _Amount:
    """IT power of one task, or of each of many [kW]; `accelerator_kw` is the rated power of one board.

    Nothing is checked: `it_power_kw` does that.
    """
    return count * accelerator_kw * ACCELERATOR_UTILISATION + cpu_cores * CORE_KW + memory_gib * GIB_KW


def facility_kw(site: Site, pue_marginal: float, it_kw: float) -> float:
    """Power the site draws from the grid when its servers draw `it_kw` [kW]."""
    return site.base_kw + pue_marginal * it_kw


def it_limit_kw(site: Site, pue_marginal: _Pue) -> _Pue:
    """Most IT power the site's facility limit leaves [kW], at one marginal PUE or at each of many."""
    return (site.power_limit_kw - site.base_kw) / pue_marginal


@dataclass(frozen=True, kw_only=True, slots=True)
class CoolingCurve:
    """Marginal PUE of a kind of cooling: flat while free cooling lasts, then rising with outdoor temperature.

    Attributes:
        cooling: Kind of cooling.
        floor_pue: Marginal PUE in the cold [1].
        free_below_c: Outdoor temperature up to which free cooling lasts [C].
        slope_per_c: Rise above that temperature [1/C].
        ceiling_pue: Greatest marginal PUE [1].

    Raises:
        InvalidPrice: If the curve falls, or lies below 1.
    """

    cooling: str
    floor_pue: float
    free_below_c: float
    slope_per_c: float
    ceiling_pue: float

    def __post_init__(self) -> None:
        if not 1 <= self.floor_pue <= self.ceiling_pue:
            raise InvalidPrice(
                f"cooling {self.cooling}", "floor_pue", self.floor_pue, "must lie between 1 and ceiling_pue"
            )
        if not self.slope_per_c >= 0:
            raise InvalidPrice(
                f"cooling {self.cooling}", "slope_per_c", self.slope_per_c, "must be at least 0"
            )

    def pue_marginal(self, outdoor_c: NDArray[np.float64]) -> NDArray[np.float64]:
        """Extra facility kW per extra IT kW at outdoor temperatures [1], the shape of `outdoor_c`."""
        rising = self.floor_pue + self.slope_per_c * np.maximum(0.0, outdoor_c - self.free_below_c)
        return np.minimum(rising, self.ceiling_pue)


@dataclass(frozen=True, kw_only=True, slots=True)
class Climate:
    """A modelled typical year of outdoor temperatures: a mean per month and one daily swing.

    Attributes:
        climate: Key, the id of a province in the built-in data.
        monthly_mean_c: Mean of each month [C], 12 values.
        amplitude_c: Half of the mean daily range [C].

    Raises:
        InvalidPrice: If there are not 12 finite means.
    """

    climate: str
    monthly_mean_c: tuple[float, ...]
    amplitude_c: float

    def __post_init__(self) -> None:
        if len(self.monthly_mean_c) != 12 or not all(map(math.isfinite, self.monthly_mean_c)):
            raise InvalidPrice(
                f"climate {self.climate}", "monthly_mean_c", self.monthly_mean_c, "must be 12 numbers"
            )

    def table_c(self) -> NDArray[np.float64]:
        """Typical outdoor temperature by month and half hour [C], [12, 48]: a cosine, warmest at 15:00."""
        hours = np.arange(48) / 2 + 0.25
        swing = self.amplitude_c * np.cos(2 * np.pi * (hours - WARMEST_HOUR) / 24)
        return np.asarray(self.monthly_mean_c)[:, None] + swing[None, :]
