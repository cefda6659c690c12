"""LoadScale: how busy a day of jobs keeps a catalogue, and the gang sizes that make it as busy as asked.

Load is work over capacity: hours of cores and memory; for accelerators TFLOPS-hours, of each pool of models that
some jobs are limited to; the binding resource is the one with the largest. Work that must be near its users counts
on metro and edge sites alone, so it is held to half the load asked for there: its demand peaks in the day.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler import Demand, Variant
from simulations.errors import WorkloadError
from simulations.fleet import Fleet
from topology import Catalogue, Site, SiteKind

Array = npt.NDArray[np.float64]
NEAR_PART = 0.5
MOST_LOAD = 10.0
# The largest gang as a part of the largest site: the first of these for accelerators with which the load is reached,
# because a day of a few huge gangs has no room for them; work on cores never fills a hall.
MOST_OF_ACCELERATORS = (0.05, 0.10, 0.20)
MOST_OF_CORES = 0.01
_MOST_FACTOR = 1e7


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What one task of a job asks for, before its gang is sized.

    Attributes:
        demand: cores and memory.
        variants: where it may run.
        tasks: gang size at a factor of 1.
        is_near: whether it has a round-trip limit.
        throw: in [0, 1), decides which way its gang is rounded.
    """

    demand: Demand
    variants: tuple[Variant, ...]
    tasks: int
    is_near: bool
    throw: float


class LoadScale:
    """The work of a day against a catalogue.

    Args:
        works: one for each job.
        catalogue: the capacity.
        fleet: its accelerators' throughput.
        hours: length of the day [h].
    """

    def __init__(self, works: Sequence[Work], catalogue: Catalogue, fleet: Fleet, hours: float) -> None:
        self._tasks = np.array([work.tasks for work in works], dtype=float)
        self._throws = np.array([work.throw for work in works])
        self._near = np.array([work.is_near for work in works], dtype=bool)
        self._fleet = fleet
        near_sites = [site for site in catalogue.sites if site.kind is not SiteKind.HUB] or catalogue.sites
        models = [frozenset(v.accelerator for v in work.variants if v.accelerator) for work in works]
        # Work that may use few models can fill those while others stand empty: every such pool has its own load.
        pools = sorted({*models, frozenset().union(*models)} - {frozenset()}, key=sorted)
        work_hours = np.array([self._work_hours(w, m, pools) for w, m in zip(works, models, strict=True)])
        capacity, near_capacity = self._capacity(catalogue.sites, pools), self._capacity(near_sites, pools)
        self._parts = _shares(work_hours, capacity * hours)
        self._near_parts = _shares(work_hours * self._near[:, None], near_capacity * hours)
        self._accelerated = np.array([bool(names) for names in models])
        self._site_fills = self._largest_gangs(works, catalogue.sites, near_sites)
        self._most = self._limits(MOST_OF_ACCELERATORS[-1])

    def loads(self, tasks: Array) -> dict[str, float]:
        """Load of each resource by gangs of these sizes [fraction]; of accelerators, that of the fullest pool."""
        cores, memory, *pools = (tasks @ self._parts).tolist()
        return {"cpu_cores": cores, "memory_gib": memory, "accelerators": max(pools, default=0.0)}

    def sized(self, load: float | None) -> Array:
        """Gang sizes that make the binding load what is asked, shape (jobs,); as drawn when None.

        Raises:
            WorkloadError: the load is not in (0, 10], the smallest gangs exceed it, or the largest miss it.
        """
        if load is None:
            gangs: Array = np.minimum(self._tasks, self._most)
            return gangs
        if not 0.0 < load <= MOST_LOAD:
            raise WorkloadError(
                f"load {load:g}: must be above 0, at most {MOST_LOAD:g}; 1 is all capacity all day"
            )
        for share in MOST_OF_ACCELERATORS:
            self._most = self._limits(share)
            near = self._near_factor(load)
            if self._binding(_MOST_FACTOR, near) >= load:
                break
        low, high = self._binding(0.0, near), self._binding(_MOST_FACTOR, near)
        if load < low * 0.995:
            raise WorkloadError(
                f"load {load:g}: {len(self._tasks)} jobs of one task each make {low:.3g}; draw fewer jobs"
            )
        if load > high * 1.005:
            raise WorkloadError(
                f"load {load:g}: {len(self._tasks)} jobs make at most {high:.3g} while no gang takes over "
                f"{MOST_OF_ACCELERATORS[-1]:.0%} of the largest site's accelerators; draw more jobs"
            )
        return self._gangs(_bisected(lambda factor: self._binding(factor, near), load), near)

    def _limits(self, share: float) -> Array:
        """The most tasks each gang may have, at least 1, when accelerators are limited to this share of a site."""
        parts = np.where(self._accelerated, share, MOST_OF_CORES)
        limits: Array = np.clip(np.floor(self._site_fills * parts), 1.0, 1_000_000.0)
        return limits

    def _near_factor(self, load: float) -> float:
        def near_load(factor: float) -> float:
            return float(np.max(self._gangs(factor, factor) @ self._near_parts))

        return _bisected(near_load, load * NEAR_PART)

    def _binding(self, factor: float, near_factor: float) -> float:
        return float(np.max(self._gangs(factor, near_factor) @ self._parts))

    def _gangs(self, factor: float, near_factor: float) -> Array:
        factors = np.where(self._near, min(factor, near_factor), factor)
        wanted = factors * self._tasks
        # Nearly all recorded accelerated jobs hold a power of two; odd gangs would also leave halls half empty.
        gangs: Array = np.where(
            self._accelerated,
            np.minimum(_power_of_two(np.log2(np.maximum(wanted, 1.0)) + self._throws), self._most_doubled()),
            np.clip(np.floor(wanted + self._throws), 1.0, self._most),
        )
        return gangs

    def _most_doubled(self) -> Array:
        return _power_of_two(np.log2(self._most))

    def _capacity(self, sites: Sequence[Site], pools: Sequence[frozenset[str]]) -> Array:
        """Cores, memory [GiB], then the throughput of each pool of models [TFLOPS]."""
        held = Counter[str]()
        for site in sites:
            held.update(site.capacity.accelerators)
        tflops = {model: count * self._fleet.throughput(model) for model, count in held.items()}
        cores, gib = (sum(site.capacity.get(name) for site in sites) for name in ("cpu_cores", "memory_gib"))
        return np.array([cores, gib, *(sum(tflops.get(model, 0.0) for model in pool) for pool in pools)])

    def _work_hours(self, work: Work, models: frozenset[str], pools: Sequence[frozenset[str]]) -> list[float]:
        """Hours of cores, of memory and of each pool that holds all models of the work, of one task."""
        # The longest variant for cores and memory, so that a plan finds at most this load; TFLOPS-hours of
        # the variants are nearly equal, and the least is what must be done.
        hours = max(variant.runtime_minutes for variant in work.variants) / 60.0
        tflops_hours = min(
            variant.count * variant.runtime_minutes / 60.0 * self._fleet.throughput(variant.accelerator)
            if variant.accelerator
            else 0.0
            for variant in work.variants
        )
        shared = (tflops_hours if models and models <= pool else 0.0 for pool in pools)
        return [work.demand.cpu_cores * hours, work.demand.memory_gib * hours, *shared]

    def _largest_gangs(
        self, works: Sequence[Work], sites: Sequence[Site], near_sites: Sequence[Site]
    ) -> Array:
        far, near = _largest(sites), _largest(near_sites)
        most = [_site_fill(work, near if work.is_near else far) for work in works]
        return np.array(most, dtype=float).reshape(-1)


