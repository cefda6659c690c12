"""Profile: which kinds of work a generated day is made of; Kind: how the demand of one kind is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from simulations.distribution import DayShape, Quantiles, Shares
from simulations.errors import WorkloadError
from simulations.figures import FIGURES, median


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of work.

    Attributes:
        service: whose terms it gets, a key of `SERVICES`.
        day: when its jobs are released.
        runtime_minutes: run time, on the reference accelerator where it has one [min].
        units: accelerators of the whole job, or cores for a job on cores.
        accelerated: whether units are accelerators.
        gang_runtime_minutes: run time when it has more than one accelerator [min]; the same without.
    """

    service: str
    day: DayShape
    runtime_minutes: Quantiles
    units: Quantiles | Shares
    accelerated: bool
    gang_runtime_minutes: Quantiles | None = None


def _quantiles(name: str) -> Quantiles:
    law = FIGURES[name].law
    assert isinstance(law, Quantiles), f"{name} is not carried as quantiles"
    return law


def _units(name: str) -> Quantiles | Shares:
    law = FIGURES[name].law
    assert not isinstance(law, DayShape), f"{name} is the shape of a day"
    return law


def _day(name: str) -> DayShape:
    law = FIGURES[name].law
    assert isinstance(law, DayShape), f"{name} is not the shape of a day"
    return law


# A bank closes its books in the evening and computes through the night: an assumption, no trace shows it.
_NIGHT = DayShape(weights=(3.0, 3.0, 2.0, 1.0, 0.5, *(0.0,) * 13, 0.5, 1.0, 2.0, 3.0, 3.0, 3.0))
_ALL_DAY = DayShape(weights=(1.0,) * 24)
_ONE_CORE = Shares(values=(1.0,), weights=(1.0,))

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "training": Kind(
            service="training",
            day=_day("helios.day"),
            runtime_minutes=_quantiles("philly.runtime_minutes"),
            gang_runtime_minutes=_quantiles("philly.gang_runtime_minutes"),
            units=_units("philly.accelerators"),
            accelerated=True,
        ),
        "tuning": Kind(
            service="training",
            day=_day("helios.day"),
            runtime_minutes=_quantiles("pai.runtime_minutes"),
            units=Shares(values=(1.0,), weights=(1.0,)),
            accelerated=True,
        ),
        "inference": Kind(
            service="inference",
            day=_day("helios.day"),
            runtime_minutes=_quantiles("openb.serving_runtime_minutes"),
            units=_units("openb.serving_accelerators"),
            accelerated=True,
        ),
        "interactive": Kind(
            service="interactive",
            day=_day("helios.day"),
            runtime_minutes=_quantiles("azure.runtime_minutes"),
            units=_units("azure.cpu_cores"),
            accelerated=False,
        ),
        "batch": Kind(
            service="batch",
            day=_NIGHT,
            runtime_minutes=_quantiles("mustang.runtime_minutes"),
            units=_units("mustang.cpu_cores"),
            accelerated=False,
        ),
        "analytics": Kind(
            service="analytics",
            day=_ALL_DAY,
            runtime_minutes=_quantiles("lcg.runtime_minutes"),
            units=_ONE_CORE,
            accelerated=False,
        ),
    }
)

# Cores and memory beside an accelerator are drawn by one throw: a pod with many of one has much of the other.
CORES_PER_ACCELERATOR = _quantiles("openb.cpu_cores_per_accelerator")
GIB_PER_ACCELERATOR = _quantiles("openb.memory_gib_per_accelerator")
GIB_PER_CORE = median("dlrm.memory_gib_per_core")

Profile = Mapping[str, float]
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "mixed": {
            "training": 0.20,
            "tuning": 0.15,
            "inference": 0.20,
            "interactive": 0.15,
            "batch": 0.15,
            "analytics": 0.15,
        },
        "training": {"training": 0.6, "tuning": 0.4},
        "inference": {"inference": 1.0},
        "interactive": {"interactive": 1.0},
        "batch": {"batch": 1.0},
        "analytics": {"analytics": 1.0},
    }
)


def find_profile(name: str) -> Profile:
    """Shares of the kinds in a profile.

    Raises:
        WorkloadError: there is no such profile; the message names the nearest.
    """
    if name not in PROFILES:
        near = get_close_matches(name, PROFILES, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(PROFILES)}"
        raise WorkloadError(f"profile {name!r}: no such profile; {hint}")
    return PROFILES[name]
