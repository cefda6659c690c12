"""The ledger of a run holds the engine's numbers, with the surcharges of quotas told apart."""

from pathlib import Path

import pytest

from simulations.compare import compare_runs, headline_of
from simulations.scenario import read_scenario
from simulations.scenario.scenario_run import ScenarioRun, read_run, run_scenario, write_run
from tests.simulations.scenario.tiny import TINY, write

QUOTA = '[[quotas]]\nwhere = ["all"]\nkwh_per_day = {kwh}\nabove_cny_per_kwh = 0.8\n'


def run(folder: Path, text: str = "") -> ScenarioRun:
    return run_scenario(read_scenario(write(folder, "s", TINY + text)))


def test_a_headline_is_the_engines_summary(tmp_path: Path) -> None:
    found = run(tmp_path)
    headline, summary = headline_of(found), found.outcome.summary
    assert headline.total_cny == pytest.approx(summary.total_cny)
    assert headline.energy_cny == pytest.approx(summary.cost.energy_cny)
    assert headline.rejected_value_cny == pytest.approx(summary.cost.rejected_value_cny)
    assert headline.carbon_kg == pytest.approx(summary.carbon_kg)


def test_with_no_quota_left_every_kwh_pays_the_surcharge(tmp_path: Path) -> None:
    found = run(tmp_path, QUOTA.format(kwh=0))
    headline, summary = headline_of(found), found.outcome.summary
    assert headline.surcharge_cny == pytest.approx(0.8 * summary.facility_kwh, rel=1e-9)
    assert headline.total_cny == pytest.approx(summary.total_cny, rel=1e-9)


def test_inside_a_wide_quota_nothing_is_owed(tmp_path: Path) -> None:
    """A surcharge on all sites alike, none of it owed: only where and when the work ran can differ."""
    plain, priced = run(tmp_path), run(tmp_path, QUOTA.format(kwh=1e9))
    assert headline_of(priced).surcharge_cny == 0
    assert headline_of(priced).idle_cny == pytest.approx(headline_of(plain).idle_cny)
    parts = {part.cause: part.cny for part in compare_runs(plain, priced).waterfall.parts}
    assert parts["price"] == 0
    assert not {"quota", "idle"} & set(parts)


def test_a_run_that_was_written_is_read_back_whole(tmp_path: Path) -> None:
    found = run(tmp_path, QUOTA.format(kwh=3000))
    write_run(found, tmp_path / "out")
    again = read_run(tmp_path / "out")
    assert headline_of(again) == headline_of(found)
    assert compare_runs(found, again).waterfall.difference_cny == 0
