"""The proof of small plans, held against enumeration."""

from __future__ import annotations

import numpy as np
import pytest

from scheduler.optimizer import nothing_placed, solve
from scheduler.optimizer.exact import plan_cost, prove
from scheduler.optimizer.exact_columns import ColumnMaker
from scheduler.optimizer.restricted import reoptimise
from scheduler.optimizer.stopwatch import Stopwatch
from scheduler.optimizer.table import finite_penalties
from tests.scheduler.optimizer.brute_force import optimum, options_of
from tests.scheduler.optimizer.brute_force_cases import tiny_problem


def best_cost(problem):
    """The enumerated optimum, jobs that could not be placed at their stand-in penalty."""
    best = optimum(problem)
    stand_in = finite_penalties(problem)
    forced_out = [
        j for j, choice in enumerate(best.chosen) if choice is None and np.isinf(problem.penalty[j])
    ]
    return best.cost + sum(stand_in[j] for j in forced_out)


def test_columns_are_exactly_the_options_that_enumeration_finds():
    for seed in range(40):
        problem = tiny_problem(seed)
        start = solve(problem, time_limit_s=1.0, passes=3, rounds=0)
        columns = ColumnMaker(problem, start.prices, problem.capacity, problem.link_capacity).columns_of(
            np.arange(problem.jobs)
        )
        mine = {
            (int(c), int(s), int(t)): cost
            for c, s, t, cost in zip(columns.row, columns.site, columns.start, columns.cost, strict=True)
        }
        theirs = {
            (o.row, o.site, o.start): o.cost for job in range(problem.jobs) for o in options_of(problem, job)
        }
        # Transfers of one row that share a link are told apart by the model, not by the columns.
        assert set(theirs) <= set(mine)
        assert all(mine[key] == pytest.approx(cost) for key, cost in theirs.items())


@pytest.mark.parametrize("seed", range(30))
def test_a_small_plan_is_proven_optimal(seed):
    problem = tiny_problem(seed)
    start = solve(problem, time_limit_s=1.0, passes=20, rounds=0)
    proof = prove(
        problem, nothing_placed(problem), start.bound, start.prices, watch=Stopwatch(20.0), gap=1e-6
    )
    best = best_cost(problem)
    assert proof.objective == pytest.approx(best)
    assert best - 1e-4 * abs(best) <= proof.bound <= best + 1e-9 * abs(best)


def test_re_optimising_every_job_of_an_empty_plan_finds_the_optimum():
    for seed in range(15):
        problem = tiny_problem(seed)
        start = solve(problem, time_limit_s=1.0, passes=20, rounds=0)
        plan = reoptimise(
            problem, nothing_placed(problem), np.arange(problem.jobs), start.prices, 5.0, columns_per_job=999
        )
        assert plan_cost(problem, plan) == pytest.approx(best_cost(problem), rel=1e-4)


def test_re_optimising_moves_only_the_freed_jobs_and_never_makes_the_plan_worse():
    for seed in range(15):
        problem = tiny_problem(seed, jobs=5)
        start = solve(problem, time_limit_s=1.0, passes=20, rounds=0)
        plan = reoptimise(problem, start.assignment, np.array([1, 3]), start.prices, 5.0)
        assert plan_cost(problem, plan) <= plan_cost(problem, start.assignment) + 1e-9
        others = [0, 2, 4]
        assert (plan.site[others] == start.assignment.site[others]).all()
        assert (plan.start[others] == start.assignment.start[others]).all()


def test_a_plan_too_large_to_prove_comes_back_as_it_was():
    problem = tiny_problem(0)
    start = solve(problem, time_limit_s=1.0, passes=20, rounds=0)
    proof = prove(problem, start.assignment, start.bound, start.prices, watch=Stopwatch(0.0))
    assert proof.assignment is start.assignment
    assert proof.bound <= proof.objective
