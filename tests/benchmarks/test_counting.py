"""The benchmarks believe nobody: what they count is held against the optimizer and against broken plans."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from scheduler.optimizer import solve
from scheduler.optimizer.assignment import plain_assignment
from tests.benchmarks.gap import best_known, counted_value, read_gap
from tests.benchmarks.peers import Result, as_markdown, counted
from tests.scheduler.optimizer.brute_force_cases import tiny_problem


def test_a_counted_plan_costs_what_the_optimizer_says():
    for seed in (6, 9):
        problem = tiny_problem(seed)
        found = solve(problem, time_limit_s=1.0, passes=20, rounds=0)
        if np.isinf(problem.penalty[found.assignment.row < 0]).any():
            continue
        assert counted(problem, found.assignment)[0] == pytest.approx(found.objective)


def test_a_plan_that_breaks_a_rule_has_no_value():
    problem = tiny_problem(3)
    job = problem.row_job[0]
    row = np.where(np.arange(problem.jobs) == job, 0, -1)
    outside = plain_assignment(
        problem, row=row, site=np.where(row < 0, -1, 0), start=np.where(row < 0, -1, problem.slots)
    )
    value, note = counted(problem, outside)
    assert value is None
    assert "rules" in note


def test_an_instance_file_is_read_agents_by_jobs(tmp_path):
    path = tmp_path / "small.txt.gz"
    path.write_bytes(gzip.compress(b"2 3\n1 2 3\n4 5 6\n7 8 9\n10 11 12\n20 21\n"))
    cost, weight, capacity = read_gap(path)
    assert cost.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert weight.tolist() == [[7, 10], [8, 11], [9, 12]]
    assert capacity.tolist() == [20, 21]
    assert best_known(path) is None
    assert counted_value(cost, weight, capacity, np.array([0, 0, 1])) == 9
    assert counted_value(cost, weight, capacity, np.array([0, 0, 0])) is None
    assert counted_value(cost, weight, capacity, np.array([0, -1, 1])) is None


def test_a_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "cut.txt"
    path.write_text("2 3 1 2 3")
    with pytest.raises(ValueError, match="ask for 16"):
        read_gap(path)


def test_the_table_compares_with_the_best_of_each_instance():
    results = [
        Result(instance="i", peer="a", value=100.0, bound=90.0, seconds=1.0, note=""),
        Result(instance="i", peer="b", value=110.0, bound=None, seconds=2.0, note=""),
        Result(instance="i", peer="c", value=None, bound=None, seconds=3.0, note="no answer in time"),
    ]
    table = as_markdown(results)
    assert "| i | a | 100.0 | +0.00% | 90.0 | 10.000% | 1.0 |" in table
    assert "| i | b | 110.0 | +10.00% | - | - | 2.0 |" in table
    assert "no answer in time" in table
