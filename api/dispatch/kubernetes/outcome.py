"""What a Job and its pods mean for their attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from api.dispatch.backend import Ending, Observation, Sight
from api.dispatch.kubernetes.manifest import ENDED

SIGNALS_FROM = 128
LOST_REASONS = frozenset(
    {
        "Evicted",
        "NodeLost",
        "NodeShutdown",
        "Shutdown",
        "Terminated",
        "Preempting",
        "UnexpectedAdmissionError",
    }
)
NEVER_RAN = frozenset({"ContainerCannotRun", "StartError", "CreateContainerError"})


def seen_of(job: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> Observation:
    """Return what is seen of an attempt; of what it used its times and its nodes, which is what a cluster keeps."""
    seen = _seen(job, pods)
    nodes = sorted({node for pod in pods if (node := (pod.get("spec") or {}).get("nodeName"))})
    over = seen.sight in (Sight.ENDED, Sight.LOST)
    return replace(seen, measured={"nodes": ",".join(nodes)}) if nodes and over else seen


def _seen(job: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> Observation:
    status = job.get("status") or {}
    conditions = {
        each["type"]: each for each in status.get("conditions") or () if each.get("status") == "True"
    }
    started = _instant(status.get("startTime"))
    begun = min((each for each in map(_pod_began, pods) if each), default=None) or started
    if "Complete" in conditions:
        ended = _instant(status.get("completionTime")) or _instant(
            conditions["Complete"].get("lastTransitionTime")
        )
        return Observation(
            sight=Sight.ENDED, ending=Ending.EXITED, exit_code=0, started_at=begun, ended_at=ended
        )
    if "Failed" in conditions:
        return _failed(conditions["Failed"], pods, begun)
    if ENDED in (job["metadata"].get("labels") or {}):
        return _to_end(job, status, begun)
    return _underway(pods, begun)


def _to_end(job: Mapping[str, Any], status: Mapping[str, Any], begun: datetime | None) -> Observation:
    """It is suspended, so that its pods are taken away; it is over when they are."""
    if status.get("active") or status.get("terminating"):
        return Observation(sight=Sight.RUNNING, started_at=begun)
    ended = _since(status, "Suspended") or _instant(job["metadata"].get("creationTimestamp"))
    return Observation(sight=Sight.ENDED, ending=Ending.CANCELLED, started_at=begun, ended_at=ended)


def _underway(pods: Sequence[Mapping[str, Any]], begun: datetime | None) -> Observation:
    for pod in pods:
        if pod["status"].get("phase") == "Unknown" or pod["status"].get("reason") == "NodeLost":
            return Observation(
                sight=Sight.UNKNOWN, started_at=begun, detail=f"pod {pod['metadata']['name']}: node lost"
            )
    if any(pod["status"].get("phase") in {"Running", "Succeeded", "Failed"} for pod in pods):
        return Observation(sight=Sight.RUNNING, started_at=begun)
    return Observation(sight=Sight.WAITING, detail="; ".join(filter(None, map(_waits_for, pods)))[:300])


def _failed(
    condition: Mapping[str, Any], pods: Sequence[Mapping[str, Any]], begun: datetime | None
) -> Observation:
    ended, words = _instant(condition.get("lastTransitionTime")), str(condition.get("message", ""))
    if condition.get("reason") == "DeadlineExceeded":
        return Observation(
            sight=Sight.ENDED, ending=Ending.TIMEOUT, started_at=begun, ended_at=ended, detail=words
        )
    for pod in pods:
        why = _why_lost(pod)
        if why:
            return Observation(sight=Sight.LOST, started_at=begun, ended_at=ended, detail=why)
    failed = [gone for pod in pods if (gone := _terminated(pod)) and gone.get("exitCode", 0) != 0]
    if failed:  # of a gang the first: the others are ended for its sake
        return _exited(min(failed, key=lambda gone: str(gone.get("finishedAt", ""))), begun, ended)
    return Observation(
        sight=Sight.LOST, started_at=begun, ended_at=ended, detail=words or "failed, and its pods are gone"
    )


def _exited(gone: Mapping[str, Any], begun: datetime | None, ended: datetime | None) -> Observation:
    code, reason = int(gone["exitCode"]), gone.get("reason", "")
    number = code - SIGNALS_FROM if SIGNALS_FROM < code <= SIGNALS_FROM + 64 else None
    ending, detail = Ending.EXITED if number is None else Ending.SIGNALLED, ""
    if reason == "OOMKilled":
        detail = "went beyond its memory limit"
    if reason in NEVER_RAN:
        ending, number, detail = Ending.NOT_STARTED, None, str(gone.get("message", reason))
    return Observation(
        sight=Sight.ENDED,
        ending=ending,
        exit_code=code if number is None else None,
        signal=number,
        started_at=begun,
        ended_at=_instant(gone.get("finishedAt")) or ended,
        detail=detail,
    )


def _why_lost(pod: Mapping[str, Any]) -> str:
    status = pod["status"]
    disrupted = any(
        each["type"] == "DisruptionTarget" and each["status"] == "True"
        for each in status.get("conditions") or ()
    )
    if status.get("reason") in LOST_REASONS or disrupted:
        why = f"{status.get('reason') or 'disrupted'} {status.get('message', '')}".strip()
        return f"pod {pod['metadata']['name']}: {why}"
    return ""


def _container(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    statuses = pod["status"].get("containerStatuses") or ()
    state: Mapping[str, Any] = statuses[0].get("state") or {} if statuses else {}
    return state


def _terminated(pod: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return _container(pod).get("terminated")


def _waits_for(pod: Mapping[str, Any]) -> str:
    waiting = _container(pod).get("waiting") or {}
    unplaced = [
        each.get("message", "")
        for each in pod["status"].get("conditions") or ()
        if each["type"] == "PodScheduled" and each["status"] == "False"
    ]
    return str(waiting.get("message") or waiting.get("reason") or "; ".join(unplaced))


def _pod_began(pod: Mapping[str, Any]) -> datetime | None:
    state = _container(pod)
    return _instant((state.get("running") or state.get("terminated") or {}).get("startedAt"))


def _since(status: Mapping[str, Any], kind: str) -> datetime | None:
    for each in status.get("conditions") or ():
        if each["type"] == kind:
            return _instant(each.get("lastTransitionTime"))
    return None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
