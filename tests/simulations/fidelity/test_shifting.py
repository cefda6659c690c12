"""Work that may wait waits for the cleanest hours: ours ties the oracles, and the oracles tie plain enumeration."""

from __future__ import annotations

import numpy as np
import pytest

from simulations.fidelity.crowded import greedy_starts, peak_units
from simulations.fidelity.gaia import kept
from simulations.fidelity.oracle import best_paused, best_starts, best_whole
from simulations.fidelity.our_plan import (
    CARBON_CNY_PER_T,
    VALUE_CNY_PER_UNIT_MINUTE,
    planned,
    replayed,
)
from simulations.fidelity.workload import Workload, emitted
from tests.simulations.fidelity.naive import least_paused, least_whole, little, most_units


@pytest.mark.parametrize("seed", range(5))
def test_oracles_find_what_trying_everything_finds(seed):
    work, curve = little(seed)
    assert best_whole(work, curve) == pytest.approx(least_whole(work, curve))
    assert best_paused(work, curve) == pytest.approx(least_paused(work, curve))


@pytest.mark.parametrize("pausable", [False, True])
@pytest.mark.parametrize("policy", ["greenest", "optimal"])
def test_the_scheduler_ties_the_oracle_where_there_is_no_limit(policy, pausable):
    work, curve = little(7)
    least = least_paused(work, curve) if pausable else least_whole(work, curve)
    assert planned(work, curve, policy=policy, pausable=pausable, batch=12) == pytest.approx(least)


def test_the_engine_ties_the_oracle_where_there_is_no_limit():
    work, curve = little(3)
    outcome = replayed(work, curve, policy="optimal")
    assert outcome.broken_laws == 0
    assert emitted(work, outcome.starts, curve) == pytest.approx(least_whole(work, curve))


@pytest.mark.parametrize("seed", range(3))
def test_the_greenest_policy_of_the_engine_is_the_greedy_one_job_by_job(seed):
    work, curve = little(seed, jobs=20)
    units = int(0.6 * peak_units(work, work.arrival))
    greedy = greedy_starts(work, curve, units)
    ours = replayed(work, curve, policy="greenest", units=units)
    assert ours.broken_laws == 0
    assert ours.starts.tolist() == greedy.tolist()
    assert most_units(work, greedy) <= units


@pytest.mark.parametrize("seed", range(3))
def test_the_optimizer_does_no_worse_than_greed_under_a_limit(seed):
    work, curve = little(seed, jobs=20)
    units = int(0.6 * peak_units(work, work.arrival))
    ours = replayed(work, curve, policy="optimal", units=units)
    assert most_units(work, ours.starts) <= units
    assert cost_cny(work, ours.starts, curve) <= cost_cny(work, greedy_starts(work, curve, units), curve)


def cost_cny(work: Workload, starts: np.ndarray, curve: np.ndarray) -> float:
    """What counts: carbon of what is run, 5.7 kW a unit, and the value of what is not."""
    run = starts >= 0
    hours = work.slot_minutes / 60
    carbon = emitted(work, np.where(run, starts, work.arrival), curve) * 5.7 * hours / 1e6 * CARBON_CNY_PER_T
    value = work.length * work.slot_minutes * VALUE_CNY_PER_UNIT_MINUTE
    return float(work.units @ np.where(run, carbon, value))


def test_greed_leaves_out_what_nowhere_fits():
    one = np.ones(2, dtype=np.int64)
    work = Workload(slot_minutes=15, arrival=0 * one, earliest=0 * one, length=one, due=one, units=2 * one)
    assert greedy_starts(work, np.ones(1), 3).tolist() == [0, -1]


def test_a_job_not_run_saves_nothing():
    work, curve = little(2)
    assert kept(work, np.full(work.jobs, -1), curve) == pytest.approx(0.0)
    assert kept(work, best_starts(work, curve), curve) > 0


def test_the_most_units_in_use_are_counted_the_same_both_ways():
    work, _ = little(4, jobs=20)
    assert peak_units(work, work.arrival) == most_units(work, work.arrival)
