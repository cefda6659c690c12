"""A cluster that is none, and a backend before it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.dispatch import Launch
from api.dispatch.credential import Credential
from api.dispatch.endpoint import Endpoint
from api.dispatch.kind import Surroundings
from api.dispatch.kubernetes import KubernetesBackend, KubernetesSite
from tests.api.dispatch.benches import launch
from tests.api.dispatch.kubernetes.fake_cluster import FakeCluster


class Bench:
    """A cluster, and as many views of it as are wanted."""

    def __init__(self, cluster: FakeCluster, token: Path) -> None:
        self.cluster, self._token = cluster, Credential(file=token)

    def open(self, **settings: Any) -> KubernetesBackend:
        site = KubernetesSite(
            endpoint="https://cluster.example",
            namespace="batch",
            image="busybox",
            accelerators={"a100-sxm4-80gb": "nvidia.com/gpu", "ascend-910b": "huawei.com/Ascend910"},
            **settings,
        )
        around = Surroundings(site="west", data=Path("/nowhere"), clock=lambda: datetime.now(UTC))
        door = Endpoint(site.endpoint, token=self._token, transport=self.cluster.transport())
        return KubernetesBackend(site, around, door)

    def brief(self, name: str, **fields: Any) -> Launch:
        return launch(name, command=("true",), **fields)

    def long(self, name: str, **fields: Any) -> Launch:
        return launch(name, command=("sleep", "1000"), **fields)

    async def pass_time(self) -> None:
        self.cluster.end_brief()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("sesame\n")
    return path


@pytest.fixture
def bench(token: Path) -> Bench:
    return Bench(FakeCluster(), token)
