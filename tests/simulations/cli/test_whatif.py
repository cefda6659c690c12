"""edwc whatif: run, compare, list; what they print, and what they refuse."""

import json
from pathlib import Path

import pytest

from tests.simulations.cli.conftest import Edwc
from tests.simulations.scenario.tiny import write

CAUSES = ["price", "pue", "carbon", "time", "place", "network", "rejections"]


def test_a_run_prints_its_totals_and_keeps_its_tables(run: Edwc, folder: Path) -> None:
    result = run("run", folder / "tiny.toml")
    assert result.exit_code == 0
    assert "Forty jobs" in result.stdout
    assert "west share" in result.stdout
    assert {path.name for path in (folder / "out-tiny").iterdir()} >= {"scenario.json", "jobs.parquet"}


def test_the_same_scenario_gives_the_same_outcome(run: Edwc, folder: Path) -> None:
    first, second = (run("run", folder / "tiny.toml", "--json").stdout for _ in range(2))
    assert first == second


def test_a_document_on_standard_input_is_run(run: Edwc) -> None:
    sent = {
        "parent": "west-open",
        "title": "sent",
        "demand": {"generate": {"count": 20, "load": 0.01}},
        "clock": {"hours": 6, "drain_hours": 6, "cadence_minutes": 60},
        "planning": {"policy": "nearest"},
    }
    document = json.loads(run("run", "-", "--json", typed=json.dumps(sent)).stdout)
    assert document["scenario"] == "sent"
    assert document["totals"]["jobs"] == 20
    assert document["outcome"]["policy"] == "nearest"


@pytest.mark.parametrize("typed", ["", "[]", '{"demand": {"jobs": "/etc/passwd"}}'])
def test_a_document_that_is_none_is_refused(run: Edwc, typed: str) -> None:
    result = run("run", "-", typed=typed)
    assert result.exit_code == 2
    assert result.stderr.startswith("edwc: standard input")
    assert result.stderr.count("\n") == 1


def test_the_parts_of_a_comparison_sum_to_the_last_bit(run: Edwc, folder: Path) -> None:
    document = json.loads(run("compare", folder / "out-east", folder / "out-tiny", "--json").stdout)
    parts = document["waterfall"]
    assert [part["cause"] for part in parts][:7] == CAUSES
    assert sum(part["cny"] for part in parts) == document["difference_cny"]
    assert sum(part["kg"] for part in parts) == document["difference_kg"]
    assert document["b_cny"] - document["a_cny"] == document["difference_cny"]
    assert {document["a"], document["b"]} == {"east", "tiny"}


def test_the_printed_waterfall_sums_as_printed(run: Edwc, folder: Path) -> None:
    lines = run("compare", folder / "out-east", folder / "out-tiny").stdout.splitlines()
    cents = [[round(float(word.replace(",", "")) * 100) for word in line.split()[-2:]] for line in lines[1:]]
    begin, *parts, end, difference = cents
    for unit in (0, 1):
        assert sum(part[unit] for part in parts) == difference[unit] == end[unit] - begin[unit]


def test_a_scenario_may_be_compared_as_it_is_run(run: Edwc, folder: Path) -> None:
    document = json.loads(run("compare", folder / "out-tiny", folder / "tiny.toml", "--json").stdout)
    assert document["difference_cny"] == 0


def test_two_clocks_cannot_be_compared(run: Edwc, folder: Path, tmp_path: Path) -> None:
    text = f'parent = "{folder / "tiny.toml"}"\n[clock]\nstart = 2026-08-01T00:00:00+08:00\n'
    result = run("compare", folder / "out-tiny", write(tmp_path, "later", text))
    assert result.exit_code == 2
    assert "same clock" in result.stderr


def test_one_scenario_alone_is_bad_usage(run: Edwc) -> None:
    assert run("compare", "west-open").exit_code == 2


