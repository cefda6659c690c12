"""The REST interface of a Ray head, as far as it is used here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from api.dispatch.endpoint import Endpoint
from api.dispatch.errors import BackendSilent, StartRefused


class Head:
    """One head. Every call may raise BackendSilent."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take the address."""
        self.endpoint = endpoint

    async def session(self) -> str:
        """Name the head's life: it is another after a restart, and its table of jobs begins empty."""
        answer = await self.endpoint.ask("GET", "/api/version")
        return str(self._document(answer)["session_name"])

    async def submit(self, body: Mapping[str, Any]) -> bool:
        """Submit a job; False when there is one of that name.

        Raises:
            StartRefused: Ray will not have such a job.
        """
        answer = await self.endpoint.ask("POST", "/api/jobs/", json=dict(body))
        if answer.status_code == 500 and "already exists" in answer.text:
            return False
        if 400 <= answer.status_code < 500:
            raise StartRefused(f"attempt {body['submission_id']}: Ray refuses it: {_words(answer)}")
        self._document(answer)
        return True

    async def job(self, name: str) -> dict[str, Any] | None:
        """Describe a job, or None when the table has none of that name."""
        answer = await self.endpoint.ask("GET", f"/api/jobs/{name}")
        if answer.status_code == 404:
            return None
        document: dict[str, Any] = self._document(answer)
        return document

    async def jobs(self) -> list[dict[str, Any]]:
        """List the jobs that were submitted."""
        rows: list[dict[str, Any]] = self._document(await self.endpoint.ask("GET", "/api/jobs/"))
        return [row for row in rows if row.get("submission_id")]

    async def stop(self, name: str) -> None:
        """Ask a job to end; there may be none."""
        answer = await self.endpoint.ask("POST", f"/api/jobs/{name}/stop")
        if answer.status_code != 404:
            self._document(answer)

    async def forget(self, name: str) -> None:
        """Take a job that is over from the table; there may be none."""
        answer = await self.endpoint.ask("DELETE", f"/api/jobs/{name}")
        if answer.status_code != 404:
            self._document(answer)

    async def output(self, name: str) -> str:
        """All that was kept of a job's output."""
        answer = await self.endpoint.ask("GET", f"/api/jobs/{name}/logs")
        return "" if answer.status_code == 404 else str(self._document(answer).get("logs") or "")

    async def nodes(self) -> list[dict[str, Any]]:
        """List the nodes of the cluster, lost ones too."""
        answer = await self.endpoint.ask("GET", "/api/v0/nodes", params={"detail": "1", "limit": "10000"})
        rows: list[dict[str, Any]] = self._document(answer)["data"]["result"]["result"]
        return rows

    def _document(self, answer: httpx.Response) -> Any:
        if not answer.is_success:
            raise BackendSilent(f"{self.endpoint.url} answers {answer.status_code}: {_words(answer)}")
        return self.endpoint.read(answer)


def _words(answer: httpx.Response) -> str:
    """The last line says what is wrong: Ray answers with a traceback."""
    lines = [line for line in answer.text.splitlines() if line.strip(" .")]
    return lines[-1][:300] if lines else ""
