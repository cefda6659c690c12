"""The generalised assignment inside the optimizer, held against enumeration and the best known values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scheduler.optimizer.gap import solve_gap
from scheduler.optimizer.gap_knapsack import agent_knapsacks
from scheduler.optimizer.gap_table import gap_table_of
from scheduler.optimizer.stopwatch import Stopwatch
from scheduler.optimizer.table import finite_penalties
from tests.benchmarks.gap import best_known, counted_value, problem_of, read_gap
from tests.scheduler.optimizer.brute_force import optimum
from tests.scheduler.optimizer.brute_force_cases import gap_problem, tiny_gap, tiny_problem

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "bench" / "gap"


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("forced", [True, False], ids=["all must be placed", "some may be left out"])
def test_a_tiny_assignment_is_solved_and_proven(seed, forced):
    problem = tiny_gap(seed, forced=forced)
    best = optimum(problem)
    found = solve_gap(problem, watch=Stopwatch(0.3 if best.left_out else 10.0), gap=0.0)
    if best.left_out:
        assert int((found.assignment.row < 0).sum()) == best.left_out
        return
    assert found.objective == pytest.approx(best.cost)
    assert found.bound == pytest.approx(best.cost)


def test_fractions_of_cost_and_weight_are_never_rounded_in_the_plan_s_favour():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        weight = rng.uniform(1, 9, (6, 3))
        problem = gap_problem(
            cost=rng.uniform(1, 30, (6, 3)),
            weight=weight,
            capacity=rng.uniform(9, 14, 3),
            penalty=rng.uniform(10, 60, 6),
        )
        found = solve_gap(problem, watch=Stopwatch(0.2), gap=1e-6)
        best = optimum(problem).cost
        assert found.bound <= best * (1 + 1e-9)
        assert best <= found.objective * (1 + 1e-9)
        load = np.bincount(
            found.assignment.site[found.assignment.placed],
            weights=problem.demand[found.assignment.row[found.assignment.placed], 0],
            minlength=3,
        )
        assert (load <= problem.capacity[:, 0, 0] + 1e-9).all()


def test_forcing_a_job_in_or_out_of_a_knapsack_costs_what_solving_it_again_says():
    rng = np.random.default_rng(3)
    cost, weight = rng.integers(1, 20, (7, 2)).astype(float), rng.integers(1, 6, (7, 2))
    capacity, reward = np.array([9, 0]), rng.integers(5, 25, 7).astype(float)
    weight[:, 1], kept, extra = 0, np.ones((7, 2), dtype=np.bool_), np.empty((2, 7, 2))
    agent_knapsacks(cost, weight, capacity, kept, reward, extra, True)

    def best(fixed: dict[int, int]) -> float:
        values = [-np.inf]
        for bits in range(2**7):
            chosen = [(bits >> j) & 1 for j in range(7)]
            if all(chosen[j] == v for j, v in fixed.items()) and np.dot(chosen, weight[:, 0]) <= 9:
                values.append(float(np.dot(chosen, reward - cost[:, 0])))
        return max(values)

    for j in range(7):
        assert extra[0, j, 0] == pytest.approx(best({}) - best({j: 1}))
        assert extra[1, j, 0] == pytest.approx(best({}) - best({j: 0}))


def test_a_problem_in_time_is_not_taken_for_an_assignment():
    problem = tiny_problem(1)
    assert gap_table_of(problem, finite_penalties(problem)) is None


@pytest.mark.needs_shared
@pytest.mark.skipif(not SHARED.exists(), reason="the public instances are not beside the repository")
@pytest.mark.parametrize(
    "name", ["cattrysse1994_gap4-2", "cattrysse1994_gap10-0", "chu1997_a20100", "chu1997_b10100"]
)
def test_public_instances_are_solved_to_their_known_optimum(name):
    path = SHARED / f"{name}.txt.gz"
    cost, weight, capacity = read_gap(path)
    found = solve_gap(problem_of(cost, weight, capacity), watch=Stopwatch(10.0), gap=0.0)
    assert counted_value(cost, weight, capacity, found.assignment.site) == best_known(path)
    assert found.bound <= best_known(path)
