"""One golden model per constraint: its mathematics as text, so that a change of it is seen by whoever reviews it.

After a change that is meant:  GOLDEN=write python -m pytest tests/golden  and read the difference.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scheduler.optimizer import Problem
from scheduler.optimizer.exact_columns import ColumnMaker
from scheduler.optimizer.exact_model import build_model, whole_room
from scheduler.optimizer.prices import Prices
from tests.golden.lp_text import lp_text

HERE = Path(__file__).parent


def two_jobs(**changes) -> Problem:
    """Two jobs of two slots, one site that holds both, three slots, nothing scarce; `changes` make one thing scarce."""
    two = np.ones(2, dtype=np.int64)
    problem = Problem(
        base_price=np.array([[[1.0, 2.0, 4.0]]]),
        capacity=np.full((1, 1, 3), 9.0),
        link_capacity=np.full((1, 3), 9.0),
        penalty=np.array([30.0, 50.0]),
        row_job=np.arange(2),
        demand=np.array([[2.0], [3.0]]),
        duration=2 * two,
        last_slot_share=np.ones(2),
        release=0 * two,
        deadline=3 * two,
        due=3 * two,
        late_cost=np.zeros(2),
        eligible=np.ones((2, 1), dtype=np.bool_),
        place=0 * two,
        place_weight=np.zeros(2),
        place_cost=np.zeros((1, 1)),
        transfer_pointer=np.zeros(3, dtype=np.int64),
        transfer_place=np.zeros(0, dtype=np.int64),
        transfer_rate=np.zeros(0),
        transfer_slots=np.zeros(0, dtype=np.int64),
        route_pointer=np.array([0, 1]),
        route_link=np.zeros(1, dtype=np.int64),
        start_mask_of=-two,
    )
    return replace(problem, **changes)


CASES = {
    "one_choice": {},
    "within_site": {"capacity": np.array([[[4.0, 9.0, 9.0]]])},
    "within_link": {
        "duration": np.ones(2, dtype=np.int64),
        "link_capacity": np.array([[9.0, 2.0, 9.0]]),
        "transfer_pointer": np.array([0, 1, 2]),
        "transfer_place": np.zeros(2, dtype=np.int64),
        "transfer_rate": np.array([2.0, 1.0]),
        "transfer_slots": np.array([1, -1]),
    },
    "within_group": {
        "group_of": np.zeros(2, dtype=np.int64),
        "group_capacity": np.array([[[9.0, 4.0, 9.0]]]),
    },
    "within_quota": {
        "quota_site": np.zeros(1, dtype=np.int64),
        "quota_resource": np.zeros(1, dtype=np.int64),
        "quota_weight": np.array([[0.25, 0.25, 0.0]]),
        "quota_limit": np.array([1.5]),
    },
    "late_cost": {"due": np.full(2, 2), "late_cost": np.array([7.0, 0.0])},
    "last_slot_by_share": {"last_slot_share": np.array([0.5, 1.0])},
    "data_moved": {"place_weight": np.array([10.0, 0.0]), "place_cost": np.array([[0.3]])},
    "window": {"release": np.array([1, 0]), "deadline": np.array([3, 2])},
    "start_mask": {"start_mask_of": np.array([0, -1]), "start_masks": np.array([[[False, True, True]]])},
}


@pytest.mark.parametrize("name", CASES)
def test_the_model_reads_as_its_golden_file(name):
    problem = two_jobs(**CASES[name])
    nothing = Prices(
        site=np.zeros_like(problem.capacity),
        link=np.zeros_like(problem.link_capacity),
        group=np.zeros_like(problem.group_capacity),
        quota=np.zeros_like(problem.quota_limit),
        supply=np.zeros((0, 0)),
    )
    jobs = np.arange(problem.jobs)
    columns = ColumnMaker(problem, nothing, problem.capacity, problem.link_capacity).columns_of(jobs)
    text = lp_text(build_model(problem, columns, jobs, problem.penalty, whole_room(problem)).model)
    golden = HERE / f"{name}.lp"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text)
    assert text == golden.read_text()


def test_every_golden_file_belongs_to_a_case():
    assert {path.stem for path in HERE.glob("*.lp")} == set(CASES)
