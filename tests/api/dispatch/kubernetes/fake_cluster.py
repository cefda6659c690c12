"""An imitation of an API server: what of server-side apply, selectors, paging and Jobs matters to a caller.

Every Job that it is handed must pass the published schema of several Kubernetes versions. It is no cluster: nothing
runs, and a test says what the controllers would have done.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import httpx
import kubernetes_validate

VERSIONS = ("1.27", "1.30", "1.33", "1.37")
NOON = "2026-07-01T04:00:00Z"
LATER = "2026-07-01T04:10:00Z"
_ROUTE = re.compile(
    r"/(?:api/v1|apis/batch/v1)(?:/namespaces/([^/]+))?/(jobs|pods|nodes)(?:/([^/]+))?(/log)?"
)


class FakeCluster:
    """Objects by kind and name, and who owns which field of them."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, dict[str, Any]]] = {"jobs": {}, "pods": {}, "nodes": {}}
        self.output: dict[str, bytes] = {}
        self.token = "sesame"
        self.namespace = "batch"
        self.page = 500
        self.lively = False  # play the controllers too: pods begin at once, and are taken away
        self.requests: list[httpx.Request] = []
        self._owners: dict[tuple[str, str], str] = {}
        self._numbers = itertools.count(1)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    # What the controllers do.

    def give_pod(self, attempt: str, phase: str = "Running", index: int = 0, **status: Any) -> dict[str, Any]:
        """Make a pod of an attempt's job, as the job controller and a kubelet would."""
        job = self.job(attempt)
        name = f"{job['metadata']['name']}-{index}"
        state = {"running": {"startedAt": NOON}} if phase == "Running" else {}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "labels": job["spec"]["template"]["metadata"]["labels"],
                "annotations": {"batch.kubernetes.io/job-completion-index": str(index)},
            },
            "spec": deepcopy(job["spec"]["template"]["spec"]),
            "status": {"phase": phase, "containerStatuses": [_container(state)]} | status,
        }
        self.objects["pods"][name] = pod
        job["status"] = {"active": 1, "startTime": NOON}
        return pod

    def exit_pod(self, attempt: str, code: int, reason: str = "", index: int = 0, at: str = LATER) -> None:
        pod = self.objects["pods"][f"{self.job(attempt)['metadata']['name']}-{index}"]
        gone = {"exitCode": code, "reason": reason or "Error", "startedAt": NOON, "finishedAt": at}
        pod["status"] |= {
            "phase": "Failed" if code else "Succeeded",
            "containerStatuses": [_container({"terminated": gone})],
        }

    def finish(self, attempt: str, kind: str, reason: str = "", message: str = "") -> None:
        condition = {"type": kind, "status": "True", "reason": reason, "message": message}
        condition["lastTransitionTime"] = LATER
        job = self.job(attempt)
        job["status"] = {"startTime": NOON, "conditions": [condition]}
        if kind == "Complete":
            job["status"]["completionTime"] = LATER

    def suspend_settled(self, attempt: str) -> None:
        """The job controller has taken the pods of a suspended job away."""
        job = self.job(attempt)
        assert job["spec"]["suspend"]
        condition = {"type": "Suspended", "status": "True", "lastTransitionTime": LATER}
        job["status"] = {"conditions": [condition]}
        self.objects["pods"] = {
            name: pod
            for name, pod in self.objects["pods"].items()
            if pod["metadata"]["labels"]["edwc-attempt"] != attempt
        }

    def end_brief(self) -> None:
        """All whose command is `true` have ended."""
        for job in self.objects["jobs"].values():
            container = job["spec"]["template"]["spec"]["containers"][0]
            if container.get("command") == ["true"] and "conditions" not in job.get("status", {}):
                attempt = job["metadata"]["labels"]["edwc-attempt"]
                self.give_pod(attempt)
                self.exit_pod(attempt, 0)
                self.finish(attempt, "Complete")

    def _settle(self) -> None:
        for job in self.objects["jobs"].values():
            attempt = job["metadata"]["labels"]["edwc-attempt"]
            if "conditions" in job.get("status", {}):
                continue
            if job["spec"].get("suspend"):
                self.suspend_settled(attempt)
            elif "status" not in job:
                self.give_pod(attempt)

    def job(self, attempt: str) -> dict[str, Any]:
        return next(
            job
            for job in self.objects["jobs"].values()
            if job["metadata"]["labels"].get("edwc-attempt") == attempt
        )

    # What the API server does.

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _status(401, "Unauthorized")
        found = _ROUTE.fullmatch(request.url.path)
        assert found is not None, request.url
        namespace, kind, name, log = found.groups()
        assert namespace in ({None} if kind == "nodes" else {self.namespace})
        if log:
            text = self.output.get(name)
            return _status(404, "not found") if text is None else httpx.Response(200, content=text)
        if self.lively:
            self._settle()
        if request.method == "GET":
            return self._list(kind, request.url.params)
        body = json.loads(request.content)
        if request.method == "POST":
            return self._make(body, request.url.params["fieldManager"])
        if request.headers["content-type"] == "application/apply-patch+yaml":
            return self._apply(name, body, request.url.params)
        return self._merge(name, body, request.url.params["fieldManager"])

    def _list(self, kind: str, params: httpx.QueryParams) -> httpx.Response:
        rows = [
            row
            for row in self.objects[kind].values()
            if _selects(params.get("labelSelector", ""), row["metadata"].get("labels") or {})
        ]
        begin = int(params.get("continue", 0))
        end = begin + min(self.page, int(params["limit"]))
        further = str(end) if end < len(rows) else ""
        return httpx.Response(200, json={"items": rows[begin:end], "metadata": {"continue": further}})

    def _make(self, body: dict[str, Any], manager: str) -> httpx.Response:
        _validate(body)
        name = body["metadata"]["name"]
        if name in self.objects["jobs"]:
            return _status(409, f'jobs.batch "{name}" already exists')
        return self._store(name, body, manager)

    def _apply(self, name: str, body: dict[str, Any], params: httpx.QueryParams) -> httpx.Response:
        _validate(body)
        assert body["metadata"]["name"] == name
        live = self.objects["jobs"].get(name)
        if live is None:
            return self._store(name, body, params["fieldManager"])
        for path, value in _leaves(body):
            owner = self._owners.get((name, path))
            if owner not in (None, params["fieldManager"]) and value != _at(live, path):
                return _status(409, f'Apply failed with 1 conflict: conflict with "{owner}": {path}')
        if body["spec"]["template"] != live["spec"]["template"]:
            return _status(422, "spec.template: Invalid value: field is immutable")
        return httpx.Response(200, json=live)

    def _merge(self, name: str, patch: dict[str, Any], manager: str) -> httpx.Response:
        live = self.objects["jobs"].get(name)
        if live is None:
            return _status(404, f'jobs.batch "{name}" not found')
        for path, value in _leaves(patch):
            *folders, last = path.split("/")
            place = live
            for folder in folders:
                place = place.setdefault(folder, {})
            place[last] = value
            self._owners[name, path] = manager
        return httpx.Response(200, json=live)

    def _store(self, name: str, body: dict[str, Any], manager: str) -> httpx.Response:
        self._owners |= {(name, path): manager for path, _ in _leaves(body)}
        made = deepcopy(body)
        made["metadata"] |= {"uid": f"uid-{next(self._numbers)}", "creationTimestamp": NOON}
        self.objects["jobs"][name] = made
        return httpx.Response(201, json=made)


def node(
    name: str, *, ready: bool = True, cordoned: bool = False, labels: Any = None, **held: str
) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {"unschedulable": True} if cordoned else {},
        "status": {
            "allocatable": {key.replace("__", "/").replace("_", "."): value for key, value in held.items()},
            "conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}],
        },
    }


def _container(state: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": "work",
        "state": dict(state),
        "image": "",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
    }


def _validate(body: dict[str, Any]) -> None:
    for version in VERSIONS:
        kubernetes_validate.validate(body, version, strict=True)


def _leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        return [leaf for key, each in value.items() for leaf in _leaves(each, f"{path}/{key}".lstrip("/"))]
    return [(path, value)]


def _at(document: Any, path: str) -> Any:
    for key in path.split("/"):
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _selects(selector: str, labels: Mapping[str, str]) -> bool:
    among = re.fullmatch(r"(\S+) in \((.*)\)", selector)
    if among:
        return labels.get(among[1]) in among[2].split(",")
    key, _, value = selector.partition("=")
    return not selector or labels.get(key) == value


def _status(code: int, message: str) -> httpx.Response:
    return httpx.Response(
        code, json={"kind": "Status", "status": "Failure", "message": message, "code": code}
    )
