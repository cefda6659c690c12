"""A launch as slurmrestd wants it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.dispatch import Credential, Launch, StartRefused
from api.dispatch.slurm import SlurmSite
from api.dispatch.slurm.request import submission_of
from tests.api.dispatch.benches import launch
from topology import Resources

A100 = "a100-sxm4-80gb"


def site(**fields: Any) -> SlurmSite:
    values: dict[str, Any] = {
        "endpoints": ("http://127.0.0.1:6820",),
        "folder": Path("/shared"),
        "key": Credential(env="KEY"),
        "user": "edwc",
        "accelerators": {A100: "a100"},
    }
    return SlurmSite(**(values | fields))


def submission(work: Launch, **fields: Any) -> dict[str, Any]:
    return submission_of(work, site(**fields), Path("/shared/attempts/att_1"), time_scale=1.0)


def test_a_gang_with_gpus_is_written_as_tasks() -> None:
    demand = Resources(cpu_cores=11.5, memory_gib=24, accelerators={A100: 2})
    body = submission(
        launch(command=("train", "--data", "a b"), tasks=4, resources=demand, wall_limit_minutes=90.5),
        partition="main",
        account="east",
        environment={"LANG": "C.UTF-8"},
    )
    job = body["job"]
    assert {name: job[name] for name in ("tasks", "cpus_per_task", "memory_per_cpu", "gpus_per_task")} == {
        "tasks": 4,
        "cpus_per_task": 12,
        "memory_per_cpu": 2048,
        "gpus_per_task": "a100:2",
    }
    assert (job["name"], job["comment"]) == ("att_1", "edwc attempt att_1")
    assert (job["partition"], job["account"], job["time_limit"]) == ("main", "east", 93)
    assert job["environment"]["EDWC_WALL_SECONDS"] == "5430"
    assert job["environment"]["LANG"] == "C.UTF-8"
    assert body["script"].splitlines()[:2] == [
        "#!/bin/sh",
        "set -- srun --kill-on-bad-exit=1 train --data 'a b'",
    ]


def test_one_task_runs_without_srun_and_the_environment_is_never_empty() -> None:
    body = submission(launch(command=("true",)))
    assert body["script"].splitlines()[1] == "set -- true"
    assert body["job"]["environment"]["PATH"]
    assert body["job"]["environment"]["EDWC_ATTEMPT"] == "att_1"
    assert not {"partition", "account", "gpus_per_task", "memory_per_cpu", "requeue"} & body["job"].keys()


def test_work_without_a_command_sleeps_on_the_real_nodes() -> None:
    assert submission(launch(minutes=2)).get("script", "").splitlines()[1] == "set -- sleep 120.000"


def test_what_the_site_can_never_run_is_refused() -> None:
    with pytest.raises(StartRefused, match=r"no accelerator h20 .*\(it has a100-sxm4-80gb\); add the model"):
        submission(launch(command=("x",), resources=Resources(accelerators={"h20": 1})))
    with pytest.raises(StartRefused, match="not images"):
        submission(launch(command=("x",), image="busybox"))


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"endpoints": ()}, "endpoints is empty"),
        ({"key": None}, "one of the two"),
        ({"token": Credential(env="T")}, "one of the two"),
        ({"beat_seconds": 0}, "beat_seconds is 0"),
        ({"stale_seconds": 5, "beat_seconds": 2}, "at least three beats"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(fields: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        site(**fields)
