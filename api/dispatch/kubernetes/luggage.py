"""Luggage: what an attempt's pods see of the volumes of a site: its own inputs, and its own job's checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.dispatch.backend import Launch
from api.dispatch.kubernetes.settings import KubernetesSite


def variables_of(launch: Launch, settings: KubernetesSite) -> dict[str, str]:
    """Return what the command finds in its environment."""
    kept = _checkpoint(launch, settings)
    return launch.variables | ({} if kept is None else {"EDWC_CHECKPOINT_DIR": str(kept)})


def mounts_of(launch: Launch, settings: KubernetesSite) -> list[dict[str, Any]]:
    """Return the mounts of a container: folders of claims, under the path by which the service knows them."""
    inputs = {Path(value).parent for value in launch.environment.values() if value.startswith("/")}
    found = [_mount(folder, settings, read_only=True) for folder in sorted(inputs)]
    kept = _checkpoint(launch, settings)
    if kept is not None:
        found.append(_mount(kept, settings, read_only=False))
    return [each for each in found if each is not None]


def volumes_of(mounts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the volumes of a pod whose container has these mounts."""
    names = sorted({each["name"] for each in mounts})
    return [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in names]


def _checkpoint(launch: Launch, settings: KubernetesSite) -> Path | None:
    return None if settings.checkpoints is None else settings.checkpoints / launch.job


def _mount(folder: Path, settings: KubernetesSite, *, read_only: bool) -> dict[str, Any] | None:
    for claim, root in settings.volumes.items():
        if folder.is_relative_to(root):
            within = str(folder.relative_to(root))
            mount = {"name": claim, "mountPath": str(folder), "subPath": within, "readOnly": read_only}
            return {key: value for key, value in mount.items() if (key, value) != ("subPath", ".")}
    return None
