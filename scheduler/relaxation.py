"""Relaxation: one field of a job let go, and how much of it each option would need."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from scheduler.arrays import Floats
from scheduler.job import Job
from scheduler.offers import Offers, Pick
from scheduler.residency import Residency
from scheduler.world import World
from topology import CHINA_TIME, Accelerator


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Relaxation:
    """One field let go, and how to read off how much of it an option needs.

    Attributes:
        field: the field.
        unit: of the amount, "" where the change is a choice.
        job: the job with the field let go entirely.
        amount: [V, S, T] of the change each option needs; at most 0 where it needs none.
        to: the new value that one option needs, in words.
        below_cny: cost to get below, where it is not the question's.
    """

    field: str
    unit: str
    job: Job
    amount: Callable[[Offers], Floats]
    to: Callable[[Offers, Pick], str]
    below_cny: float | None = None


def relax(job: Job, world: World, left_out_value_cny: float | None) -> Iterator[Relaxation]:
    """Yield every field that holds a job back in some way, let go; its value too where it was left out."""
    if job.deadline is not None:
        yield _later_deadline(job, job.deadline)
    if job.release is not None:
        yield _earlier_release(job, job.release)
    if job.origin is not None and job.rtt_ms_max is not None:
        yield _longer_way(job, world, job.origin, job.rtt_ms_max)
    if job.residency.provinces or job.residency.hubs:
        yield _another_region(job)
    if job.residency.tags:
        yield _without_tags(job)
    if job.budget_cny is not None:
        yield _larger_budget(job, job.budget_cny)
    if job.carbon_kg_max is not None:
        yield _more_carbon(job, job.carbon_kg_max)
    if any(variant.accelerator for variant in job.variants):
        yield from _other_machines(job, world)
    if left_out_value_cny is not None:
        yield _higher_value(job, left_out_value_cny)


def _later_deadline(job: Job, deadline: datetime) -> Relaxation:
    def ends(offers: Offers) -> Floats:
        """Hours from the deadline to the end of each option [V, 1, T]."""
        run_hours = np.array([variant.runtime_minutes / 60 for variant in job.variants])
        return (run_hours[:, np.newaxis] + _start_hours(offers) - _hours(offers, deadline))[:, np.newaxis, :]

    return Relaxation(
        field="deadline",
        unit="h",
        job=replace(job, deadline=None),
        amount=ends,
        to=lambda offers, pick: _clock(deadline + timedelta(hours=float(ends(offers)[pick[0], 0, pick[2]]))),
    )


def _earlier_release(job: Job, release: datetime) -> Relaxation:
    def begins(offers: Offers) -> Floats:
        """Hours from when each option, or its inputs, must begin to the release [1, S, T]."""
        lead_hours = offers.case.haulage.lead_slots[0] * offers.case.world.horizon.hours_per_slot
        begin: Floats = _start_hours(offers) - lead_hours[:, np.newaxis]
        return (_hours(offers, release) - begin)[np.newaxis]

    return Relaxation(
        field="release",
        unit="h",
        job=replace(job, release=None),
        amount=begins,
        to=lambda offers, pick: _clock(release - timedelta(hours=float(begins(offers)[0, pick[1], pick[2]]))),
    )


def _longer_way(job: Job, world: World, origin: str, rtt_ms_max: float) -> Relaxation:
    rtt_ms = world.network.rtt_matrix_ms([origin], world.catalogue.site_ids)[0]
    return Relaxation(
        field="rtt_ms_max",
        unit="ms",
        job=replace(job, rtt_ms_max=None),
        amount=lambda _: (rtt_ms - rtt_ms_max)[np.newaxis, :, np.newaxis],
        to=lambda _, pick: f"{_rounded_up(float(rtt_ms[pick[1]]))} ms",
    )


def _another_region(job: Job) -> Relaxation:
    def outside(offers: Offers) -> Floats:
        allowed = job.residency
        sites = offers.case.world.catalogue.sites
        inside = [site.province in allowed.provinces or site.hub in allowed.hubs for site in sites]
        return np.where(inside, 0.0, 1.0)[np.newaxis, :, np.newaxis]

    return Relaxation(
        field="residency",
        unit="",
        job=replace(job, residency=Residency(tags=job.residency.tags)),
        amount=outside,
        to=lambda offers, pick: offers.case.world.catalogue.sites[pick[1]].province,
    )


def _without_tags(job: Job) -> Relaxation:
    def lacking(offers: Offers, site: int) -> list[str]:
        return sorted(set(job.residency.tags) - offers.case.world.catalogue.sites[site].tags)

    def count(offers: Offers) -> Floats:
        sites = range(len(offers.case.world.catalogue.sites))
        return np.array([float(len(lacking(offers, site))) for site in sites])[np.newaxis, :, np.newaxis]

    return Relaxation(
        field="tags",
        unit="",
        job=replace(job, residency=replace(job.residency, tags=())),
        amount=count,
        to=lambda offers, pick: " and ".join(lacking(offers, pick[1])),
    )


def _larger_budget(job: Job, budget_cny: float) -> Relaxation:
    def over(offers: Offers) -> Floats:
        return (
            offers.case.jobs[0].replicas * np.stack([each.total_cny for each in offers.options]) - budget_cny
        )

    return Relaxation(
        field="budget_cny",
        unit="CNY",
        job=replace(job, budget_cny=None),
        amount=over,
        to=lambda offers, pick: f"{_rounded_up(float(over(offers)[pick]) + budget_cny)} CNY",
    )


def _more_carbon(job: Job, carbon_kg_max: float) -> Relaxation:
    def over(offers: Offers) -> Floats:
        return (
            offers.case.jobs[0].replicas * np.stack([each.run.carbon_kg for each in offers.options])
            - carbon_kg_max
        )

    return Relaxation(
        field="carbon_kg_max",
        unit="kg",
        job=replace(job, carbon_kg_max=None),
        amount=over,
        to=lambda offers, pick: f"{_rounded_up(float(over(offers)[pick]) + carbon_kg_max)} kg",
    )


def _other_machines(job: Job, world: World) -> Iterator[Relaxation]:
    """Yield the first accelerated variant on every model that could stand in for one it names."""
    first = next(variant for variant in job.variants if variant.accelerator)
    named = {variant.accelerator for variant in job.variants}
    held = {model for site in world.catalogue.sites for model in site.capacity.accelerators}
    catalogue = world.catalogue
    wanted = [catalogue.accelerator(model) for model in named if model is not None]
    others = [
        model
        for model in sorted(held - named)
        if any(_stands_in(catalogue.accelerator(model), for_model) for for_model in wanted)
    ]
    if others:
        variants = tuple(replace(first, accelerator=model) for model in others)
        yield Relaxation(
            field="variants",
            unit="",
            job=replace(job, variants=variants),
            amount=lambda _: np.ones((1, 1, 1)),
            to=lambda _, pick: others[pick[0]],
        )


def _stands_in(model: Accelerator, for_model: Accelerator) -> bool:
    """Whether a model has at least the memory of another, and its throughput where both are known."""
    known = model.fp16_tflops is not None and for_model.fp16_tflops is not None
    faster = not known or (model.fp16_tflops or 0.0) >= (for_model.fp16_tflops or 0.0)
    return model.memory_gib >= for_model.memory_gib and faster


def _higher_value(job: Job, value_cny: float) -> Relaxation:
    def short(offers: Offers) -> Floats:
        return np.nan_to_num(offers.weighted_cny - value_cny, posinf=0.0)

    return Relaxation(
        field="value_cny",
        unit="CNY",
        job=job,
        amount=short,
        to=lambda offers, pick: f"{_rounded_up(float(offers.weighted_cny[pick]))} CNY",
        below_cny=np.inf,
    )


def _start_hours(offers: Offers) -> Floats:
    """Return hours from the horizon's start to every slot [T]."""
    horizon = offers.case.world.horizon
    return np.arange(horizon.slots, dtype=np.float64) * horizon.hours_per_slot


def _hours(offers: Offers, instant: datetime) -> float:
    return (instant - offers.case.world.horizon.start).total_seconds() / 3600


def _clock(instant: datetime) -> str:
    return instant.astimezone(CHINA_TIME).strftime("%m-%d %H:%M")


def _rounded_up(amount: float) -> str:
    """Return a number to four digits, never less than it is: a limit set to it must be enough."""
    if amount <= 0:
        return f"{amount:.4g}"
    grain = 10.0 ** (math.floor(math.log10(amount)) - 3)
    return f"{math.ceil(amount / grain - 1e-9) * grain:.4g}"
