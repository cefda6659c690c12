"""A sites file that names container, Kubernetes and Ray sites, without any of them at hand."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.dispatch import BackendSilent, MemoryBackend
from api.dispatch.kubernetes import KubernetesBackend
from api.dispatch.podman import PodmanBackend
from api.dispatch.ray import RayBackend
from api.sites_file import SitesFileError, read_sites
from topology import load_catalogue

SITES = """
[[site]]
id = "hangzhou-metro"
backend = "podman"
endpoint = "unix:///nowhere/podman.sock"
image = "busybox"
mounts = { "/data" = "/data" }
[site.accelerators]
a100-sxm4-80gb = ["/dev/nvidia0"]

[[site]]
id = "guian"
backend = "kubernetes"
endpoint = "https://127.0.0.1:1"
token = { file = "token" }
accelerators = { a100-sxm4-80gb = "nvidia.com/gpu" }

[[site]]
id = "zhongwei"
backend = "ray"
endpoint = "http://127.0.0.1:1"
accelerators = { a100-sxm4-80gb = "GPU" }
"""


def write(folder: Path, text: str) -> Path:
    (folder / "token").write_text("sesame")
    path = folder / "sites.toml"
    path.write_text(text)
    return path


def test_each_kind_is_built_and_a_silent_one_says_so(tmp_path: Path) -> None:
    def clock() -> datetime:
        return datetime.now(UTC)

    sites = read_sites(write(tmp_path, SITES), load_catalogue("china"))
    backends = sites.backends(MemoryBackend(clock), data=tmp_path / "data", clock=clock)
    kinds = {
        "podman:hangzhou-metro": PodmanBackend,
        "kubernetes:guian": KubernetesBackend,
        "ray:zhongwei": RayBackend,
    }

    async def act() -> None:
        for name, kind in kinds.items():
            backend = backends.named(name)
            assert isinstance(backend, kind)
            with pytest.raises(BackendSilent, match="gave no answer"):
                await backend.capacity()
            with pytest.raises(BackendSilent):
                await backend.cancel("att_1")
        await backends.close()

    asyncio.run(act())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("unix:///nowhere/podman.sock", "podman.sock"), "must be http://…, https://… or unix:///path"),
        (('{ "/data" = "/data" }', '{ "data" = "/data" }'), "begin with /"),
        (('backend = "ray"', 'backend = "ray"\nclaims = "here"'), "must be a whole path"),
        (('token = { file = "token" }', "grace_seconds = 0"), "it must be above 0"),
        (('backend = "kubernetes"', 'backend = "kubernetes"\nselectors = { h100 = {} }'), "does not map"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, wrong: tuple[str, str], words: str) -> None:
    with pytest.raises(SitesFileError, match=words):
        read_sites(write(tmp_path, SITES.replace(*wrong)), load_catalogue("china"))
