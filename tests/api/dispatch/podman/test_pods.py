"""Kubernetes Pods that a site wrote down, run by Podman."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.dispatch import Ending, Launch, Sight, StaleAttempt, StartRefused
from tests.api.dispatch.benches import launch, seen
from tests.api.dispatch.podman.bench import PodmanBench
from tests.api.dispatch.podman.machine import IMAGE, Machine

pytestmark = pytest.mark.slow
PAIR = f"""
apiVersion: v1
kind: Pod
metadata: {{name: whatever, labels: {{team: weather}}}}
spec:
  hostNetwork: true
  containers:
    - name: model
      image: {IMAGE}
      command: ["/bin/sh", "-c", "echo main of $EDWC_ATTEMPT; sleep 0.3; exit 4"]
      resources: {{limits: {{memory: 64Mi, cpu: "0.5"}}}}
    - name: sidecar
      image: {IMAGE}
      command: ["/bin/sh", "-c", "echo beside"]
"""


def pod(name: str = "1", **fields: object) -> Launch:
    return launch(name, image="pod:pair", **fields)


@pytest.fixture
def bench(machine: Machine, tmp_path: Path) -> PodmanBench:
    (tmp_path / "pair.yaml").write_text(PAIR)
    (tmp_path / "job.yaml").write_text("kind: Job\nspec: {}\n")
    return PodmanBench(machine, manifests=tmp_path)


def test_a_pod_runs_and_ends_as_its_containers_do(bench: PodmanBench) -> None:
    async def act(_: object) -> None:
        backend = bench.open()
        await backend.start(pod())
        end = await seen(backend, "att_1")
        assert (end.ending, end.exit_code) == (Ending.EXITED, 4)
        assert (await backend.logs("att_1")).data == b"main of att_1\n"
        assert await backend.start(pod()) == "att_1"
        assert await seen(bench.open(), "att_1") == end
        labels = bench.machine.inspect("att_1-model")["Config"]["Labels"]
        assert (labels["team"], labels["edwc.job"]) == ("weather", "job_1")

    bench.play(act)


def test_the_command_of_a_job_is_that_of_the_first_container(bench: PodmanBench) -> None:
    async def act(_: object) -> None:
        backend = bench.open()
        await backend.start(pod(command=("/bin/echo", "another")))
        assert (await seen(backend, "att_1")).succeeded
        assert (await backend.logs("att_1")).data == b"another\n"

    bench.play(act)


def test_a_pod_is_cancelled_before_and_after_its_start(bench: PodmanBench) -> None:
    async def act(_: object) -> None:
        backend = bench.open()
        await backend.start(pod(token=2, command=("/bin/sleep", "1000")))
        await seen(backend, "att_1", sight=Sight.RUNNING)
        await backend.cancel("att_1")
        assert (await seen(backend, "att_1")).ending is Ending.CANCELLED
        await backend.cancel("att_2")
        await backend.start(pod("2", token=2))
        assert (await seen(backend, "att_2")).ending is Ending.CANCELLED
        with pytest.raises(StaleAttempt):
            await backend.start(pod("3", token=1))

    bench.play(act)


@pytest.mark.parametrize(
    ("name", "words"),
    [("none", "cannot be read"), ("job", "must hold one Pod"), ("../pair", "no manifests of that")],
)
def test_a_manifest_that_is_not_the_sites_is_refused(bench: PodmanBench, name: str, words: str) -> None:
    async def act(_: object) -> None:
        with pytest.raises(StartRefused, match=words):
            await bench.open().start(launch(image=f"pod:{name}"))

    bench.play(act)
