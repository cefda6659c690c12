"""Replay: everything a simulated run is a function of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pricing import PriceBook
from scheduler import EnergyQuota, Job, Policy
from simulations.errors import ReplayError
from topology import Catalogue, Horizon

LARGEST_SIGMA = 2.0
LARGEST_SCALE = 1000.0


class LossKind(StrEnum):
    """What is lost in an outage."""

    SITE = "site"
    LINK = "link"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """A site or link that is out of use for a while. Nobody knows before it begins, nor when it will end.

    Attributes:
        kind: site or link.
        id: which.
        start: first instant without it; the slot that holds this instant is lost.
        end: first instant with it again; it comes back with the next slot.

    Raises:
        ReplayError: instants without an offset, or not in order.
    """

    kind: LossKind
    id: str
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", _loss_kind(self.kind))
        if self.start.utcoffset() is None or self.end.utcoffset() is None or self.end <= self.start:
            raise ReplayError(
                f"outage of {self.id}: {self.start.isoformat()} to {self.end.isoformat()}: "
                "must be instants with offsets, in order"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class ForecastError:
    """How wrong the planner's view of the future is: relative standard deviations.

    Attributes:
        price: of the power price, hour by hour and grid area by grid area.
        carbon: of the carbon intensity, hour by hour and province by province.
        load: of the share of room that is left to work not known yet (`Replay.headroom`).
        runtime: of actual run times about their estimates; log-normal, so that the mean is kept.

    Raises:
        ReplayError: a number that is no deviation.
    """

    price: float = 0.0
    carbon: float = 0.0
    load: float = 0.0
    runtime: float = 0.0

    def __post_init__(self) -> None:
        for name in ("price", "carbon", "load", "runtime"):
            _check_between(f"forecast {name}", getattr(self, name), 0.0, LARGEST_SIGMA)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Replay:
    """What happens, what the planner is told of it, and how it plans.

    Attributes:
        catalogue: the places.
        jobs: with their estimates. A sequence is put in order of release; any other iterable is a stream in that
            order, read as time goes on. A mapping stands for a job document, whose faults are counted.
        actual: prices, carbon and PUE that come true; their horizon is the simulated span, with the hours that
            work needs to drain.
        policy: how to plan.
        cadence_minutes: time from one planning cycle to the next, whole slots [min].
        replan_minutes: so often work that is planned and has not begun may move, under the optimal policy; 0 never.
        window_hours: what a cycle sees ahead, cut at the end of the span [h].
        notice_minutes: jobs are known so long before their release [min].
        outages: what is lost and when.
        forecast: how wrong the planner's view is.
        headroom: share of every site's room that planning leaves to work not known yet, behind the first cadence.
        runtime_ratios: job -> actual over estimated run time, beside the noise of `forecast.runtime`.
        quotas: as those of a World.
        energy_quotas: as those of a World.
        pv: whether sites use their own sun first.
        rate_scale: what tenants pay for their work, over the rate card.
        passes: pricing passes of the search in one cycle.
        rounds: rounds of improvement in one cycle.
        time_limit_s: one cycle never plans longer [s]; a limit that is reached makes runs differ.
        move_threshold: share of what a job's place costs that a move must gain.
        seed: of every throw.
        on_bad: "skip" leaves out bad input and counts it; "refuse" stops at the first.
        sources: what was read for the jobs and what was left out then, as documents; told with the intake.
        hole_hours: a longer stretch without a release is a hole of the trace [h].

    Raises:
        ReplayError: parts that do not belong together, or a number out of its range.
    """

    catalogue: Catalogue
    jobs: Iterable[Job | Mapping[str, Any]]
    actual: PriceBook
    policy: Policy = field(default_factory=Policy)
    cadence_minutes: int = 15
    replan_minutes: int = 60
    window_hours: float = 24.0
    notice_minutes: int = 0
    outages: tuple[Outage, ...] = ()
    forecast: ForecastError = field(default_factory=ForecastError)
    headroom: float = 0.0
    runtime_ratios: Mapping[str, float] = field(default_factory=dict)
    quotas: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    energy_quotas: tuple[EnergyQuota, ...] = ()
    pv: bool = False
    rate_scale: float = 1.0
    passes: int = 24
    rounds: int = 1
    time_limit_s: float = 60.0
    move_threshold: float = 0.01
    seed: int = 0
    on_bad: str = "skip"
    sources: tuple[Mapping[str, Any], ...] = ()
    hole_hours: float = 24.0

    def __post_init__(self) -> None:
        slot = self.horizon.slot_minutes
        for name, smallest in (("cadence_minutes", slot), ("replan_minutes", 0)):
            value = getattr(self, name)
            if value < smallest or value % slot:
                raise ReplayError(f"{name} {value}: must be whole slots of {slot} min, {smallest} or more")
        if self.replan_minutes % self.cadence_minutes:
            raise ReplayError(
                f"replan_minutes {self.replan_minutes}: must be a multiple of the cadence, {self.cadence_minutes} min"
            )
        _check_between("window_hours", self.window_hours, self.horizon.hours_per_slot, 24.0 * 366)
        _check_between("notice_minutes", self.notice_minutes, 0, 60 * 24 * 366)
        _check_between("headroom", self.headroom, 0.0, 1.0)
        _check_between("rate_scale", self.rate_scale, 0.0, LARGEST_SCALE)
        _check_between("hole_hours", self.hole_hours, self.horizon.hours_per_slot, 24.0 * 366)
        if self.on_bad not in {"skip", "refuse"}:
            raise ReplayError(f"on_bad {self.on_bad!r}: must be skip or refuse")
        for name, ratio in self.runtime_ratios.items():
            _check_between(f"runtime ratio of {name}", ratio, 0.01, 100.0)
        self._check_places()

    @property
    def horizon(self) -> Horizon:
        """The simulated span."""
        return self.actual.horizon

    @property
    def cadence_slots(self) -> int:
        """Slots from one planning cycle to the next."""
        return self.cadence_minutes // self.horizon.slot_minutes

    def _check_places(self) -> None:
        if self.actual.site_ids != self.catalogue.site_ids:
            raise ReplayError("the prices are of other sites than the catalogue's; build them from it")
        links = {link.id for link in self.catalogue.links}
        for outage in self.outages:
            if outage.id not in (self.catalogue.site_ids if outage.kind is LossKind.SITE else links):
                raise ReplayError(f"outage of {outage.kind} {outage.id}: the catalogue has none of that id")


def _loss_kind(kind: str) -> LossKind:
    try:
        return LossKind(kind)
    except ValueError:
        raise ReplayError(f"outage kind {kind!r}: must be site or link") from None


def _check_between(what: str, value: float, smallest: float, largest: float) -> None:
    if not (math.isfinite(value) and smallest <= value <= largest):
        raise ReplayError(f"{what} {value}: must be a number from {smallest:g} to {largest:g}")
