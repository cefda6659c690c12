"""A slurmrestd that answers with the shapes recorded from version 22.05, without any Slurm behind it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

Answer = httpx.Response | Exception

# What the real one said, cut down to what is read.
NO_CONTROLLER = {
    "errors": [
        {"description": "Failed while looking for jobs", "error_number": -1, "error": "Unspecified error"}
    ]
}
NO_SUCH_JOB = {
    "errors": [
        {"description": "Unable to find JobId=9", "error_number": 2017, "error": "Invalid job id specified"}
    ],
    "jobs": [],
}
TOO_MANY_CPUS = {"errors": [{"error_code": 2005, "error": "More processors requested than permitted"}]}
BAD_GRES = {"errors": [{"error_code": 9001, "error": "Failure during parsing"}]}
QUEUE_FULL = {
    "errors": [{"error_code": 2007, "error": "Slurm temporarily unable to accept job, sleeping and retrying"}]
}


def job(number: int, attempt: str = "att_1", state: str = "PENDING", **fields: Any) -> dict[str, Any]:
    return {
        "job_id": number,
        "name": attempt,
        "comment": f"edwc attempt {attempt}",
        "job_state": state,
        "exit_code": 0,
        "start_time": 0,
        "state_reason": "None",
        **fields,
    }


def node(name: str, state: str = "idle", **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "state": state,
        "state_flags": [],
        "partitions": ["main"],
        "gres": "gpu:a100:4(S:0-1)",
        "cpus": 8,
        "real_memory": 16_384,
        **fields,
    }


class RecordedRest:
    """Holds jobs and nodes, and gives submissions the next number; `trouble` may answer in its place."""

    def __init__(self) -> None:
        self.jobs: dict[int, dict[str, Any]] = {}
        self.nodes: list[dict[str, Any]] = []
        self.asked: list[httpx.Request] = []
        self.next_number = 1
        self.trouble: Callable[[httpx.Request], Answer | None] = lambda _: None

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    @property
    def submissions(self) -> list[dict[str, Any]]:
        return [json.loads(each.content) for each in self.asked if each.method == "POST"]

    def paths(self) -> list[str]:
        return [f"{each.method} {each.url.path.removeprefix('/slurm/v0.0.38')}" for each in self.asked]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        trouble = self.trouble(request)
        if isinstance(trouble, Exception):
            raise trouble
        return trouble or self._well(request)

    def _well(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/slurm/v0.0.38")
        if path == "/job/submit":
            number, self.next_number = self.next_number, self.next_number + 1
            self.jobs[number] = job(number, json.loads(request.content)["job"]["name"])
            return httpx.Response(200, json={"errors": [], "job_id": number, "step_id": "BATCH"})
        if path == "/jobs/":
            return httpx.Response(200, json={"errors": [], "jobs": list(self.jobs.values())})
        if path == "/nodes/":
            return httpx.Response(200, json={"errors": [], "nodes": self.nodes})
        if path == "/ping/":
            return httpx.Response(200, json={"errors": [], "pings": [{"ping": "UP"}]})
        number = int(path.rpartition("/")[2])
        if number not in self.jobs:
            return httpx.Response(500, json=NO_SUCH_JOB)
        if request.method == "DELETE":
            self.jobs[number]["job_state"] = "CANCELLED"
            return httpx.Response(200, json={"errors": []})
        return httpx.Response(200, json={"errors": [], "jobs": [self.jobs[number]]})
