"""The command line as a user meets it, in this process, with three jobs and a plan of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import edwc
from topology import load_catalogue

Edwc = Callable[..., Result]
Document = dict[str, Any]

TRAIN: Document = {
    "name": "train",
    "demand": {"cpu_cores": 16, "memory_gib": 128},
    "variants": [{"accelerator": "a100-sxm4-80gb", "count": 8, "runtime_minutes": 100}],
    "release": "2026-07-01T09:00:00+08:00",
    "deadline": "2026-07-02T09:00:00+08:00",
    "origin": "shanghai",
    "rtt_ms_max": 50,
    "inputs": [{"at": "shanghai", "size_gb": 50}],
}
BATCH: Document = {
    "name": "batch",
    "demand": {"cpu_cores": 8, "memory_gib": 32},
    "variants": [{"runtime_minutes": 60}],
    "release": "2026-07-01T10:07:00+08:00",
}
LUNAR: Document = {**BATCH, "name": "lunar", "residency": {"tags": ["moon"]}}
SITES = len(load_catalogue().sites)
QUICK = ("--time-limit", "5", "--no-baselines")


def run_command(*arguments: object) -> Result:
    return CliRunner().invoke(edwc.main, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="session")
def run() -> Edwc:
    """Runs one command; standard output and standard error are kept apart."""
    return run_command


@pytest.fixture(scope="session")
def plan_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """plan.json of the three jobs, as `edwc plan --out` writes it."""
    folder = tmp_path_factory.mktemp("plan")
    result = run_command("plan", "--jobs", write_jobs(folder), "--out", folder / "plan.json", *QUICK)
    assert result.exit_code == 0, result.output
    return (folder / "plan.json").read_text(encoding="utf-8")


@pytest.fixture
def jobs_file(tmp_path: Path) -> Path:
    return write_jobs(tmp_path)


@pytest.fixture
def plan_file(tmp_path: Path, plan_text: str) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(plan_text, encoding="utf-8")
    return path


def write_jobs(folder: Path) -> Path:
    path = folder / "jobs.jsonl"
    path.write_text("".join(json.dumps(job) + "\n" for job in (TRAIN, BATCH, LUNAR)), encoding="utf-8")
    return path
