"""The submission of an attempt: what a Ray head is asked to run."""

from __future__ import annotations

import math
from typing import Any

from api.dispatch.backend import Launch
from api.dispatch.errors import StartRefused
from api.dispatch.ray.claim import ending, entrypoint
from api.dispatch.ray.settings import RaySite

JOB, TOKEN, LIMIT, END = "edwc_job", "edwc_token", "edwc_limit_seconds", "edwc_to_end"
_GPU = "GPU"


def submission(launch: Launch, settings: RaySite, time_scale: float) -> dict[str, Any]:
    """Return the body of a request to run an attempt.

    A gang is one entry point that holds the resources of all its tasks: within it, Ray's own tasks and actors are
    the gang. An image is not Ray's business, and is refused rather than ignored.

    Raises:
        StartRefused: It names an image, or an accelerator that the site does not map.
    """
    if launch.image is not None:
        raise StartRefused(f"attempt {launch.attempt}: site {launch.site} runs no images; leave `image` out")
    limit_s = max(1, math.ceil(launch.wall_limit_minutes * 60))
    command = launch.command or ("sleep", str(round(launch.runtime_minutes * 60 * time_scale, 3)))
    return {
        "submission_id": launch.attempt,
        "entrypoint": entrypoint(
            claim_folder(launch.attempt, settings),
            command,
            _environment(launch, settings),
            cap_bytes=int(settings.log_cap_mib * 2**20),
            limit_s=limit_s,
            grace_s=settings.grace_seconds,
        ),
        "metadata": {
            JOB: launch.job,
            TOKEN: str(launch.token),
            LIMIT: str(limit_s),
            "edwc_site": launch.site,
            "edwc_tenant": launch.tenant,
        },
        **_amounts(launch, settings),
    }


def end_submission(attempt: str, settings: RaySite, name: str = "") -> dict[str, Any]:
    """Return the body of a request that claims an attempt, or ends who has; it takes the attempt's name, or another."""
    return {
        "submission_id": name or attempt,
        "entrypoint": ending(claim_folder(attempt, settings), grace_s=settings.grace_seconds),
        "metadata": {END: "true"},
    }


def claim_folder(attempt: str, settings: RaySite) -> str:
    """Return the folder on the cluster that an attempt is claimed by."""
    return f"{settings.claims.rstrip('/')}/{attempt}"


def _amounts(launch: Launch, settings: RaySite) -> dict[str, Any]:
    """What the entry point holds: all tasks together."""
    amounts: dict[str, Any] = {"entrypoint_num_cpus": launch.resources.cpu_cores * launch.tasks}
    memory_bytes = int(launch.resources.memory_gib * launch.tasks * 2**30)
    if memory_bytes:
        amounts["entrypoint_memory"] = memory_bytes
    own: dict[str, float] = {}
    for model, count in launch.resources.accelerators.items():
        if count <= 0:
            continue
        name = settings.accelerators.get(model)
        if name is None:
            raise StartRefused(
                f"attempt {launch.attempt}: site {launch.site} does not map accelerator {model}"
            )
        own[name] = own.get(name, 0.0) + count * launch.tasks
    if _GPU in own:
        amounts["entrypoint_num_gpus"] = own.pop(_GPU)
    if own:
        amounts["entrypoint_resources"] = own
    return amounts


def _environment(launch: Launch, settings: RaySite) -> dict[str, str]:
    kept = settings.checkpoints
    return launch.variables | ({} if kept is None else {"EDWC_CHECKPOINT_DIR": str(kept / launch.job)})
