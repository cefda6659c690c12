"""The shipped study: solved within a minute, proven to a percent, audited, and told."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulations.cli.expand import expand_command
from simulations.expansion import read_study
from topology import Catalogue


def test_it_can_be_read_by_its_name(china: Catalogue) -> None:
    study = read_study("china-2026-2030", china)
    assert len(study.quarters) == 20
    assert sum(future.probability for future in study.futures) == pytest.approx(1.0)


@pytest.mark.slow
def test_it_is_solved_and_proven(tmp_path: Path) -> None:
    out = tmp_path / "answer.json"
    result = CliRunner().invoke(expand_command, ["china-2026-2030", "--out", str(out)])
    assert result.exit_code == 0, result.output
    answer = json.loads(out.read_text(encoding="utf-8"))
    assert answer["gap"] <= 0.01
    assert answer["faults"] == []
    assert answer["objective_cny"] == pytest.approx(answer["solver_objective_cny"], rel=1e-6)
    assert answer["lower_bound_cny"] <= answer["objective_cny"]
    assert answer["regret"]["perfect_information_cny"] >= 0
    assert answer["regret"]["stochastic_solution_cny"] >= 0
    assert {"grid_mw", "quota", "green_share", "utilisation", "pue", "rtt_ms_max", "budget"} <= {
        each["rule"] for each in answer["marginal_values"]
    }
