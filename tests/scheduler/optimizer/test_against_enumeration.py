"""On tiny problems with every feature on, bound <= optimum <= objective, and the judge agrees with the optimizer."""

from __future__ import annotations

import numpy as np
import pytest

from scheduler.optimizer import Problem, Solution, insert_in_order, job_costs, solve, supply_cost_of
from tests.scheduler.optimizer.builders import random_problem
from tests.scheduler.optimizer.checker import Option, judged
from tests.scheduler.optimizer.enumeration import optimum


def options_of(assignment) -> list[Option | None]:  # type: ignore[no-untyped-def]
    return [
        (int(row), assignment.runs_of(job)) if row >= 0 else None for job, row in enumerate(assignment.row)
    ]


def check(problem: Problem, solution: Solution) -> float:
    cost = judged(problem, options_of(solution.assignment))
    assert solution.objective == pytest.approx(cost, rel=1e-9, abs=1e-9)
    parts = job_costs(problem, solution.assignment).sum() + supply_cost_of(problem, solution.assignment)
    assert parts == pytest.approx(cost, rel=1e-9, abs=1e-9)
    return cost


def sandwich(seed: int) -> tuple[float, float]:
    problem = random_problem(seed)
    solution = solve(problem, time_limit_s=60, passes=60, rounds=3, seed=seed)
    cost, best = check(problem, solution), optimum(problem)
    assert solution.bound <= best + 1e-9, seed
    assert best <= cost + 1e-9, seed
    return cost, best


def test_bound_optimum_objective_stand_in_this_order_on_random_problems():
    results = [sandwich(seed) for seed in range(150)]
    optimal = sum(cost <= best + 1e-6 for cost, best in results)
    assert optimal >= 0.8 * len(results)


def test_a_bound_does_not_lose_runs_that_break_a_quota_only_at_their_cheapest():
    # Seed 1593: an interruptible row whose cheapest runs break an energy quota, while dearer ones keep it.
    sandwich(1593)


@pytest.mark.slow
def test_bound_optimum_objective_stand_in_this_order_on_thousands():
    for seed in range(1000, 5000):
        sandwich(seed)


def test_insertion_keeps_every_rule_whatever_the_order():
    for seed in range(300, 400):
        problem = random_problem(seed)
        order = np.random.default_rng(seed).permutation(problem.jobs)
        judged(problem, options_of(insert_in_order(problem, order)))
