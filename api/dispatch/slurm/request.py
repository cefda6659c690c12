"""A launch as slurmrestd wants it."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import Any

from api.dispatch.backend import Launch
from api.dispatch.errors import StartRefused
from api.dispatch.slurm.site import SlurmSite

SCRIPT = Path(__file__).with_name("attempt.sh").read_text(encoding="utf-8")
PATH = "/usr/local/bin:/usr/bin:/bin"
SPARE_MINUTES = 2  # the attempt keeps its own limit to the second; Slurm's stands behind it


def comment_of(attempt: str) -> str:
    """Return what stands in the comment of our jobs: a name alone could be another's."""
    return f"edwc attempt {attempt}"


def submission_of(launch: Launch, site: SlurmSite, folder: Path, *, time_scale: float) -> dict[str, Any]:
    """Return the body of a submission.

    Args:
        launch: what to run.
        site: where.
        folder: of the attempt.
        time_scale: work without a command sleeps for its runtime times this.

    Raises:
        StartRefused: the site can never run it.
    """
    if launch.image:
        raise StartRefused(f"site {launch.site} runs commands, not images such as {launch.image}")
    cpus = max(1, math.ceil(launch.resources.cpu_cores))
    job: dict[str, Any] = {
        "name": launch.attempt,
        "comment": comment_of(launch.attempt),
        "tasks": launch.tasks,
        "cpus_per_task": cpus,
        "time_limit": math.ceil(launch.wall_limit_minutes) + SPARE_MINUTES,
        # No word of requeueing: slurmrestd 22.05 takes `"requeue": false` for true. The claim bars a second run.
        "current_working_directory": str(folder),
        # The attempt keeps its own output; what Slurm would keep beside it could fail the job on a full disk.
        "standard_output": "/dev/null",
        "standard_error": "/dev/null",
        "environment": _environment(launch, site, folder),
    }
    if launch.resources.memory_gib > 0:
        job["memory_per_cpu"] = max(1, math.ceil(launch.resources.memory_gib * 1024 / cpus))
    gpus = _gpus(launch, site)
    if gpus:
        job["gpus_per_task"] = gpus
    job |= {key: word for key, word in (("partition", site.partition), ("account", site.account)) if word}
    return {"script": _script(launch, time_scale), "job": job}


def _script(launch: Launch, time_scale: float) -> str:
    command = launch.command or ("sleep", f"{launch.runtime_minutes * time_scale * 60:.3f}")
    if launch.tasks > 1:
        command = ("srun", "--kill-on-bad-exit=1", *command)
    return f"#!/bin/sh\nset -- {shlex.join(command)}\n{SCRIPT}"


def _environment(launch: Launch, site: SlurmSite, folder: Path) -> dict[str, str]:
    return {
        "PATH": PATH,
        "HOME": str(folder / "work"),
        **site.environment,
        **launch.variables,
        "EDWC_CHECKPOINT_DIR": str(site.folder / "checkpoints" / launch.job),
        "EDWC_FOLDER": str(folder),
        "EDWC_WALL_SECONDS": str(math.ceil(launch.wall_limit_minutes * 60)),
        "EDWC_BEAT_SECONDS": f"{site.beat_seconds:g}",
        "EDWC_GRACE_SECONDS": str(site.grace_seconds),
        "EDWC_LOG_BYTES": str(int(site.log_mib * 2**20)),
    }


def _gpus(launch: Launch, site: SlurmSite) -> str:
    wanted = []
    for model, count in launch.resources.accelerators.items():
        if model not in site.accelerators:
            known = ", ".join(site.accelerators) or "none"
            raise StartRefused(
                f"site {launch.site} has no accelerator {model} in its sites file (it has {known}); "
                "add the model with its gres type"
            )
        wanted.append(f"{site.accelerators[model]}:{math.ceil(count)}")
    return ",".join(wanted)