def test_a_jobs_file_takes_the_place_of_the_demand(run: Edwc, folder: Path, tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.jsonl"
    jobs.write_text(
        "".join(
            json.dumps({"name": f"j{n}", "demand": {"cpu_cores": 4}, "variants": [{"runtime_minutes": 45}]})
            + "\n"
            for n in range(5)
        )
    )
    document = json.loads(run("run", folder / "tiny.toml", "--jobs", jobs, "--json").stdout)
    assert document["totals"]["jobs"] == document["totals"]["completed"] == 5


def test_jobs_that_cannot_be_replayed_are_told_or_refused(run: Edwc, folder: Path, tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.jsonl"
    job = {"demand": {"cpu_cores": 4}, "variants": [{"runtime_minutes": 45}]}
    late = {**job, "name": "late", "release": "2027-01-01T00:00:00+08:00"}
    jobs.write_text(json.dumps({**job, "name": "good"}) + "\n" + json.dumps(late) + "\n")
    result = run("run", folder / "tiny.toml", "--jobs", jobs)
    assert result.exit_code == 0
    assert "left out 1 jobs (outside the span): late" in result.stderr
    assert run("run", folder / "tiny.toml", "--jobs", jobs, "--on-bad", "refuse").exit_code == 2
    jobs.write_text(json.dumps(late) + "\n")
    none = run("run", folder / "tiny.toml", "--jobs", jobs)
    assert none.exit_code == 2
    assert "no job that can be replayed" in none.stderr


def test_rows_that_are_no_jobs_are_counted_by_cause_or_refused(
    run: Edwc, folder: Path, tmp_path: Path
) -> None:
    jobs = tmp_path / "jobs.jsonl"
    job = {"demand": {"cpu_cores": 4}, "variants": [{"runtime_minutes": 45}]}
    rows = [
        {**job, "name": "good", "release": "2026-07-01T02:00:00+08:00"},
        {**job, "name": "never", "variants": [{"runtime_minutes": 0}]},
        {**job, "name": "early", "release": "2026-07-01T01:00:00+08:00"},
        {**job, "name": "odd", "demand": {"cpu_cores": -1}},
    ]
    jobs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = run("run", folder / "tiny.toml", "--jobs", jobs, "--json")
    assert told.exit_code == 0
    document = json.loads(told.stdout)
    assert document["totals"]["jobs"] == 2
    source = document["outcome"]["intake"]["sources"][0]
    assert (source["rows_read"], source["skipped"]["malformed"]["rows"]) == (4, 2)
    assert (
        "left out 2 rows of jobs.jsonl (malformed): line 2: variants[0].runtime_minutes = 0.0" in told.stderr
    )
    assert "put 1 rows of jobs.jsonl in order" in told.stderr
    refused = run("run", folder / "tiny.toml", "--jobs", jobs, "--on-bad", "refuse")
    assert refused.exit_code == 2
    assert f"{jobs}:2: variants[0].runtime_minutes = 0.0" in refused.stderr


def test_rows_of_a_trace_that_are_no_jobs_are_told(run: Edwc, folder: Path, tmp_path: Path) -> None:
    trace = tmp_path / "philly.csv"
    trace.write_text(
        "submit_time,duration_s,num_gpus,vc\n"
        "2017-09-04 10:30:41,3600,1,a\n2017-09-04 11:00:00,0,1,a\n2017-09-04 09:00:00,600,1,b\n"
    )
    words = ("compare", folder / "tiny.toml", folder / "east.toml", "--trace", f"philly:{trace}", "--days", 1)
    told = run(*words)
    assert told.exit_code == 0
    assert "tiny: left out 1 rows of philly.csv" in told.stderr
    assert run(*words, "--on-bad", "refuse").exit_code == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "west-opn"), "did you mean west-open"),
        (("run", "carbon-price"), "carbon-price@60"),
        (("run", "west-open", "--jobs", "a.jsonl", "--trace", "philly:b"), "contradict"),
        (("run", "west-open", "--trace", "philly"), "FORMAT:FILE"),
        (("run", "west-open", "--trace", "philly:nowhere.csv"), "no such file"),
        (("run", "west-open", "--policy", "cheap"), "did you mean cheapest"),
        (("run", "west-open", "--hours", "0.1"), "whole slots"),
    ],
)
def test_bad_input_is_told_in_one_line(run: Edwc, words: tuple[str, ...], told: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_broken_outcome_is_refused(run: Edwc, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "scenario.json").write_text("{}")
    result = run("compare", folder / "out-tiny", tmp_path)
    assert result.exit_code == 2
    assert "cannot be read as an outcome" in result.stderr


def test_the_list_names_every_scenario(run: Edwc) -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert {"east-only", "west-open", "carbon-price@500"} <= {row["name"] for row in rows}
    assert all(row["title"] and row["about"] for row in rows)


@pytest.mark.slow
@pytest.mark.needs_shared
def test_a_week_of_real_work_in_the_east_and_with_the_west_open(run: Edwc, traces: Path) -> None:
    """The proof of the issue, under a greedy policy."""
    week = [
        f"--trace=philly:{traces / 'philly_jobs.csv.gz'}",
        f"--trace=openb:{traces / 'openb_pods.csv.gz'}",
        "--policy=cheapest",
    ]
    document = json.loads(run("compare", "east-only", "west-open", *week, "--json").stdout)
    assert document["difference_cny"] < 0
    assert sum(part["cny"] for part in document["waterfall"]) == document["difference_cny"]
