"""The bench of a real Slurm site: work in a fresh shared folder each time, over one running cluster."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.dispatch import Backend, Credential, Launch
from api.dispatch.slurm import SlurmBackend, SlurmSite
from tests.api.dispatch import slurm_site
from tests.api.dispatch.benches import launch
from tests.api.dispatch.faults.errand import Errand

A100 = "a100-sxm4-80gb"


def now() -> datetime:
    return datetime.now(UTC)


def settings(cluster: slurm_site.SlurmSite, folder: Path, **fields: Any) -> SlurmSite:
    values: dict[str, Any] = {
        "endpoints": cluster.urls,
        "folder": folder,
        "key": Credential(file=cluster.key),
        "user": cluster.user,
        "accelerators": {A100: "a100"},
        "beat_seconds": 0.3,
        "stale_seconds": 2.5,
        "grace_seconds": 1,
        "log_mib": 0.01,
    }
    return SlurmSite(**(values | fields))


def fresh_folder(cluster: slurm_site.SlurmSite) -> Path:
    """A shared folder nobody has used; in one that is used, att_1 would be known."""
    folder = Path(tempfile.mkdtemp(dir=cluster.folder))
    folder.chmod(0o755)
    return folder


def errand(bench: SlurmBench, open_backend: Callable[[], Backend], job: str = "errand") -> Errand:
    """An errand at a real site, which remembers names, and may cancel what nobody asked it to.

    It works beside the shared folder, whose disk may be full.
    """
    folder = bench.folder.parent / f"{bench.folder.name}.work"
    return Errand(open_backend, folder, bench.shell, job, prefix=f"{bench.folder.name}_", meddled=True)


class SlurmBench:
    """Real work at a real site."""

    def __init__(self, cluster: slurm_site.SlurmSite, **fields: Any) -> None:
        self.cluster = cluster
        self.folder = fresh_folder(cluster)
        self.settings = settings(cluster, self.folder, **fields)
        self.opened: list[SlurmBackend] = []

    def open(self, **fields: Any) -> SlurmBackend:
        self.opened.append(SlurmBackend("west", replace(self.settings, **fields), now))
        return self.opened[-1]

    async def close(self) -> None:
        for backend in self.opened:
            await backend.close()

    async def play(self, story: Callable[..., Awaitable[None]], *more: Any) -> None:
        """Tell a story with this bench, and close what it opened."""
        try:
            await story(self, *more)
        finally:
            await self.close()

    def brief(self, name: str, **fields: Any) -> Launch:
        return launch(name, command=("true",), **fields)

    def long(self, name: str, **fields: Any) -> Launch:
        return launch(name, command=("sleep", "1000"), **fields)

    def shell(self, script: str, **fields: Any) -> Launch:
        return launch(**({"command": ("sh", "-c", script)} | fields))

    async def pass_time(self) -> None:
        await asyncio.sleep(0.3)
