"""`make run`: the service from its start to its bill."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_tour_ends_well_and_shows_what_it_promises() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.tour"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for promised in (
        "A quote for",
        "submitted",
        "succeeded",
        "What it saved",
        "Why there?",
        "The bill of 2026-07",
    ):
        assert promised in done.stdout
