"""What the stories of workloads and traces share: the built-in catalogue, and where the real traces lie."""

from pathlib import Path

import pytest

from topology import Catalogue, load_catalogue

TRACES = Path(__file__).resolve().parents[3] / "shared" / "data" / "traces"


@pytest.fixture(scope="session")
def china() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def traces() -> Path:
    if not TRACES.is_dir():
        pytest.skip("reads ../shared/data/traces, which is not here")
    return TRACES
