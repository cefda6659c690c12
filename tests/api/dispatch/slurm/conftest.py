"""One real Slurm site for the tests of this folder, started once; skipped where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.api.dispatch.slurm.bench import SlurmBench
from tests.api.dispatch.slurm_site import NoSlurmError, Shape, SlurmSite, running_sites

NOT_HERE = "Slurm not exercised"


def skip_or_fail(reason: str) -> None:
    if "slurm" in os.environ.get("EDWC_REQUIRE", "").split(","):
        pytest.fail(f"{NOT_HERE}, though EDWC_REQUIRE asks for it: {reason}")
    pytest.skip(f"{NOT_HERE}: {reason}")


@pytest.fixture(scope="session")
def cluster() -> Iterator[SlurmSite]:
    """A site of two nodes with four GPUs each, behind two REST fronts."""
    try:
        with running_sites({"west": Shape(nodes=2, cpus=8, gpus=4, fronts=2)}) as sites:
            yield sites["west"]
    except NoSlurmError as missing:
        skip_or_fail(str(missing))


@pytest.fixture
def bench(cluster: SlurmSite) -> SlurmBench:
    return SlurmBench(cluster)
