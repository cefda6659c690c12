"""Capacity in whole jobs."""

from __future__ import annotations

import numpy as np
import pytest

from scheduler.optimizer import rounding
from scheduler.optimizer.ascent import Pricer, ascend
from scheduler.optimizer.attainable import with_attainable
from scheduler.optimizer.lanes import Lanes
from scheduler.optimizer.prices import zero_prices
from scheduler.optimizer.rounding import folded, rounded_of, widened
from scheduler.optimizer.table import table_of
from tests.scheduler.optimizer.builders import problem_with, random_problem
from tests.scheduler.optimizer.enumeration import optimum

THREES_OF_FIVE = {"jobs": 6, "slots": 1, "capacity": [[[5.0]]], "demand": [[3.0]] * 5 + [[1.0]]}


def bound_of(problem, rounded) -> float:  # type: ignore[no-untyped-def]
    with Lanes() as lanes:
        return ascend(Pricer(problem, rounded.table, lanes), passes=300).bound


def test_five_accelerators_hold_one_job_of_three():
    problem = problem_with(**THREES_OF_FIVE)
    rounded = rounded_of(table_of(problem))
    assert rounded.of.tolist() == [0]
    assert rounded.table.capacity[0, :, 0].tolist() == [5.0, 1.0]
    assert rounded.table.demand[:, 1].tolist() == [1, 1, 1, 1, 1, 0]


def test_the_bound_knows_it():
    problem = problem_with(**THREES_OF_FIVE)
    table = table_of(problem)
    in_parts, whole = bound_of(problem, rounded_of(table, most=0)), bound_of(problem, rounded_of(table))
    best = optimum(problem)
    assert in_parts < 0.93 * best
    assert 0.99 * best < whole <= best


def test_of_steps_that_are_near_each_other_the_fullest_counts():
    # Two gangs of 7 fit where one of 8 does: rounded to sevens, the many eights would seem to fit twice.
    problem = problem_with(jobs=6, slots=1, capacity=[[[15.0]]], demand=[[7.0]] + [[8.0]] * 5)
    rounded = rounded_of(table_of(problem))
    assert rounded.table.capacity[0, 1:, 0].tolist() == [1.0]
    assert rounded.table.demand[:, 1].tolist() == [0, 1, 1, 1, 1, 1]


def test_capacity_that_parts_fill_no_better_is_left_alone():
    table = table_of(problem_with(jobs=6, slots=1, capacity=[[[6.0]]], demand=[[3.0]] * 5 + [[1.0]]))
    assert rounded_of(table).table is table


def test_demands_that_are_no_thousandths_are_not_rounded():
    table = table_of(problem_with(jobs=6, slots=1, capacity=[[[5.0]]], demand=[[3.0 + 1e-6]] * 5 + [[1.0]]))
    assert rounded_of(table).table is table


def test_prices_folded_back_charge_the_work_what_it_paid():
    table = table_of(problem_with(**THREES_OF_FIVE))
    rounded = rounded_of(table)
    prices = widened(zero_prices(table), rounded)
    prices.site[0, 1, 0] = 7.0
    site = folded(prices, rounded).site
    assert site.shape == (1, 1, 1)
    assert (table.demand[:, 0] * site[0, 0, 0]).sum() == pytest.approx(7.0 * rounded.table.demand[:, 1].sum())


def test_rounded_bounds_never_exceed_the_optimum(monkeypatch):
    monkeypatch.setattr(rounding, "LEAST_LOAD", 0.0)
    monkeypatch.setattr(rounding, "GAIN", 0.0)
    rounded_ones = 0
    for seed in range(200):
        problem = random_problem(seed)
        rounded = rounded_of(with_attainable(table_of(problem)))
        rounded_ones += len(rounded.of) > 0
        best = optimum(problem)
        if np.isfinite(best):
            assert bound_of(problem, rounded) <= best + 1e-9, seed
    assert rounded_ones > 100
