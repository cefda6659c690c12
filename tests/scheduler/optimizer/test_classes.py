"""Jobs equal in everything but name."""

from __future__ import annotations

import numpy as np
import pytest

from scheduler.optimizer import Problem, solve
from scheduler.optimizer.ascent import Pricer, ascend
from scheduler.optimizer.classes import classes_of, tell_all
from scheduler.optimizer.lanes import Lanes
from scheduler.optimizer.table import table_of
from tests.scheduler.optimizer.builders import problem_with


def fleet(copies: int) -> Problem:
    """Six kinds of jobs on three sites, each kind `copies` times in turn."""
    rng = np.random.default_rng(7)
    demand, duration, penalty = rng.integers(1, 4, (6, 2)), rng.integers(1, 4, 6), rng.integers(20, 60, 6)
    return problem_with(
        jobs=6 * copies, sites=3, slots=8, resources=2,
        base_price=rng.integers(1, 6, (3, 2, 8)).astype(float), capacity=np.full((3, 2, 8), 2.0 * copies),
        demand=np.tile(demand, (copies, 1)).astype(float), duration=np.tile(duration, copies),
        penalty=np.tile(penalty, copies).astype(float),
    )  # fmt: skip


def test_a_class_of_k_bounds_like_k_single_jobs():
    problem = fleet(5)
    table = table_of(problem)
    classes = classes_of(table)
    assert (len(classes.first), set(classes.size)) == (6, {5.0})
    with Lanes() as lanes:
        counted = Pricer(problem, table, lanes, jobs=classes.first, weight=classes.size)
        single = Pricer(problem, table, lanes)
        assert ascend(counted, passes=80).bound == pytest.approx(ascend(single, passes=80).bound, rel=1e-9)


def test_every_job_of_a_class_hears_what_its_first_chose():
    problem = fleet(4)
    table = table_of(problem)
    classes = classes_of(table)
    with Lanes() as lanes:
        counted = Pricer(problem, table, lanes, jobs=classes.first, weight=classes.size)
        single = Pricer(problem, table, lanes)
        prices = ascend(Pricer(problem, table, lanes), passes=20).prices
        counted.bound_at(prices)
        single.bound_at(prices)
    tell_all(table, classes, counted.value, counted.choice)
    assert (counted.value == single.value).all()
    for mine, theirs in zip(counted.choice[:4], single.choice[:4], strict=True):
        assert (mine == theirs).all()


@pytest.mark.parametrize(
    ("field", "value"),
    [("penalty", 99.0), ("demand", 3.5), ("deadline", 7), ("release", 1), ("last_slot_share", 0.5)],
)
def test_one_other_wish_is_another_class(field, value):
    problem = problem_with(jobs=3, slots=8)
    assert len(classes_of(table_of(problem)).first) == 1
    getattr(problem, field)[1] = value
    assert classes_of(table_of(problem)).of.tolist() == [0, 1, 0]


def test_a_barred_site_or_a_transfer_is_another_class():
    barred = np.array([[True, True], [True, False], [True, True]])
    assert classes_of(table_of(problem_with(jobs=3, sites=2, eligible=barred))).of.tolist() == [0, 1, 0]
    moving = problem_with(
        jobs=3,
        slots=8,
        transfer_pointer=[0, 0, 1, 1],
        transfer_place=[0],
        transfer_rate=[1.0],
        transfer_slots=[1],
    )
    assert classes_of(table_of(moving)).of.tolist() == [0, 1, 0]


def test_a_job_of_other_variants_is_another_class():
    table = table_of(problem_with(jobs=4, row_job=[0, 0, 1, 2, 2, 3], duration=[1, 2, 1, 1, 2, 2]))
    assert classes_of(table).of.tolist() == [0, 1, 0, 2]


def test_a_plan_of_repeated_jobs_is_proven_as_well_as_one_of_its_kinds():
    solution = solve(fleet(30), time_limit_s=60, passes=150, rounds=3)
    assert solution.gap < 0.02
