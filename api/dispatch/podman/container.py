"""The container of an attempt: what Podman is asked to create."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api.dispatch.backend import Launch
from api.dispatch.errors import StartRefused
from api.dispatch.podman.guard import guarded
from api.dispatch.podman.mounts import CHECKPOINT, inside, mounts_of
from api.dispatch.podman.settings import PodmanSite

ATTEMPT, JOB, TOKEN, SITE = "edwc.attempt", "edwc.job", "edwc.token", "edwc.site"
LIMIT, DEVICES, MARK, MAIN = "edwc.limit_seconds", "edwc.devices", "edwc.mark", "edwc.main"
CPU_PERIOD_US = 100_000
MEMORY_BYTES_MIN = 6 * 2**20  # Podman refuses less


def environment_of(launch: Launch, settings: PodmanSite) -> dict[str, str]:
    """Return what the work may know of itself and of its inputs, whose paths are told as containers see them."""
    found = {name: inside(value, settings) or value for name, value in launch.variables.items()}
    return found if settings.checkpoints is None else found | {"EDWC_CHECKPOINT_DIR": CHECKPOINT}


def labels_of(launch: Launch) -> dict[str, str]:
    """Return what a container, and by it any later reader, carries of its attempt."""
    return {
        ATTEMPT: launch.attempt,
        JOB: launch.job,
        TOKEN: str(launch.token),
        SITE: launch.site,
        LIMIT: str(limit_seconds(launch)),
        "edwc.tenant": launch.tenant,
    }


def limit_seconds(launch: Launch) -> int:
    """Return the wall-clock limit [s], whole and at least one."""
    return max(1, math.ceil(launch.wall_limit_minutes * 60))


def container_spec(
    launch: Launch,
    settings: PodmanSite,
    time_scale: float,
    devices: Sequence[str] = (),
    inputs: Path | None = None,
) -> dict[str, Any]:
    """Return the body of the create request.

    A gang is one container with the resources of all its tasks, since one machine runs it. The command replaces the
    image's entry point; an image without a command runs as it was made to; work without either sleeps.

    Raises:
        StartRefused: There is no image to run it in.
    """
    image = launch.image or settings.image
    if image is None:
        raise StartRefused(f"attempt {launch.attempt}: name an image; site {launch.site} has none of its own")
    spec: dict[str, Any] = {
        "name": launch.attempt,
        "image": image,
        "env": environment_of(launch, settings),
        "labels": labels_of(launch) | {DEVICES: " ".join(devices)},
        "terminal": False,
        "init": settings.init,
        "no_new_privileges": True,
        "timeout": limit_seconds(launch),
        "stop_timeout": settings.grace_seconds,
        "restart_policy": "no",
        "resource_limits": limits_of(launch, settings),
        "mounts": mounts_of(launch, settings, inputs),
        "devices": [{"path": path} for path in devices],
        "log_configuration": {"driver": "k8s-file", "size": int(settings.log_cap_mib * 2**20)},
    }
    if settings.network:
        spec["netns"] = {"nsmode": settings.network}
    command = launch.command
    if not command and launch.image is None:
        command = ("sleep", str(round(launch.runtime_minutes * 60 * time_scale, 3)))
    if command:
        line = guarded(command) if settings.guard else list(command)
        spec |= {"entrypoint": line[:1], "command": line[1:]}
    return spec


def limits_of(launch: Launch, settings: PodmanSite) -> dict[str, Any]:
    """Return the limits of all tasks together; what is not demanded is not limited."""
    limits: dict[str, Any] = {"pids": {"limit": settings.pids_max}}
    cores = launch.resources.cpu_cores * launch.tasks
    if cores > 0:
        limits["cpu"] = {"period": CPU_PERIOD_US, "quota": max(1000, round(cores * CPU_PERIOD_US))}
    memory_bytes = int(launch.resources.memory_gib * launch.tasks * 2**30)
    if memory_bytes > 0:
        limit = max(memory_bytes, MEMORY_BYTES_MIN)
        limits["memory"] = {"limit": limit, "swap": limit}
    return limits
