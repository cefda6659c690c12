"""Rivals decided exactly, all else at its prices: never a bound above the optimum, never more cards than there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scheduler.optimizer import exact, nothing_placed, solve
from scheduler.optimizer.prices import zero_prices
from scheduler.optimizer.rival_proof import decide_rivals
from scheduler.optimizer.rivalry import rivalries_of
from scheduler.optimizer.stopwatch import Stopwatch
from scheduler.optimizer.table import table_of
from tests.scheduler.optimizer.brute_force import optimum
from tests.scheduler.optimizer.builders import problem_with
from tests.scheduler.optimizer.checker import judged

CORES, CARDS = 0, 1


def hall(seed: int):
    """Six jobs on two sites; three of them want one of few cards, all want cores."""
    throw = np.random.default_rng(seed)
    cores, cards = throw.integers(1, 4, 6), np.repeat([1, 0], 3) * throw.integers(1, 3, 6)
    return problem_with(
        jobs=6, sites=2, slots=5, resources=2,
        demand=np.stack([cores, cards], axis=1).astype(float),
        duration=throw.integers(1, 4, 6),
        base_price=throw.integers(0, 4, (2, 2, 5)).astype(float),
        capacity=np.stack([throw.integers(3, 8, (2, 5)), throw.integers(1, 4, (2, 5))], axis=1).astype(float),
        penalty=throw.integers(10, 60, 6).astype(float),
        release=throw.integers(0, 2, 6),
    )  # fmt: skip


def dearest_for(problem, seed: int):
    """Prices of no plan in particular."""
    throw = np.random.default_rng(seed)
    prices = zero_prices(table_of(problem))
    return replace(prices, site=throw.integers(0, 4, prices.site.shape).astype(float))


def test_what_all_want_makes_nobody_a_rival():
    rivalries = rivalries_of(hall(0))

    assert [(r.resources.tolist(), r.jobs.tolist()) for r in rivalries] == [([CARDS], [0, 1, 2])]


def test_resources_that_share_a_job_are_decided_together():
    demand = np.zeros((8, 4))
    demand[:, 0] = 1.0
    demand[0, 1] = demand[0, 2] = demand[1, 2] = demand[2, 3] = 1.0

    rivalries = rivalries_of(problem_with(jobs=8, resources=4, demand=demand))

    assert [(r.resources.tolist(), r.jobs.tolist()) for r in rivalries] == [([1, 2], [0, 1]), ([3], [2])]


@pytest.mark.parametrize("seed", range(25))
def test_at_any_prices_the_bound_is_below_the_optimum_and_the_cards_suffice(seed):
    problem = hall(seed)

    decided = decide_rivals(
        problem, nothing_placed(problem), dearest_for(problem, seed), watch=Stopwatch(60.0), until=0.9
    )

    assert decided.bound <= optimum(problem).cost + 1e-6
    held = np.zeros(problem.capacity[:, CARDS].shape)
    for j in np.flatnonzero(decided.assignment.placed):
        site, start, end = (
            decided.assignment.site[j],
            decided.assignment.start[j],
            decided.assignment.end[j],
        )
        held[site, start:end] += problem.demand[j, CARDS]
    assert (held <= problem.capacity[:, CARDS]).all()
    assert not decided.assignment.placed[3:].any()


@pytest.mark.parametrize("seed", range(25))
def test_rivals_decided_whole_are_a_better_bound_than_rivals_in_parts_and_still_one(seed):
    problem = hall(seed)
    parts = solve(problem, passes=60, rounds=0)

    for start in (parts.assignment, nothing_placed(problem)):
        decided = decide_rivals(problem, start, parts.prices, watch=Stopwatch(60.0), until=0.9, gap=1e-6)

        assert decided.bound <= optimum(problem).cost + 1e-6
        assert decided.bound >= parts.bound - 1e-5 * abs(parts.bound)


def test_two_gangs_of_two_cannot_share_three_cards_by_halves():
    problem = problem_with(
        jobs=6, slots=1, resources=2, penalty=np.array([20.0, 20.0, 1.0, 1.0, 1.0, 1.0]),
        demand=np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]),
        capacity=np.array([[[9.0], [3.0]]]), base_price=np.zeros((1, 2, 1)),
    )  # fmt: skip
    parts = solve(problem, passes=200, rounds=0)

    decided = decide_rivals(problem, nothing_placed(problem), parts.prices, watch=Stopwatch(60.0), until=0.9)

    assert decided.bound == pytest.approx(20.0, rel=1e-3)
    assert decided.assignment.placed[:2].sum() == 1


def test_a_plan_too_large_for_the_whole_model_is_proven_by_its_rivals(monkeypatch):
    monkeypatch.setattr(exact, "MOST_CELLS", 0)
    problem = hall(3)

    solution = solve(problem, time_limit_s=10.0)

    plan = solution.assignment
    options = [(int(row), plan.runs_of(job)) if row >= 0 else None for job, row in enumerate(plan.row)]
    assert judged(problem, options) == pytest.approx(solution.objective)
    assert solution.bound <= optimum(problem).cost + 1e-6 <= solution.objective + 2e-6
