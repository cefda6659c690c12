"""Counterfactuals: the smallest change of one field of a job that makes it run, or makes it cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scheduler.case import job_value_cny
from scheduler.explanation import Change
from scheduler.job import Job
from scheduler.market import Market
from scheduler.relaxation import Relaxation, relax

LEAST_SAVING = 0.01  # of the cost: less is no help worth asking for


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Question:
    """What is asked: which change brings `job` below a cost in the room that is left.

    Attributes:
        job: the job as it is.
        market: what the rest of the plan leaves, and its prices.
        below_cny: weighted cost to get below: the value of a job left out, or the cost of the chosen option.
        chosen: whether the job runs already.
    """

    job: Job
    market: Market
    below_cny: float
    chosen: bool


def find_changes(question: Question) -> tuple[Change, ...]:
    """Return the smallest helpful change of every field, those with the largest saving first."""
    changes = [
        change
        for each in relax(
            question.job, question.market.world, None if question.chosen else question.below_cny
        )
        if (change := _smallest(question, each))
    ]
    if not question.chosen:
        changes.extend(_smaller_gang(question))
    return tuple(sorted(changes, key=lambda change: -(change.saving_cny or 0.0)))


def _smallest(question: Question, relaxation: Relaxation) -> Change | None:
    offers = question.market.offers(relaxation.job)
    amount = np.broadcast_to(relaxation.amount(offers), offers.weighted_cny.shape)
    below_cny = question.below_cny if relaxation.below_cny is None else relaxation.below_cny
    helps = offers.weighted_cny < below_cny * (1 - LEAST_SAVING if question.chosen else 1)
    helps &= amount > 0
    if not helps.any():
        return None
    least = np.where(helps, amount, np.inf).min()
    cost = np.where(helps & (amount <= least), offers.weighted_cny, np.inf)
    variant, site, start = (int(index) for index in np.unravel_index(int(np.argmin(cost)), cost.shape))
    result = offers.describe((variant, site, start))
    return Change(
        field=relaxation.field,
        amount=float(least) if relaxation.unit else None,
        unit=relaxation.unit,
        to=relaxation.to(offers, (variant, site, start)),
        result=result,
        saving_cny=question.below_cny - float(cost.min()) if question.chosen else None,
    )


def _smaller_gang(question: Question) -> Sequence[Change]:
    """Return the largest gang that would run, found by halving."""
    fits, too_many = 0, question.job.tasks
    found: Change | None = None
    while too_many - fits > 1:
        tasks = (fits + too_many) // 2
        smaller = replace(question.job, tasks=tasks)
        offers = question.market.offers(smaller)
        pick = offers.cheapest()
        if pick is None or offers.weighted_cny[pick] >= job_value_cny(smaller):
            too_many = tasks
            continue
        fits = tasks
        fewer = float(question.job.tasks - tasks)
        result = offers.describe(pick)
        found = Change(
            field="tasks", amount=fewer, unit="tasks", to=str(tasks), result=result, saving_cny=None
        )
    return () if found is None else (found,)
