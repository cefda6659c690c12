"""A sample that stands for all jobs, and a pace that ends in time."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.sample import draw_sample
from scheduler.optimizer.schedule import moves_that_fit
from scheduler.optimizer.stopwatch import Pace, Stopwatch
from scheduler.optimizer.table import table_of
from tests.scheduler.optimizer.builders import problem_with


def test_a_sample_weighs_as_much_work_as_all_jobs_and_never_leaves_out_the_largest():
    chance = np.random.default_rng(3)
    demand = np.concatenate([np.full(5, 4_000.0), chance.integers(1, 9, 4_995)])
    table = table_of(
        problem_with(jobs=5_000, slots=8, demand=demand[:, None], release=chance.integers(0, 8, 5_000))
    )
    jobs, weight = draw_sample(table, 500)
    assert abs(len(jobs) - 500) <= 10
    assert set(range(5)) <= set(jobs.tolist())
    assert abs(weight.sum() / 5_000 - 1) < 0.05
    assert abs((weight * demand[jobs]).sum() / demand.sum() - 1) < 0.05


def test_a_job_without_a_choice_is_not_drawn():
    table = table_of(problem_with(jobs=3, row_job=[0, 2]))
    assert draw_sample(table, 3)[0].tolist() == [0, 2]


def test_a_step_that_would_end_late_is_not_begun():
    now = [0.0]
    pace, steps = Pace(Stopwatch(10.0, clock=lambda: now[0]), 0.8), 0
    while pace.goes_on():
        now[0] += 3.0
        steps += 1
    assert (steps, now[0]) == (2, 6.0)


def test_no_step_is_begun_once_cancelled():
    assert not Pace(Stopwatch(10.0, cancelled=lambda: True), 1.0).goes_on()


def test_rounds_stay_as_many_and_become_short_on_a_busy_machine():
    assert moves_that_fit(1_000, 600.0, 1.0) == 1_000
    assert moves_that_fit(1_000, 100.0, 1.0) == 100
    assert moves_that_fit(1_000, 100.0, -1.0) == 1
