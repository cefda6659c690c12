"""Counterfactuals: the smallest change of one field of a job that makes it run, or makes it cheaper."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from scheduler.arrays import Floats
from scheduler.case import job_value_cny
from scheduler.explanation import Alternative, Change
from scheduler.job import Job
from scheduler.offers import Offers, find_offers
from scheduler.policy import Policy
from scheduler.residency import Residency
from scheduler.room import Room
from scheduler.world import World
from topology import CHINA_TIME

LEAST_SAVING = 0.01  # of the cost: less is no help worth asking for

Pick = tuple[int, int, int]  # variant, site, start slot


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


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Question:
    """What is asked: which change brings `job` below a cost in the room that is left.

    Attributes:
        job: the job as it is.
        world: where it runs.
        room: what the rest of the plan leaves.
        policy: how costs are weighed.
        below_cny: weighted cost to get below: the value of a job left out, or the cost of the chosen option.
        chosen: whether the job runs already.
    """

    job: Job
    world: World
    room: Room
    policy: Policy
    below_cny: float
    chosen: bool


def find_changes(question: Question, describe: Callable[[Offers, Pick], Alternative]) -> tuple[Change, ...]:
    """Return the smallest helpful change of every field, those with the largest saving first."""
    changes = [change for each in _relaxations(question) if (change := _smallest(question, each, describe))]
    if not question.chosen:
        changes.extend(_smaller_gang(question, describe))
    return tuple(sorted(changes, key=lambda change: -(change.saving_cny or 0.0)))


def _smallest(
    question: Question, relaxation: Relaxation, describe: Callable[[Offers, Pick], Alternative]
) -> Change | None:
    offers = find_offers(relaxation.job, question.world, question.room, question.policy)
    amount = np.broadcast_to(relaxation.amount(offers), offers.weighted_cny.shape)
    below_cny = question.below_cny if relaxation.below_cny is None else relaxation.below_cny
    helps = offers.weighted_cny < below_cny * (1 - LEAST_SAVING if question.chosen else 1)
    helps &= amount > 0
    if not helps.any():
        return None
    least = np.where(helps, amount, np.inf).min()
    cost = np.where(helps & (amount <= least), offers.weighted_cny, np.inf)
    variant, site, start = (int(index) for index in np.unravel_index(int(np.argmin(cost)), cost.shape))
    result = describe(offers, (variant, site, start))
    return Change(
        field=relaxation.field,
        amount=float(least) if relaxation.unit else None,
        unit=relaxation.unit,
        to=relaxation.to(offers, (variant, site, start)),
        result=result,
        saving_cny=question.below_cny - float(cost.min()) if question.chosen else None,
    )


def _relaxations(question: Question) -> Iterator[Relaxation]:
    """Yield every field that holds the job back in some way, let go."""
    job = question.job
    if job.deadline is not None:
        yield _later_deadline(job, job.deadline)
    if job.release is not None:
        yield _earlier_release(job, job.release)
    if job.origin is not None and job.rtt_ms_max is not None:
        yield _longer_way(question, job.origin, job.rtt_ms_max)
    if job.residency.provinces or job.residency.hubs:
        yield _another_region(job)
    if job.residency.tags:
        yield _without_tags(job)
    if job.budget_cny is not None:
        yield _larger_budget(job, job.budget_cny)
    if job.carbon_kg_max is not None:
        yield _more_carbon(job, job.carbon_kg_max)
    if any(variant.accelerator for variant in job.variants):
        yield from _other_machines(question)
    if not question.chosen:
        yield _higher_value(question)


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


def _longer_way(question: Question, origin: str, rtt_ms_max: float) -> Relaxation:
    rtt_ms = question.world.network.rtt_matrix_ms([origin], question.world.catalogue.site_ids)[0]
    return Relaxation(
        field="rtt_ms_max",
        unit="ms",
        job=replace(question.job, rtt_ms_max=None),
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
        return np.stack([each.total_cny for each in offers.options]) - budget_cny

    return Relaxation(
        field="budget_cny",
        unit="CNY",
        job=replace(job, budget_cny=None),
        amount=over,
        to=lambda offers, pick: f"{_rounded_up(float(over(offers)[pick]) + budget_cny)} CNY",
    )


def _more_carbon(job: Job, carbon_kg_max: float) -> Relaxation:
    def over(offers: Offers) -> Floats:
        return np.stack([each.run.carbon_kg for each in offers.options]) - carbon_kg_max

    return Relaxation(
        field="carbon_kg_max",
        unit="kg",
        job=replace(job, carbon_kg_max=None),
        amount=over,
        to=lambda offers, pick: f"{_rounded_up(float(over(offers)[pick]) + carbon_kg_max)} kg",
    )


def _other_machines(question: Question) -> Iterator[Relaxation]:
    """Yield the first accelerated variant on every model it does not name."""
    job = question.job
    first = next(variant for variant in job.variants if variant.accelerator)
    named = {variant.accelerator for variant in job.variants}
    held = {model for site in question.world.catalogue.sites for model in site.capacity.accelerators}
    others = sorted(held - named)
    if others:
        variants = tuple(replace(first, accelerator=model) for model in others)
        yield Relaxation(
            field="variants",
            unit="",
            job=replace(job, variants=variants),
            amount=lambda _: np.ones((1, 1, 1)),
            to=lambda _, pick: others[pick[0]],
        )


def _higher_value(question: Question) -> Relaxation:
    value_cny = question.below_cny

    def short(offers: Offers) -> Floats:
        return np.nan_to_num(offers.weighted_cny - value_cny, posinf=0.0)

    return Relaxation(
        field="value_cny",
        unit="CNY",
        job=question.job,
        amount=short,
        to=lambda offers, pick: f"{_rounded_up(float(offers.weighted_cny[pick]))} CNY",
        below_cny=np.inf,
    )


def _smaller_gang(question: Question, describe: Callable[[Offers, Pick], Alternative]) -> Sequence[Change]:
    """Return the largest gang that would run, found by halving."""
    fits, too_many = 0, question.job.tasks
    found: Change | None = None
    while too_many - fits > 1:
        tasks = (fits + too_many) // 2
        smaller = replace(question.job, tasks=tasks)
        offers = find_offers(smaller, question.world, question.room, question.policy)
        pick = offers.cheapest()
        if pick is None or offers.weighted_cny[pick] >= job_value_cny(smaller):
            too_many = tasks
            continue
        fits = tasks
        fewer = float(question.job.tasks - tasks)
        result = describe(offers, pick)
        found = Change(
            field="tasks", amount=fewer, unit="tasks", to=str(tasks), result=result, saving_cny=None
        )
    return () if found is None else (found,)


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
