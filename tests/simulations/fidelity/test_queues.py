"""Queues wait as long as their formulas say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulations.fidelity import CHECKS, Terms
from simulations.fidelity.queues import erlang_c, md1, mm3_share
from simulations.fidelity.row import Row


def test_erlang_knows_the_textbook():
    assert erlang_c(1, 0.5) == pytest.approx(0.5)
    assert erlang_c(2, 0.75) == pytest.approx(0.642857, abs=1e-6)


@pytest.mark.parametrize("check", [md1, mm3_share])
def test_ten_days_of_a_queue_agree_with_its_formula(check):
    row = check(days=10)
    assert row.is_met, row
    assert row.tolerance < row.expected


def test_a_figure_that_is_off_differs():
    row = Row(name="x", source="y", unit="min", expected=10.0, measured=12.0, tolerance=1.0)
    assert row.verdict == "differs"


def test_a_figure_to_reach_may_be_passed():
    row = Row(
        name="x", source="y", unit="%", expected=10.0, measured=12.0, tolerance=0.0, relation="at least"
    )
    assert row.verdict == "reached"
    assert replace(row, measured=9.0).verdict == "missed"


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CHECKS if name.startswith("queue-")])
def test_queues_agree_with_their_formulas(name):
    assert all(row.is_met for row in CHECKS[name](Terms()))
