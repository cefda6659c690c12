"""One Ray head for the tests of this process, swept between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.dispatch import benches
from tests.api.dispatch.ray.bench import RayBench
from tests.api.dispatch.ray.cluster import Cluster, NoRayError, running_cluster

NOT_HERE = "Ray not exercised"


@pytest.fixture(scope="session")
def one_cluster() -> Iterator[Cluster]:
    try:
        with running_cluster() as cluster:
            yield cluster
    except NoRayError as missing:
        if "ray" in os.environ.get("EDWC_REQUIRE", "").split(","):
            pytest.fail(f"{NOT_HERE}, though EDWC_REQUIRE asks for it: {missing}")
        pytest.skip(f"{NOT_HERE}: {missing}")


@pytest.fixture
def bench(one_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RayBench]:
    monkeypatch.setattr(benches, "PATIENCE_SECONDS", 60.0)
    yield RayBench(one_cluster, tmp_path)
    one_cluster.clean()
