"""The Job of an attempt: what is applied to the cluster."""

from __future__ import annotations

import math
import re
from typing import Any

from api.dispatch.backend import Launch
from api.dispatch.errors import StartRefused
from api.dispatch.kubernetes.luggage import mounts_of, variables_of, volumes_of
from api.dispatch.kubernetes.settings import KubernetesSite

ATTEMPT, JOB, TOKEN, SITE, ENDED = "edwc-attempt", "edwc-job", "edwc-token", "edwc-site", "edwc-to-end"
CONTAINER = "work"
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,58}[A-Za-z0-9])?")


def name_of(attempt: str) -> str:
    """Return the name of an attempt's Job: lower case and hyphens, as the cluster wants names.

    Raises:
        StartRefused: The cluster could not carry the attempt's name as a label.
    """
    if not _LABEL.fullmatch(attempt):
        raise StartRefused(f"attempt {attempt!r}: a name of letters, digits, _ and - up to 60 is needed")
    return re.sub(r"[_.]", "-", attempt.lower())


def job_manifest(launch: Launch, settings: KubernetesSite, time_scale: float) -> dict[str, Any]:
    """Return the Job of an attempt.

    A gang is an indexed Job with a pod for each task. Nothing is tried again: that is decided by who made the plan.
    The cluster itself ends what exceeds its time, and forgets it some days later.

    Raises:
        StartRefused: There is no image to run it in, or the site does not map an accelerator.
    """
    labels = {
        ATTEMPT: launch.attempt,
        JOB: launch.job,
        TOKEN: str(launch.token),
        SITE: launch.site,
        "edwc-tenant": launch.tenant,
    }
    spec: dict[str, Any] = {
        "backoffLimit": 0,
        "activeDeadlineSeconds": max(1, math.ceil(launch.wall_limit_minutes * 60)),
        "ttlSecondsAfterFinished": round(settings.keep_hours * 3600),
        "parallelism": launch.tasks,
        "completions": launch.tasks,
        "completionMode": "Indexed" if launch.tasks > 1 else "NonIndexed",
        "template": {"metadata": {"labels": labels}, "spec": _pod(launch, settings, time_scale)},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name_of(launch.attempt), "namespace": settings.namespace, "labels": labels},
        "spec": spec,
    }


def tombstone(attempt: str, site: str, settings: KubernetesSite) -> dict[str, Any]:
    """Return a Job that takes an attempt's name and never starts a pod."""
    labels = {ATTEMPT: attempt, SITE: site, ENDED: "true"}
    container = {"name": CONTAINER, "image": "never-started"}
    pod = {"metadata": {"labels": labels}, "spec": {"restartPolicy": "Never", "containers": [container]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name_of(attempt), "namespace": settings.namespace, "labels": labels},
        "spec": {"suspend": True, "template": pod},
    }


def _pod(launch: Launch, settings: KubernetesSite, time_scale: float) -> dict[str, Any]:
    image = launch.image or settings.image
    if image is None:
        raise StartRefused(f"attempt {launch.attempt}: name an image; site {launch.site} has none of its own")
    amounts, selector = _amounts(launch, settings)
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": image,
        "env": [{"name": name, "value": value} for name, value in variables_of(launch, settings).items()],
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": {"allowPrivilegeEscalation": False},
    }
    mounts = mounts_of(launch, settings)
    if mounts:
        container["volumeMounts"] = mounts
    command = launch.command
    if not command and launch.image is None:
        command = ("sleep", str(round(launch.runtime_minutes * 60 * time_scale, 3)))
    if command:
        container["command"] = list(command)
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": settings.grace_seconds,
        "automountServiceAccountToken": False,
        "containers": [container],
    }
    if mounts:
        pod["volumes"] = volumes_of(mounts)
    if selector:
        pod["nodeSelector"] = selector
    if settings.scheduler:
        pod["schedulerName"] = settings.scheduler
    if settings.priority_class:
        pod["priorityClassName"] = settings.priority_class
    return pod


def _amounts(launch: Launch, settings: KubernetesSite) -> tuple[dict[str, str], dict[str, str]]:
    """What one pod holds, and which nodes can hold it."""
    amounts: dict[str, str] = {}
    selector: dict[str, str] = {}
    if launch.resources.cpu_cores > 0:
        amounts["cpu"] = f"{math.ceil(launch.resources.cpu_cores * 1000)}m"
    if launch.resources.memory_gib > 0:
        amounts["memory"] = f"{math.ceil(launch.resources.memory_gib * 1024)}Mi"
    for model, count in launch.resources.accelerators.items():
        if count <= 0:
            continue
        if model not in settings.accelerators:
            raise StartRefused(
                f"attempt {launch.attempt}: site {launch.site} does not map accelerator {model}"
            )
        amounts[settings.accelerators[model]] = str(math.ceil(count))
        selector |= settings.selectors.get(model, {})
    return amounts, selector
