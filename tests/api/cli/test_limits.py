"""The limits file of plan, judge and explain."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import edwc

JOBS = "".join(
    f'{{"name": "job-{n}", "tenant": "lab", "demand": {{"cpu_cores": 8}}, "variants": [{{"runtime_minutes": 120}}], '
    f'"release": "2026-07-01T00:00:00+08:00", "value_cny": 1000}}\n'
    for n in range(3)
)
LIMITS = """
[tenants.lab]
cpu_cores = 8
[[energy]]
site = "zhongwei"
start = 2026-07-01T00:00:00+08:00
end = 2026-07-02T00:00:00+08:00
kwh = 1e9
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobs.jsonl").write_text(JOBS)
    (tmp_path / "limits.toml").write_text(LIMITS)
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(edwc.main, [word.replace("@", f"{folder}/") for word in words])
    return answer.exit_code, answer.output


def test_a_quota_is_planned_and_judged(folder: Path) -> None:
    plan = ("plan", "--jobs", "@jobs.jsonl", "--hours", "4", "--time-limit", "1", "--no-baselines")
    judge = ("judge", "--jobs", "@jobs.jsonl", "--limits", "@limits.toml", "--plan")

    assert run(folder, *plan, "--limits", "@limits.toml", "--out", "@kept.json")[0] == 0
    assert run(folder, *plan, "--out", "@broken.json")[0] == 0

    assert run(folder, *judge, "@kept.json")[0] == 0
    code, text = run(folder, *judge, "@broken.json")
    assert code == 1
    assert "OVER_QUOTA" in text
    words = ("explain", "job-0", "--jobs", "@jobs.jsonl", "--plan", "@kept.json", "--limits", "@limits.toml")
    assert run(folder, *words)[0] == 0


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("tenants = 3", "must be an object"),
        ("[tenants.lab]\ncpu_cores = -1", "0 or more"),
        ("[tenants.lab]\ngpus = 1", "gpus is no resource"),
        ("[[energy]]\nsite = 'x'", "is required but missing"),
        ("power = 1", "is no known field"),
        ("= 1", "not valid TOML"),
    ],
)
def test_bad_limits_are_told_in_one_line(folder: Path, text: str, rule: str) -> None:
    (folder / "limits.toml").write_text(text)
    script = folder / "limits.toml"
    answer = CliRunner().invoke(
        edwc.main, ["plan", "--jobs", str(folder / "jobs.jsonl"), "--limits", str(script)]
    )

    assert answer.exit_code != 0
    assert rule in f"{answer.output} {answer.exception}"
