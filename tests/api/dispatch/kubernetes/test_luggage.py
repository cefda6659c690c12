"""What a cluster's pods see of the volumes of their site, held to the published schema."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api.dispatch import BackendSilent, Launch
from api.dispatch.credential import Credential
from api.dispatch.kubernetes import KubernetesSite
from tests.api.dispatch.benches import launch
from tests.api.dispatch.kubernetes.conftest import Bench


def pod_of(bench: Bench, work: Launch, **settings: object) -> dict[str, object]:
    asyncio.run(bench.open(**settings).start(work))
    spec: dict[str, object] = bench.cluster.job("att_1")["spec"]["template"]["spec"]
    return spec


def test_a_pod_sees_its_own_inputs_and_its_jobs_checkpoint_and_no_others(
    bench: Bench, tmp_path: Path
) -> None:
    (tmp_path / "checkpoints").mkdir()
    inputs = tmp_path / "inputs" / "att_1"
    pod = pod_of(
        bench,
        launch(command=("train",), environment={"EDWC_INPUT_0": str(inputs / "input.0")}),
        volumes={"edwc-data": tmp_path},
        checkpoints=tmp_path / "checkpoints",
    )
    (container,) = pod["containers"]  # type: ignore[misc]
    kept = str(tmp_path / "checkpoints" / "job_1")
    found = {each["name"]: each["value"] for each in container["env"]}
    assert found["EDWC_INPUT_0"] == str(inputs / "input.0")
    assert found["EDWC_CHECKPOINT_DIR"] == kept
    assert container["volumeMounts"] == [
        {"name": "edwc-data", "mountPath": str(inputs), "subPath": "inputs/att_1", "readOnly": True},
        {"name": "edwc-data", "mountPath": kept, "subPath": "checkpoints/job_1", "readOnly": False},
    ]
    assert pod["volumes"] == [{"name": "edwc-data", "persistentVolumeClaim": {"claimName": "edwc-data"}}]


def test_a_site_without_volumes_mounts_nothing(bench: Bench) -> None:
    pod = pod_of(bench, launch(environment={"EDWC_INPUT_0": "/inputs/att_1/input.0"}))
    assert "volumes" not in pod


def test_checkpoints_outside_the_volumes_are_refused_when_the_file_is_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must lie in one of volumes"):
        KubernetesSite(
            endpoint="https://cluster.example",
            token=Credential(file=tmp_path / "token"),
            volumes={"edwc-data": tmp_path / "data"},
            checkpoints=tmp_path / "elsewhere",
        )


def test_a_volume_that_is_not_mounted_here_is_silence(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(BackendSilent, match="mount or make"):
        pod_of(
            bench,
            launch(),
            volumes={"edwc-data": tmp_path},
            checkpoints=tmp_path / "checkpoints",
        )


def test_the_nodes_of_what_is_over_are_known(bench: Bench) -> None:
    async def act() -> None:
        backend = bench.open()
        await backend.start(launch())
        pod = bench.cluster.give_pod("att_1")
        pod.setdefault("spec", {})["nodeName"] = "n7"
        bench.cluster.exit_pod("att_1", 0)
        bench.cluster.finish("att_1", "Complete")
        end = (await backend.poll(["att_1"]))["att_1"]
        assert (end.measured, end.succeeded) == ({"nodes": "n7"}, True)
        assert end.started_at is not None
        assert end.ended_at is not None

    asyncio.run(act())
