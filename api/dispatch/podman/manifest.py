"""Pod manifests: Kubernetes Pods that the people of a site have written, and that jobs name.

A job whose image is "pod:NAME" runs the Pod of the file NAME.yaml in the site's folder of manifests. The job brings
its name, labels, environment, time limit and, when it has one, the command of the Pod's first container; all else,
images and volumes above all, is as the site wrote it, so that a job cannot ask for what the site would not give.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from api.dispatch.backend import Launch
from api.dispatch.errors import StartRefused
from api.dispatch.podman.container import MAIN, environment_of, labels_of, limit_seconds
from api.dispatch.podman.settings import PodmanSite

PREFIX = "pod:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def names_pod(image: str | None) -> bool:
    """Whether an image is the name of a Pod manifest."""
    return image is not None and image.startswith(PREFIX)


def pod_manifest(launch: Launch, settings: PodmanSite) -> str:
    """Return the manifest of an attempt's Pod.

    Raises:
        StartRefused: The site has no such manifest, or it is no Pod.
    """
    name, folder = (launch.image or "").removeprefix(PREFIX), settings.manifests
    if folder is None or not _NAME.fullmatch(name):
        raise StartRefused(f"image {launch.image!r}: site {launch.site} has no manifests of that name")
    try:
        document = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise StartRefused(f"image {launch.image!r}: its manifest cannot be read: {error}") from None
    if not isinstance(document, dict) or document.get("kind") != "Pod":
        raise StartRefused(f"image {launch.image!r}: the file {name}.yaml must hold one Pod")
    return yaml.safe_dump(_filled(document, launch, settings), sort_keys=False)


def _filled(pod: dict[str, Any], launch: Launch, settings: PodmanSite) -> dict[str, Any]:
    metadata, spec = dict(pod.get("metadata") or {}), dict(pod["spec"])
    containers = [dict(each) for each in spec["containers"]]
    metadata["name"] = launch.attempt
    metadata["labels"] = {
        **(metadata.get("labels") or {}),
        **labels_of(launch),
        MAIN: str(containers[0]["name"]),
    }
    variables = environment_of(launch, settings)
    variables.pop("EDWC_CHECKPOINT_DIR", None)  # what a Pod sees of its machine is written in its manifest
    for each in containers:
        own = [{"name": name, "value": value} for name, value in variables.items()]
        each["env"] = [*(each.get("env") or ()), *own]
    if launch.command:
        containers[0] |= {"command": list(launch.command), "args": []}
    spec |= {
        "containers": containers,
        "restartPolicy": "Never",
        "activeDeadlineSeconds": limit_seconds(launch),
    }
    return {**pod, "metadata": metadata, "spec": spec}
