"""The kubernetes backend: an attempt is a Job of its own name; a gang is an indexed one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from api.dispatch.backend import Launch, LogPiece, Observation, Sight
from api.dispatch.checkpoint import make_checkpoint
from api.dispatch.endpoint import Endpoint
from api.dispatch.errors import BackendSilent, StaleAttempt, UnknownAttempt
from api.dispatch.kind import BackendKind, Surroundings
from api.dispatch.kubernetes.cluster import Cluster
from api.dispatch.kubernetes.manifest import (
    ATTEMPT,
    CONTAINER,
    ENDED,
    JOB,
    SITE,
    TOKEN,
    job_manifest,
    name_of,
    tombstone,
)
from api.dispatch.kubernetes.nodes import held_by
from api.dispatch.kubernetes.outcome import seen_of
from api.dispatch.kubernetes.settings import KubernetesSite
from api.dispatch.runner import PIECE_BYTES, STREAMS
from topology import Resources

INDEX = "batch.kubernetes.io/job-completion-index"
FEW = 50  # attempts that a selector can name one by one


class KubernetesBackend:
    """A Backend of Jobs in one namespace of one cluster. All state is the cluster's.

    A Job's name is the attempt's, and it is applied, not created: the same again changes nothing. It is ended by
    suspending it, which takes its pods away and keeps the Job to be looked up.
    """

    def __init__(
        self, settings: KubernetesSite, around: Surroundings, endpoint: Endpoint | None = None
    ) -> None:
        """Take a site; nothing is asked of it yet."""
        self._settings, self._site, self._time_scale = settings, around.site, around.time_scale
        self.checkpoints = settings.checkpoints
        endpoint = endpoint or Endpoint(
            settings.endpoint,
            token=settings.token,
            ca_file=settings.ca_file,
            timeout_s=settings.timeout_seconds,
        )
        self._cluster = Cluster(endpoint, settings.namespace)
        self._endpoint = endpoint

    async def start(self, launch: Launch) -> str:
        """Apply its Job unless there is one; see Backend.start."""
        found = await self._job(launch.attempt)
        if found is None:
            await self._fence(launch)
            if self.checkpoints is not None:
                await make_checkpoint(self.checkpoints / launch.job)
            await self._cluster.apply(job_manifest(launch, self._settings, self._time_scale))
            found = await self._job(launch.attempt)
        if found is None:
            raise BackendSilent(f"attempt {launch.attempt}: its job was applied and is gone")
        return str(found["metadata"]["uid"])

    async def poll(self, attempts: Sequence[str]) -> Mapping[str, Observation]:
        """Look Jobs and pods up by label; see Backend.poll."""
        if not attempts:
            return {}
        selector = f"{ATTEMPT} in ({','.join(attempts)})" if len(attempts) <= FEW else f"{SITE}={self._site}"
        # Pods first: a Job read later is never older than what its pods say.
        pods = await self._cluster.pods(selector)
        jobs = {each["metadata"]["labels"][ATTEMPT]: each for each in await self._cluster.jobs(selector)}
        of: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for pod in pods:
            of[pod["metadata"]["labels"].get(ATTEMPT, "")].append(pod)
        return {
            name: seen_of(jobs[name], _in_order(of[name])) if name in jobs else Observation(sight=Sight.NEVER)
            for name in attempts
        }

    async def cancel(self, attempt: str) -> None:
        """Suspend its Job, or take its name before it is made; see Backend.cancel."""
        if await self._job(attempt) is None and await self._cluster.make(
            tombstone(attempt, self._site, self._settings)
        ):
            return
        found = await self._job(attempt)
        if found is None or not _finished(found):
            patch = {"metadata": {"labels": {ENDED: "true"}}, "spec": {"suspend": True}}
            await self._cluster.change(name_of(attempt), patch)

    async def logs(self, attempt: str, offset: int = 0, stream: str = "stdout") -> LogPiece:
        """Read the output of its first pod, both streams in one as the cluster keeps them; see Backend.logs."""
        if stream not in STREAMS:
            raise ValueError(f"stream {stream!r}: must be one of {', '.join(STREAMS)}")
        job = await self._job(attempt)
        if job is None:
            raise UnknownAttempt(attempt)
        pods = _in_order(await self._cluster.pods(f"{ATTEMPT}={attempt}"))
        over = seen_of(job, pods).sight in (Sight.ENDED, Sight.LOST)
        if not pods or stream == "stderr":
            return LogPiece(data=b"", next_offset=offset, complete=over)
        data = await self._read(pods[0]["metadata"]["name"], offset + PIECE_BYTES)
        wanted = bytes(data[offset : offset + PIECE_BYTES])
        whole = len(data) <= offset + PIECE_BYTES
        return LogPiece(data=wanted, next_offset=offset + len(wanted), complete=over and whole)

    async def capacity(self) -> Mapping[str, Resources]:
        """What the open nodes hold; see Backend.capacity."""
        return {self._site: held_by(await self._cluster.nodes(), self._settings)}

    async def close(self) -> None:
        """Let go; jobs run on."""
        await self._endpoint.close()

    async def _job(self, attempt: str) -> dict[str, Any] | None:
        name_of(attempt)
        found = await self._cluster.jobs(f"{ATTEMPT}={attempt}")
        return found[0] if found else None

    async def _read(self, pod: str, enough_bytes: int) -> bytearray:
        data = bytearray()
        async with self._cluster.output(pod, CONTAINER) as pieces:
            if pieces is not None:
                async for piece in pieces:
                    data += piece
                    if len(data) > enough_bytes:
                        break
        return data

    async def _fence(self, launch: Launch) -> None:
        found = await self._cluster.jobs(f"{JOB}={launch.job}")
        newest = max((int(each["metadata"]["labels"].get(TOKEN, 0)) for each in found), default=0)
        if launch.token < newest:
            raise StaleAttempt(launch.attempt, launch.token, newest)


def _finished(job: Mapping[str, Any]) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(each["type"] in {"Complete", "Failed"} and each["status"] == "True" for each in conditions)


def _in_order(pods: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    def place(pod: Mapping[str, Any]) -> tuple[int, str]:
        index = (pod["metadata"].get("annotations") or {}).get(INDEX, "0")
        return int(index), str(pod["metadata"]["name"])

    return sorted(pods, key=place)


def _open(settings: KubernetesSite, around: Surroundings) -> KubernetesBackend:
    return KubernetesBackend(settings, around)


KUBERNETES = BackendKind(settings=KubernetesSite, build=_open)
