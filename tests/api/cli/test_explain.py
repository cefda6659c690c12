"""Why one job is where it is."""

import json
from pathlib import Path

from tests.api.cli.conftest import SITES, Edwc


def test_a_placed_job_is_told_with_its_next_best(run: Edwc, jobs_file: Path, plan_file: Path) -> None:
    result = run("explain", "train", "--jobs", jobs_file, "--plan", plan_file)
    assert result.exit_code == 0
    assert result.stdout.startswith("train runs at ")
    assert "The next best is " in result.stdout
    told = json.loads(run("explain", "train", "--jobs", jobs_file, "--plan", plan_file, "--json").stdout)
    assert len(told["sites"]) == SITES
    assert told["chosen"]["start"].endswith("+08:00")


def test_a_refused_job_is_told_with_its_reasons(run: Edwc, jobs_file: Path, plan_file: Path) -> None:
    result = run("explain", "lunar", "--jobs", jobs_file, "--plan", plan_file)
    assert result.exit_code == 0
    assert "lunar does not run" in result.stdout
    assert f"{SITES} sites" in result.stdout


def test_a_job_that_does_not_exist_is_bad_input(run: Edwc, jobs_file: Path, plan_file: Path) -> None:
    result = run("explain", "trian", "--jobs", jobs_file, "--plan", plan_file)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "'trian'" in result.stderr
