"""Jobs become a plan, the plan is judged, and whoever tampers with it is found out."""

import json
from pathlib import Path

import pytest

from scheduler import BASELINES, read_plan
from tests.api.cli.conftest import QUICK, SITES, Edwc


def test_a_plan_is_written_and_judged_sound(run: Edwc, jobs_file: Path, plan_file: Path) -> None:
    plan = read_plan(plan_file)
    assert {placement.job for placement in plan.placements} == {"train", "batch"}
    assert [dict(rejection.reasons) for rejection in plan.rejections] == [{"MISSING_TAG": SITES}]
    assert plan.horizon.start.isoformat() == "2026-07-01T01:00:00+00:00"
    assert (plan.horizon.slots, plan.horizon.slot_minutes) == (96, 15)
    result = run("judge", "--jobs", jobs_file, "--plan", plan_file)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("sound: 2 placed, 1 refused")


def test_the_report_shows_the_gap_and_every_baseline(run: Edwc, jobs_file: Path) -> None:
    result = run("plan", "--jobs", jobs_file, "--time-limit", "5")
    assert "proven gap" in result.stdout
    table = result.stdout.split("\n\n")[1].splitlines()
    assert table[0].split()[:3] == ["POLICY", "TOTAL", "CNY"]
    assert [line.split()[0] for line in table[1:]] == ["optimal", *BASELINES]
    assert "MISSING_TAG" in result.stdout
    assert result.stderr == ""


def test_json_is_the_plan_with_the_baselines_beside_it(run: Edwc, jobs_file: Path) -> None:
    printed = run("plan", "--jobs", jobs_file, "--time-limit", "5", "--json").stdout
    document = json.loads(printed)
    assert [baseline["policy"] for baseline in document["baselines"]] == list(BASELINES)
    assert all(
        baseline["objective_cny"] >= document["objective_cny"] - 1e-6 for baseline in document["baselines"]
    )
    path = jobs_file.with_name("printed.json")
    path.write_text(printed, encoding="utf-8")
    assert run("judge", "--jobs", jobs_file, "--plan", path).exit_code == 0


@pytest.mark.parametrize("policy", BASELINES)
def test_every_baseline_is_sound(run: Edwc, jobs_file: Path, policy: str) -> None:
    path = jobs_file.with_name("plan.json")
    assert (
        run("plan", "--jobs", jobs_file, "--out", path, "--policy", policy, "--no-baselines").exit_code == 0
    )
    assert run("judge", "--jobs", jobs_file, "--plan", path).exit_code == 0
    assert json.loads(path.read_text(encoding="utf-8"))["policy"] == policy


def test_a_plan_that_was_tampered_with_is_found_out(run: Edwc, jobs_file: Path, plan_file: Path) -> None:
    document = json.loads(plan_file.read_text(encoding="utf-8"))
    document["placements"][0]["cost"]["energy_cny"] *= 0.99
    plan_file.write_text(json.dumps(document), encoding="utf-8")
    result = run("judge", "--jobs", jobs_file, "--plan", plan_file)
    assert result.exit_code == 1
    assert result.stdout.startswith("WRONG_COST job=")
    assert result.stdout.splitlines()[-1].startswith("not sound: 1 fault;")
    verdict = json.loads(run("judge", "--jobs", jobs_file, "--plan", plan_file, "--json").stdout)
    assert not verdict["sound"]
    assert [fault["kind"] for fault in verdict["faults"]] == ["WRONG_COST"]


def test_a_plan_with_series_of_ones_own_is_judged_with_them(run: Edwc, jobs_file: Path) -> None:
    series = jobs_file.with_name("free.csv")
    rows = [f"2026-07-0{day}T{hour:02d}:00:00+08:00,zhongwei,0" for day in (1, 2) for hour in range(24)]
    series.write_text("\n".join(["time,zone,value", *rows]) + "\n", encoding="utf-8")
    path = jobs_file.with_name("plan.json")
    own = ("--power-series", series, "--carbon-series", series, "--carbon-price", "1000")
    assert run("plan", "--jobs", jobs_file, "--out", path, *QUICK, *own).exit_code == 0
    assert {placed["site"] for placed in json.loads(path.read_text(encoding="utf-8"))["placements"]} == {
        "zhongwei"
    }
    assert run("judge", "--jobs", jobs_file, "--plan", path, *own).exit_code == 0
    assert run("judge", "--jobs", jobs_file, "--plan", path).exit_code == 1


def test_a_horizon_may_be_named(run: Edwc, jobs_file: Path) -> None:
    when = ("--start", "2026-07-01T08:00+08:00", "--hours", "12", "--slot-minutes", "30")
    document = json.loads(run("plan", "--jobs", jobs_file, *QUICK, *when, "--json").stdout)
    assert document["horizon"] == {"start": "2026-07-01T08:00:00+08:00", "slot_minutes": 30, "slots": 24}
