"""Sweeping a container site: containers, pods and marks of attempts that ended long ago."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime
from typing import Any

from api.dispatch.broom import AT_ONCE
from api.dispatch.podman.container import ATTEMPT, MARK, SITE
from api.dispatch.podman.engine import Engine
from api.dispatch.podman.outcome import ALIVE, NOT_BEGUN, instant


async def sweep(engine: Engine, site: str, *, keep: Container[str], before: datetime) -> list[str]:
    """Remove what ended before an instant; names of its attempts.

    Args:
        engine: of the machine.
        site: whose attempts; others may share the machine.
        keep: attempts that are still asked about.
        before: what ended earlier may go.

    Raises:
        BackendSilent: no answer; what was not removed is met again.
    """
    gone: list[str] = []
    for row in await engine.containers(f"{SITE}={site}"):
        attempt = row["Labels"].get(ATTEMPT, "")
        if len(gone) < AT_ONCE and attempt not in keep and await _ended_before(engine, row, before):
            await engine.remove("pods" if row.get("Pod") else "containers", attempt)
            gone.append(attempt)
    for row in await engine.pods(MARK):
        marked = row["Labels"][MARK]
        old = marked not in keep and datetime.fromisoformat(row["Created"]) < before
        if old and await engine.container(marked) is None and await engine.pod(marked) is None:
            await engine.remove("pods", row["Name"])
    return gone


async def _ended_before(engine: Engine, row: Mapping[str, Any], before: datetime) -> bool:
    """Whether a container, and all of its pod, ended before; what Podman cannot date stays."""
    if row["State"] in ALIVE | NOT_BEGUN:
        return False
    if row.get("Pod"):
        pod = await engine.pod(row["Labels"].get(ATTEMPT, ""))
        if pod is None or pod["State"] != "Exited":
            return False
    found = await engine.container(row["Id"])
    ended = instant(found["State"]["FinishedAt"]) if found else None
    return ended is not None and ended < before
