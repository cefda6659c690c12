"""The promises of every backend, kept by containers."""

from __future__ import annotations

import pytest

from tests.api.dispatch.podman.bench import PodmanBench
from tests.api.dispatch.podman.machine import Machine
from tests.api.dispatch.test_contract import PROMISES


@pytest.mark.slow
@pytest.mark.parametrize("name", PROMISES)
def test_promise(name: str, machine: Machine) -> None:
    PodmanBench(machine).play(PROMISES[name])
