"""What every backend promises, kept at a real Slurm site."""

from __future__ import annotations

import asyncio

import pytest

from tests.api.dispatch.slurm.bench import SlurmBench
from tests.api.dispatch.test_contract import PROMISES


@pytest.mark.slow
@pytest.mark.parametrize("name", PROMISES)
def test_promise(name: str, bench: SlurmBench) -> None:
    asyncio.run(bench.play(PROMISES[name]))
