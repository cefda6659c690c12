"""Solving is repeatable, stops when told, and starts from what it is given."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from scheduler.optimizer import Market, Progress, insert_in_order, nothing_placed, solve
from tests.scheduler.optimizer.builders import problem_with, random_problem


def crowd(jobs: int = 120, seed: int = 0):  # type: ignore[no-untyped-def]
    """Many jobs for few sites, so that every phase has something to do."""
    rng = np.random.default_rng(seed)
    return problem_with(
        jobs=jobs, sites=6, slots=24, resources=2,
        base_price=rng.uniform(0.1, 1.0, (6, 2, 24)),
        capacity=rng.integers(8, 16, (6, 2, 24)).astype(float),
        demand=rng.integers(1, 6, (jobs, 2)).astype(float),
        duration=rng.integers(1, 9, jobs),
        deadline=rng.integers(12, 25, jobs),
        penalty=rng.uniform(5, 60, jobs),
    )  # fmt: skip


def test_same_seed_and_rounds_give_the_same_plan_to_the_bit():
    first, second = (solve(crowd(), gap=0.0, seed=7, passes=80, rounds=4) for _ in range(2))
    assert first.objective == second.objective
    assert first.bound == second.bound
    for name in ("row", "site", "start", "end"):
        assert (getattr(first.assignment, name) == getattr(second.assignment, name)).all()
    assert (first.prices.site == second.prices.site).all()


def test_the_dearest_job_wins_a_place_for_one():
    solution = solve(problem_with(jobs=3, slots=1, penalty=np.array([3.0, 9.0, 5.0])))
    assert solution.assignment.placed.tolist() == [False, True, False]
    assert solution.objective == pytest.approx(1 + 3 + 5)
    assert solution.status == "optimal"


def test_a_job_dearer_than_its_value_stays_out():
    solution = solve(problem_with(penalty=np.array([0.5])))
    assert not solution.assignment.placed[0]


def test_an_infinite_penalty_forces_a_job_in():
    solution = solve(problem_with(jobs=2, slots=1, penalty=np.array([np.inf, 90.0])))
    assert solution.assignment.placed.tolist() == [True, False]


def test_cancelling_leaves_a_plan_and_a_bound():
    solution = solve(crowd(), cancelled=lambda: True)
    assert solution.status == "time_limit"
    assert np.isfinite(solution.bound)
    assert solution.bound <= solution.objective


def test_no_time_still_answers():
    solution = solve(crowd(), time_limit_s=0.0)
    assert solution.bound <= solution.objective


def test_progress_tells_of_every_phase():
    news: list[Progress] = []
    solve(crowd(), gap=0.0, passes=20, rounds=2, time_limit_s=20, progress=news.append)
    assert {"ascend", "insert", "improve"} <= {line.phase for line in news}
    assert all(later.bound >= earlier.bound for earlier, later in pairwise(news))


def test_a_warm_start_is_never_lost():
    problem = crowd()
    cold = solve(problem, gap=0.0, passes=80, rounds=6)
    warm = solve(problem, gap=0.0, passes=1, rounds=0, warm_start=cold)
    assert warm.objective <= cold.objective + 1e-9


def test_frozen_jobs_stay_where_they_are():
    problem = crowd()
    start = insert_in_order(problem, np.arange(problem.jobs))
    frozen = start.placed & (np.arange(problem.jobs) % 2 == 0)
    solution = solve(problem, warm_start=start, frozen=frozen, gap=0.0, passes=60, rounds=4)
    assert (solution.assignment.site[frozen] == start.site[frozen]).all()
    assert (solution.assignment.start[frozen] == start.start[frozen]).all()


def test_a_lost_site_sends_its_jobs_elsewhere():
    problem = crowd()
    before = solve(problem, gap=0.0, passes=80, rounds=2)
    eligible = problem.eligible.copy()
    eligible[:, 0] = False
    after = solve(
        dataclasses.replace(problem, eligible=eligible), warm_start=before, gap=0.0, passes=40, rounds=2
    )
    assert (before.assignment.site == 0).any()
    assert not (after.assignment.site == 0).any()


def test_more_capacity_never_raises_the_bound_by_more_than_the_ascent_left_open():
    problem = crowd()
    tight = solve(problem, passes=300, rounds=0)
    loose = solve(dataclasses.replace(problem, capacity=2 * problem.capacity), passes=300, rounds=0)
    assert loose.bound <= tight.objective


def test_empty_problems_are_solved():
    assert solve(problem_with(jobs=0)).objective == 0
    assert solve(problem_with(jobs=2, capacity=np.zeros((1, 1, 4)))).objective == 200
    assert solve(problem_with(jobs=1, duration=np.array([9]))).objective == 100
    assert solve(problem_with(jobs=1, row_job=np.zeros(0, dtype=np.int64))).objective == 100


def test_a_quote_is_the_cheapest_start_left():
    problem = problem_with(jobs=2, slots=2, base_price=np.array([[[1.0, 3.0]]]))
    plan = insert_in_order(problem, np.array([0]))
    prices = solve(problem, passes=1, rounds=0).prices
    quote = Market(problem, plan, prices).price_job(1)
    assert quote is not None
    assert (quote.start, quote.cost) == (1, 3.0)


def test_a_quote_for_no_room_is_none():
    problem = problem_with(jobs=2, slots=1)
    plan = insert_in_order(problem, np.array([0]))
    assert Market(problem, plan, solve(problem, passes=1, rounds=0).prices).price_job(1) is None


def test_compound_jobs_are_quoted_like_the_plan_prices_them():
    for seed in range(60):
        problem = random_problem(seed)
        solution = solve(problem, passes=20, rounds=0)
        market = Market(problem, nothing_placed(problem), solution.prices)
        quotes = [market.price_job(job) for job in range(problem.jobs)]
        assert all(quote is None or quote.price >= quote.cost - 1e-9 for quote in quotes)
