"""GAIA's waiting policies do what they say on a curve one can read."""

from __future__ import annotations

import numpy as np
import pytest

from simulations.fidelity.gaia import POLICIES
from simulations.fidelity.gaia_policies import carbon_time, class_mean, lowest_slot, lowest_window, threshold
from simulations.fidelity.oracle import best_paused, best_whole
from simulations.fidelity.workload import Workload, emitted
from tests.simulations.fidelity.naive import little


def one_job(length: int, wait: int) -> Workload:
    zero = np.zeros(1, dtype=np.int64)
    return Workload(
        slot_minutes=60,
        arrival=zero,
        earliest=zero,
        length=zero + length,
        due=zero + length + wait,
        units=zero + 1,
    )


def test_the_lowest_slot_is_not_the_lowest_window():
    curve = np.array([300.0, 100, 900, 200, 150, 400])
    job = one_job(length=2, wait=4)
    assert lowest_slot(job, curve, 1).tolist() == [1]
    assert lowest_window(job, curve, 1).tolist() == [3]


def test_carbon_time_does_not_wait_long_for_little():
    curve = np.array([500.0, 200, 400, 400, 400, 190])
    job = one_job(length=1, wait=5)
    assert lowest_window(job, curve, 1).tolist() == [5]
    assert carbon_time(job, curve, 1).tolist() == [1]


def test_the_threshold_runs_in_clean_hours_until_its_waiting_is_used_up():
    curve = np.array([500.0, 500, 100] + [500.0] * 21)
    # Two hours of waiting are gone when the clean hour comes; after it the job may not wait any more.
    assert threshold(one_job(length=2, wait=2), curve, 1).tolist() == [600.0]


def test_a_class_is_known_by_how_long_it_may_wait():
    waits = np.array([6, 6, 24])
    length = np.array([1, 3, 10])
    zero = np.zeros(3, dtype=np.int64)
    work = Workload(
        slot_minutes=15, arrival=zero, earliest=zero, length=length, due=length + waits, units=zero + 1
    )
    assert class_mean(work).tolist() == [2, 2, 10]


@pytest.mark.parametrize("seed", range(4))
def test_no_policy_beats_its_oracle(seed):
    work, curve = little(seed)
    long_curve = np.concatenate(
        [curve, np.full(200, 900.0)]
    )  # class means may look beyond a job's own window
    for name, policy in POLICIES.items():
        emissions = emitted(work, policy(work, long_curve, 1), long_curve)
        assert (emissions >= best_whole(work, long_curve) - 1e-9).all(), name
    assert (threshold(work, long_curve, 1) >= best_paused(work, long_curve) - 1e-9).all()
