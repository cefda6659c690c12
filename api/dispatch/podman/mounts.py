"""Mounts: what a container sees of its machine, and by which paths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from api.dispatch.backend import Launch
from api.dispatch.podman.settings import WRITABLE, PodmanSite

CHECKPOINT = "/edwc/checkpoint"  # where a container sees its job's checkpoint


def mounts_of(launch: Launch, settings: PodmanSite, inputs: Path | None) -> list[dict[str, Any]]:
    """Return what a container sees: what the site shares, its own inputs, and its own job's checkpoint.

    Inputs are other tenants' too: a folder that holds them, or lies among them, is not shared.

    Args:
        launch: of the attempt.
        settings: of its site.
        inputs: folder that the data of all attempts is copied to, each in a folder of its name.
    """
    found = [
        _bind(source, place.removesuffix(WRITABLE), writable=place.endswith(WRITABLE))
        for source, place in settings.mounts.items()
        if inputs is None or not _meet(Path(source), inputs)
    ]
    if inputs is not None and launch.environment:
        own = str(inputs / launch.attempt)
        seen = inside(own, settings)
        if seen is not None and any(value.startswith(f"{own}/") for value in launch.environment.values()):
            found.append(_bind(own, seen, writable=False))
    if settings.checkpoints is not None:
        found.append(_bind(str(settings.checkpoints / launch.job), CHECKPOINT, writable=True))
    return found


def inside(path: str, settings: PodmanSite) -> str | None:
    """Return the path by which containers see one of the machine; None when they do not."""
    for source, place in settings.mounts.items():
        root = source.rstrip("/")
        if path.startswith(f"{root}/"):
            return f"{place.removesuffix(WRITABLE).rstrip('/')}{path.removeprefix(root)}"
    return None


def _meet(folder: Path, inputs: Path) -> bool:
    """Whether one folder holds the other, by whatever links they are named."""
    one, other = (Path(os.path.realpath(each)) for each in (folder, inputs))
    return one.is_relative_to(other) or other.is_relative_to(one)


def _bind(source: str, destination: str, *, writable: bool) -> dict[str, Any]:
    options = ["rbind", "rw" if writable else "ro"]
    return {"type": "bind", "source": source, "destination": destination, "options": options}
