"""Capacity that whole jobs can fill."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from scheduler.optimizer import Problem, solve
from scheduler.optimizer.attainable import attainable_sums, with_attainable
from scheduler.optimizer.table import table_of


def gangs(capacity: float, demands: list[float]) -> Problem:
    """One site, one resource, two slots; every job costs 1 a unit and slot, or 10,000 left out."""
    jobs = len(demands)
    one = np.ones(jobs, dtype=np.int64)
    return Problem(
        base_price=np.ones((1, 1, 2)), capacity=np.full((1, 1, 2), capacity), link_capacity=np.zeros((0, 2)),
        penalty=np.full(jobs, 10_000.0), row_job=np.arange(jobs), demand=np.array(demands)[:, None],
        duration=one, last_slot_share=np.ones(jobs), release=0 * one, deadline=2 * one, due=2 * one,
        late_cost=np.zeros(jobs), eligible=np.ones((jobs, 1), dtype=np.bool_), place=0 * one,
        place_weight=np.zeros(jobs), place_cost=np.zeros((1, 1)), transfer_pointer=np.zeros(jobs + 1, dtype=np.int64),
        transfer_place=np.zeros(0, dtype=np.int64), transfer_rate=np.zeros(0),
        transfer_slots=np.zeros(0, dtype=np.int64), route_pointer=np.zeros(2, dtype=np.int64),
        route_link=np.zeros(0, dtype=np.int64), start_mask_of=-one,
    )  # fmt: skip


def test_a_hall_of_1216_is_worth_nine_gangs_of_128():
    assert with_attainable(table_of(gangs(1216.0, [128.0, 256.0]))).capacity.max() == 1152.0


def test_a_job_that_fills_the_gap_keeps_the_capacity_whole():
    assert with_attainable(table_of(gangs(1216.0, [128.0, 64.0]))).capacity.max() == 1216.0


def test_demands_that_are_no_thousandths_leave_capacity_as_it_is():
    assert with_attainable(table_of(gangs(1.0, [0.6 + 1e-7]))).capacity.max() == 1.0


def test_a_job_too_large_for_the_site_counts_for_nothing():
    assert with_attainable(table_of(gangs(5.0, [3.0, 7.0]))).capacity.max() == 3.0


@pytest.mark.parametrize("demands", [[3, 5], [4, 6], [7], [2, 9, 11], [1], [6, 10, 15]])
def test_sums_are_those_of_counting(demands):
    sums = {
        int(np.dot(times, demands))
        for times in product(*(range(40 // q + 1) for q in demands))
        if np.dot(times, demands) <= 40
    }
    found = attainable_sums(np.array(demands) * 1000, np.array([40.0]))
    assert {value // 1000 for value in found.tolist()} == sums


def test_the_bound_counts_whole_gangs():
    """Five gangs of 3 at a capacity of 5 in two slots: two run, three stay out, and the bound knows it."""
    solution = solve(gangs(5.0, [3.0] * 5), time_limit_s=20.0, passes=200, rounds=2)
    assert int(solution.assignment.placed.sum()) == 2
    assert solution.bound == pytest.approx(2 * 3.0 + 3 * 10_000.0, rel=1e-3)
