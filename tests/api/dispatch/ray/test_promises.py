"""The promises of every backend, kept by jobs of a Ray head."""

from __future__ import annotations

import pytest

from tests.api.dispatch.ray.bench import RayBench
from tests.api.dispatch.test_contract import PROMISES


@pytest.mark.slow
@pytest.mark.parametrize("name", PROMISES)
def test_promise(name: str, bench: RayBench) -> None:
    bench.play(PROMISES[name])
