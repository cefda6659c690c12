"""Whatever is wrong with the input: exit 2, one line that names it, nothing written."""

import json
from pathlib import Path

import pytest

from tests.api.cli.conftest import BATCH, QUICK, TRAIN, Document, Edwc

BAD_JOBS: dict[str, tuple[Document, str]] = {
    "unknown field": ({**BATCH, "prioritty": 1}, "prioritty"),
    "unknown nested field": ({**BATCH, "demand": {"cpus": 8}}, "cpus"),
    "text for a number": ({**BATCH, "demand": {"cpu_cores": "8"}}, "cpu_cores"),
    "yes for a number": ({**BATCH, "tasks": True}, "tasks"),
    "half a task": ({**BATCH, "tasks": 1.5}, "tasks"),
    "NaN": ({**BATCH, "value_cny": float("nan")}, "value_cny"),
    "infinite": ({**BATCH, "value_cny": float("inf")}, "value_cny"),
    "negative": ({**BATCH, "demand": {"cpu_cores": -1}}, "cpu_cores"),
    "no runtime": ({**BATCH, "variants": [{}]}, "runtime_minutes"),
    "no variants": ({**BATCH, "variants": []}, "variants"),
    "deadline before release": ({**BATCH, "deadline": "2026-07-01T09:00:00+08:00"}, "deadline"),
    "no time zone": ({**BATCH, "release": "2026-07-01T09:00:00"}, "release"),
    "site that does not exist": ({**TRAIN, "inputs": [{"at": "zhonwei", "size_gb": 1}]}, "zhonwei"),
    "city that does not exist": ({**TRAIN, "origin": "atlantis"}, "atlantis"),
    "accelerator that does not exist": (
        {**TRAIN, "variants": [{"accelerator": "a1000", "count": 1, "runtime_minutes": 5}]},
        "a1000",
    ),
    "no name": ({key: value for key, value in BATCH.items() if key != "name"}, "name"),
}

BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "blank": (b"\n\n", "empty"),
    "truncated": (json.dumps(BATCH).encode()[:-20], ":1"),
    "not UTF-8": (json.dumps(BATCH).encode().replace(b"batch", b"b\xfftch"), "UTF-8"),
    "NUL bytes": (json.dumps(BATCH).encode() + b"\n\0", "NUL"),
    "no object": (b"[1, 2]\n", ":1"),
    "no JSON": (b"name: batch\n", ":1"),
    "two of one name": ((json.dumps(BATCH) + "\n").encode() * 2, "batch"),
}


def refuse(run: Edwc, folder: Path, *arguments: object) -> str:
    """Run a command that must be refused; return its one line."""
    before = sorted(folder.iterdir())
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert sorted(folder.iterdir()) == before
    return str(result.stderr)


@pytest.mark.parametrize(("job", "named"), BAD_JOBS.values(), ids=BAD_JOBS)
def test_a_bad_job_is_refused(run: Edwc, tmp_path: Path, job: Document, named: str) -> None:
    path = tmp_path / "jobs.jsonl"
    path.write_text(json.dumps({**BATCH, "name": "good"}) + "\n" + json.dumps(job) + "\n", encoding="utf-8")
    line = refuse(run, tmp_path, "plan", "--jobs", path, "--out", tmp_path / "plan.json", *QUICK)
    assert named in line
    assert str(path) in line


@pytest.mark.parametrize(("content", "named"), BAD_FILES.values(), ids=BAD_FILES)
@pytest.mark.parametrize("command", ["plan", "judge"])
def test_a_bad_file_is_refused(run: Edwc, tmp_path: Path, command: str, content: bytes, named: str) -> None:
    path = tmp_path / "jobs.jsonl"
    path.write_bytes(content)
    more = (
        ("--out", tmp_path / "plan.json", *QUICK) if command == "plan" else ("--plan", tmp_path / "plan.json")
    )
    line = refuse(run, tmp_path, command, "--jobs", path, *more)
    assert named in line
    assert str(path) in line


def test_two_gigabytes_are_refused_unread(run: Edwc, tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    with path.open("wb") as file:
        file.truncate(2**31)  # a hole: it takes no room on the disk
    assert "MiB" in refuse(run, tmp_path, "plan", "--jobs", path)


def test_a_file_that_is_missing_is_refused(run: Edwc, tmp_path: Path) -> None:
    missing = tmp_path / "missing.jsonl"
    assert str(missing) in refuse(run, tmp_path, "plan", "--jobs", missing)
    assert str(tmp_path) in refuse(run, tmp_path, "plan", "--jobs", tmp_path)


BAD_PLANS: dict[str, tuple[str, str]] = {
    "empty": ("", "empty"),
    "truncated": ('{"horizon": {"start": ', "JSON"),
    "a list": ("[]", "object"),
    "no plan": ("{}", "placements"),
    "NaN": ('{"placements": [], "rejections": [], "objective_cny": NaN}', "plan"),
}


@pytest.mark.parametrize(("content", "named"), BAD_PLANS.values(), ids=BAD_PLANS)
def test_a_bad_plan_is_refused(run: Edwc, tmp_path: Path, content: str, named: str) -> None:
    jobs, plan = tmp_path / "jobs.jsonl", tmp_path / "plan.json"
    jobs.write_text(json.dumps(BATCH) + "\n", encoding="utf-8")
    plan.write_text(content, encoding="utf-8")
    line = refuse(run, tmp_path, "judge", "--jobs", jobs, "--plan", plan)
    assert named in line
    assert str(plan) in line


BAD_USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "no jobs": (("plan",), "--jobs"),
    "no such policy": (("plan", "--policy", "luckiest"), "luckiest"),
    "negative time": (("plan", "--time-limit", "-1"), "--time-limit"),
    "NaN for a time": (("plan", "--time-limit", "nan"), "nan"),
    "start without a zone": (("plan", "--start", "2026-07-01T00:00"), "time zone"),
    "start that is none": (("plan", "--start", "tomorrow"), "tomorrow"),
    "no hours": (("plan", "--hours", "0"), "--hours"),
    "no such site": (("prices", "--site", "zhonwei"), "zhongwei"),
    "no such place": (("route", "--from", "shanghai", "--to", "atlantis"), "atlantis"),
    "two times": (("prices", "--plan", "plan.json", "--hours", "3"), "--hours"),
}


@pytest.mark.parametrize(("arguments", "named"), BAD_USAGE.values(), ids=BAD_USAGE)
def test_bad_usage_is_refused(run: Edwc, tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    path = tmp_path / "jobs.jsonl"
    path.write_text(json.dumps(BATCH) + "\n", encoding="utf-8")
    jobs = ("--jobs", path) if arguments[0] == "plan" and len(arguments) > 1 else ()
    assert named in refuse(run, tmp_path, *arguments, *jobs)


def test_a_place_to_write_is_refused_before_the_work(run: Edwc, tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    path.write_text(json.dumps(BATCH) + "\n", encoding="utf-8")
    assert "--out" in refuse(
        run, tmp_path, "plan", "--jobs", path, "--out", tmp_path / "missing" / "plan.json"
    )