def _power_of_two(exponent: Array) -> Array:
    powers: Array = np.exp2(np.floor(exponent))
    return powers


def _shares(work: Array, capacity: Array) -> Array:
    """Work over capacity; no work is no load, even where there is no capacity."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares: Array = np.where(work > 0, work / capacity, 0.0)
    return shares


def _largest(sites: Sequence[Site]) -> dict[str, float]:
    largest: dict[str, float] = {}
    for site in sites:
        for name in site.capacity.names:
            largest[name] = max(largest.get(name, 0.0), site.capacity.get(name))
    return largest


def _site_fill(work: Work, largest: dict[str, float]) -> float:
    """How many tasks of the job would fill the largest site."""

    def limit(name: str | None, amount: float) -> float:
        return largest.get(name, 0.0) / amount if name and amount else math.inf

    machine = max(limit(variant.accelerator, variant.count) for variant in work.variants)
    return min(
        limit("cpu_cores", work.demand.cpu_cores), limit("memory_gib", work.demand.memory_gib), machine
    )


def _bisected(rising: Callable[[float], float], aim: float) -> float:
    """The factor at which a rising function reaches `aim`, as nearly as it can."""
    low, high = 1e-6, _MOST_FACTOR
    if rising(high) <= aim:
        return high
    # On a log scale sixty halvings are finer than any gang can be sized.
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if rising(middle) <= aim else (low, middle)
    return low
