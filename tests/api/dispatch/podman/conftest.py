"""One machine with containers for the tests of this process, swept between them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.api.dispatch.podman.machine import Machine, NoPodmanError, running_machine

NOT_HERE = "Podman not exercised"


@pytest.fixture(scope="session")
def one_machine() -> Iterator[Machine]:
    try:
        with running_machine() as machine:
            yield machine
    except NoPodmanError as missing:
        if "podman" in os.environ.get("EDWC_REQUIRE", "").split(","):
            pytest.fail(f"{NOT_HERE}, though EDWC_REQUIRE asks for it: {missing}")
        pytest.skip(f"{NOT_HERE}: {missing}")


@pytest.fixture
def machine(one_machine: Machine) -> Iterator[Machine]:
    yield one_machine
    one_machine.clean()
