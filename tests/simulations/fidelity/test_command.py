"""python -m simulations.fidelity prints its rows, with data and without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from simulations.fidelity import CHECKS, Terms
from simulations.fidelity.__main__ import main
from simulations.fidelity.lindley import lindley_waits
from simulations.fidelity.published_data import CARBON, DATA, MissingDataError, read_pai

PAGE = Path(__file__).resolve().parents[3] / "docs" / "fidelity.md"


def test_rows_without_their_data_say_so_and_are_no_failure(tmp_path):
    result = CliRunner().invoke(main, ["--data", str(tmp_path), "nightly", "waiting"])
    assert result.exit_code == 0
    assert result.output.count("not measured") == 2
    assert "intl_ci_price_hourly_2023.csv.gz isn't here" in result.output


def test_the_missing_file_is_named(tmp_path):
    with pytest.raises(MissingDataError, match="gaia_pai100k"):
        read_pai(tmp_path)


def test_a_row_stands_in_a_table_with_its_command():
    result = CliRunner().invoke(main, ["--quick", "queue-path"])
    assert result.exit_code == 0, result.output
    assert "| `queue-path` | M/G/1" in result.output
    assert "| agrees |" in result.output


def test_a_customer_waits_for_those_before_him():
    assert lindley_waits(np.array([0, 1, 2, 20]), np.array([5, 5, 5, 5])).tolist() == [0.0, 4.0, 8.0, 0.0]


def test_every_command_is_on_the_page_and_every_row_of_the_page_is_a_command():
    text = PAGE.read_text(encoding="utf-8")
    on_page = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert on_page == set(CHECKS)


@pytest.mark.needs_shared
def test_a_sample_of_the_published_data_ties_its_oracles():
    if not (DATA / CARBON).is_file():
        pytest.skip("reads ../shared/data, which is not here")
    rows = CHECKS["waiting"](Terms(quick=True))
    assert [row.name for row in rows if not row.is_met] == []


@pytest.mark.slow
@pytest.mark.needs_shared
@pytest.mark.parametrize("name", ["nightly", "training", "crowded", "laws"])
def test_the_longer_checks_hold_on_a_sample(name):
    if not (DATA / CARBON).is_file():
        pytest.skip("reads ../shared/data, which is not here")
    assert [row.name for row in CHECKS[name](Terms(quick=True)) if not row.is_met] == []
