"""The promises of every backend, kept before the imitation of an API server."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.dispatch.kubernetes.conftest import Bench
from tests.api.dispatch.test_contract import PROMISES


@pytest.mark.parametrize("name", PROMISES)
def test_promise(name: str, bench: Bench) -> None:
    bench.cluster.lively = True
    asyncio.run(PROMISES[name](bench))  # type: ignore[arg-type]
