"""Cuts of crowds: they take relaxed plans away, and never a true one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from scheduler.optimizer.crowd import Crowd, broken_cuts, find_cut


def test_three_jobs_of_more_than_half_a_site_cannot_share_it_in_halves():
    demand, room = np.array([[6.0], [6.0], [6.0]]), np.array([10.0])

    cut = find_cut(demand, room, np.arange(3), np.array([0.5, 0.5, 0.6]), np.zeros(0, dtype=np.int64))

    assert cut is not None
    assert (cut.weight / cut.most).tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_two_jobs_that_clash_over_different_resources_are_seen_together():
    """The first two clash over cores, the first and the last over memory, the last two over power."""
    demand = np.array([[6.0, 6.0, 0.0], [6.0, 0.0, 6.0], [0.0, 6.0, 6.0]])

    cut = find_cut(demand, np.full(3, 10.0), np.arange(3), np.full(3, 0.5), np.zeros(0, dtype=np.int64))

    assert cut is not None
    assert (cut.weight / cut.most).tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_what_is_a_mixture_of_true_plans_is_not_cut():
    demand, room = np.array([[6.0], [6.0], [3.0]]), np.array([10.0])

    assert (
        find_cut(demand, room, np.arange(3), np.array([0.5, 0.5, 1.0]), np.zeros(0, dtype=np.int64)) is None
    )


@pytest.mark.parametrize("seed", range(60))
def test_no_cut_takes_a_true_plan_away(seed):
    """Every set of jobs that fits keeps every cut, in its own slot and in every other slot it is said to hold in."""
    throw = np.random.default_rng(seed)
    jobs, slots = 7, 4
    demand = throw.integers(0, 7, (jobs, 2)).astype(float) * throw.choice([1.0, 0.37])
    crowd = Crowd(
        columns=np.arange(jobs), row=np.arange(jobs), start=np.zeros(jobs, dtype=np.int64),
        end=throw.integers(1, slots + 1, jobs), room=throw.integers(6, 13, (2, slots)).astype(float),
    )  # fmt: skip

    for _ in range(3):
        list(broken_cuts(crowd, demand, throw.random(jobs)))

    for cut, slot in product(crowd.cuts, range(slots)):
        if (crowd.room[:, slot] <= cut.room).all():
            for chosen in product((False, True), repeat=jobs):
                held = np.array(chosen)
                if (demand[held].sum(axis=0) <= crowd.room[:, slot]).all():
                    assert cut.weight[held].sum() <= cut.most * (1 + 1e-9)
