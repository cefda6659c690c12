"""A problem refuses arrays that contradict each other, absurd numbers, and more than the memory holds."""

from __future__ import annotations

import numpy as np
import pytest

from scheduler.optimizer import ProblemError, ProblemTooLarge, require_memory
from tests.scheduler.optimizer.builders import problem_with


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("penalty", np.array([np.nan])),
        ("penalty", np.array([-1.0])),
        ("demand", np.array([[np.inf]])),
        ("demand", np.array([[-2.0]])),
        ("duration", np.array([0])),
        ("release", np.array([-1])),
        ("last_slot_share", np.array([0.0])),
        ("place", np.array([4])),
        ("capacity", np.full((1, 1, 4), -1.0)),
        ("eligible", np.ones((2, 1), dtype=np.bool_)),
        ("duration", np.array([1.5])),
        ("transfer_pointer", np.array([0, 1])),
        ("start_mask_of", np.array([0])),
        ("replicas", np.array([0])),
        ("group_of", np.array([0])),
        ("base_price", np.full((1, 1, 4), 1e300)),
    ],
)
def test_a_broken_field_is_named(field: str, value: np.ndarray):
    with pytest.raises(ProblemError, match=field):
        problem_with(**{field: value})


def test_rows_of_a_job_must_be_adjacent():
    with pytest.raises(ProblemError, match="row_job decreases"):
        problem_with(jobs=2, row_job=np.array([1, 0]))


def test_ten_million_dense_rows_are_refused_before_they_are_built():
    with pytest.raises(ProblemTooLarge, match="10000000 choice rows"):
        require_memory(jobs=10_000_000, rows=10_000_000, sites=40)


def test_a_million_jobs_on_forty_sites_are_accepted():
    require_memory(jobs=1_000_000, rows=1_000_000, sites=40, links=80)
