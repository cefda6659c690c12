"""The API server of a cluster, as far as it is used here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from api.dispatch.endpoint import Endpoint
from api.dispatch.errors import BackendSilent, StartRefused

MANAGER = "edwc"
PAGE = 500
_REFUSED = frozenset({400, 404, 413, 422})
_APPLY = {"content-type": "application/apply-patch+yaml"}  # JSON is YAML
_MERGE = {"content-type": "application/merge-patch+json"}


class Cluster:
    """One API server and one namespace. Every call may raise BackendSilent."""

    def __init__(self, endpoint: Endpoint, namespace: str) -> None:
        """Take the address."""
        self.endpoint = endpoint
        self._jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
        self._pods = f"/api/v1/namespaces/{namespace}/pods"

    async def apply(self, job: Mapping[str, Any]) -> bool:
        """Apply a Job on the server's side: it is made, or is there as it is.

        Returns:
            False when another made a different one of that name.

        Raises:
            StartRefused: The cluster will not have it.
        """
        name, body = job["metadata"]["name"], dict(job)
        answer = await self.endpoint.ask(
            "PATCH", f"{self._jobs}/{name}", params={"fieldManager": MANAGER}, json=body, headers=_APPLY
        )
        if answer.status_code == 409:
            return False
        if answer.status_code in _REFUSED:
            raise StartRefused(f"job {name}: the cluster refuses it: {_words(answer)}")
        self._fine(answer)
        return True

    async def make(self, job: Mapping[str, Any]) -> bool:
        """Make a Job, and nothing when there is one of that name; whether it was made."""
        answer = await self.endpoint.ask(
            "POST", self._jobs, params={"fieldManager": f"{MANAGER}-end"}, json=dict(job)
        )
        if answer.status_code == 409:
            return False
        self._fine(answer)
        return True

    async def change(self, name: str, patch: Mapping[str, Any]) -> None:
        """Change fields of a Job; there may be none."""
        answer = await self.endpoint.ask(
            "PATCH",
            f"{self._jobs}/{name}",
            params={"fieldManager": f"{MANAGER}-end"},
            json=dict(patch),
            headers=_MERGE,
        )
        if answer.status_code != 404:
            self._fine(answer)

    async def jobs(self, selector: str) -> list[dict[str, Any]]:
        """List the Jobs that labels select."""
        return await self._list(self._jobs, selector)

    async def pods(self, selector: str) -> list[dict[str, Any]]:
        """List the pods that labels select."""
        return await self._list(self._pods, selector)

    async def nodes(self) -> list[dict[str, Any]]:
        """List all nodes."""
        return await self._list("/api/v1/nodes", "")

    @asynccontextmanager
    async def output(self, pod: str, container: str) -> AsyncIterator[AsyncIterator[bytes] | None]:
        """Read a pod's output from its beginning; None when it has not begun."""
        async with self.endpoint.stream(f"{self._pods}/{pod}/log", params={"container": container}) as answer:
            if answer.status_code in {400, 404}:
                yield None
            else:
                self._fine(answer)
                yield answer.aiter_bytes()

    async def _list(self, path: str, selector: str) -> list[dict[str, Any]]:
        params = {"limit": str(PAGE)} | ({"labelSelector": selector} if selector else {})
        found: list[dict[str, Any]] = []
        while True:
            answer = await self.endpoint.ask("GET", path, params=params)
            if (
                answer.status_code == 410 and "continue" in params
            ):  # the pages have changed under us: from the start
                del params["continue"]
                found.clear()
                continue
            self._fine(answer)
            page = self.endpoint.read(answer)
            found += page.get("items") or ()
            further = (page.get("metadata") or {}).get("continue")
            if not further:
                return found
            params["continue"] = further

    def _fine(self, answer: httpx.Response) -> None:
        if not answer.is_success:
            words = _words(answer) if answer.is_closed else ""
            raise BackendSilent(f"{self.endpoint.url} answers {answer.status_code}: {words}")


def _words(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]
