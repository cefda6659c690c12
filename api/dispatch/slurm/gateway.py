"""The gateway: slurmrestd over HTTP, at several addresses; one that fails rests until a probe finds it well."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from api.client.endpoints import Ejection, Endpoints, Health
from api.dispatch.errors import BackendSilent, StartRefused
from api.dispatch.slurm.passes import Passes
from api.dispatch.slurm.record import SlurmJob, job_of
from api.dispatch.slurm.site import SlurmSite

REST_SECONDS, REST_SECONDS_MAX = 0.5, 4.0
CONNECTIONS = 32
NO_SUCH_JOB = 2017
ALREADY_OVER = 2021
# Numbers of Slurm below 2000 tell of the way to the controller; of those above, these are no refusals of the job.
_REFUSALS_FROM, _REFUSALS_TO = 2000, 2999
_PARSE_FAILED = 9001
_PASSING = frozenset({2007, 2016, 2019, 2022})


class Gateway:
    """Speaks to the slurmrestd of one site."""

    def __init__(
        self,
        site: SlurmSite,
        clock: Callable[[], datetime],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._site = site
        self._passes = Passes(site, clock)
        ejection = Ejection(rest_s=REST_SECONDS, rest_max_s=REST_SECONDS_MAX)
        self.endpoints = Endpoints(site.endpoints, clock=time.monotonic, ejection=ejection)
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(site.answer_seconds, connect=site.connect_seconds),
            limits=httpx.Limits(max_connections=CONNECTIONS),
        )
        self._probes: set[asyncio.Task[None]] = set()

    async def submit(self, body: Mapping[str, Any]) -> int:
        """Submit a job; its number. Never repeated here: whoever does must look for the job first.

        Raises:
            StartRefused: Slurm will not have it.
            BackendSilent: no clear answer; it may be in the queue.
        """
        answer = await self._call("POST", "/job/submit", body)
        if answer.get("job_id"):
            return int(answer["job_id"])
        number, words = _error_of(answer)
        refused = _REFUSALS_FROM <= number <= _REFUSALS_TO and number not in _PASSING
        if refused or number == _PARSE_FAILED:
            raise StartRefused(f"Slurm refuses it: {words} (error {number})")
        raise BackendSilent(f"Slurm took no job and gave no reason to give up: {words} (error {number})")

    async def job(self, number: int) -> SlurmJob | None:
        """The job of a number, whosever it is; None when there is none.

        Raises:
            BackendSilent: no answer.
        """
        answer = await self._call("GET", f"/job/{number}")
        if answer.get("jobs"):
            return job_of(answer["jobs"][0])
        code, words = _error_of(answer)
        if code == NO_SUCH_JOB:
            return None
        raise BackendSilent(f"Slurm does not say how job {number} stands: {words} (error {code})")

    async def jobs(self) -> tuple[SlurmJob, ...]:
        """All jobs Slurm remembers.

        Raises:
            BackendSilent: no answer, or not all of it.
        """
        return tuple(map(job_of, await self._listed("jobs")))

    async def nodes(self) -> list[Mapping[str, Any]]:
        """All nodes.

        Raises:
            BackendSilent: no answer, or not all of it.
        """
        return list(await self._listed("nodes"))

    async def cancel(self, number: int) -> None:
        """Cancel a job; one that is gone or over needs nothing.

        Raises:
            BackendSilent: no answer, or it is not done.
        """
        answer = await self._call("DELETE", f"/job/{number}")
        code, words = _error_of(answer)
        if code not in (0, NO_SUCH_JOB, ALREADY_OVER):
            raise BackendSilent(f"Slurm does not cancel job {number}: {words} (error {code})")

    async def close(self) -> None:
        """Let go of connections and probes."""
        for probe in tuple(self._probes):
            probe.cancel()
        await asyncio.gather(*self._probes, return_exceptions=True)
        await self._client.aclose()

    async def _listed(self, what: str) -> Sequence[Mapping[str, Any]]:
        answer = await self._call("GET", f"/{what}/")
        code, words = _error_of(answer)
        listed = answer.get(what)
        if code or not isinstance(listed, list):
            raise BackendSilent(f"Slurm does not list its {what}: {words} (error {code})")
        return listed

    async def _call(self, method: str, path: str, body: Any = None) -> Mapping[str, Any]:
        """Ask one address after another until one answers; a submission goes on only where nobody was listening."""
        self._probe_due()
        tried: list[str] = []
        problem: Exception | None = None
        for _ in self.endpoints.urls:
            if all(self.endpoints.health(url) is not Health.GOOD for url in self.endpoints.urls):
                break
            url = self.endpoints.begin(avoid=tried)
            tried.append(url)
            try:
                return await self._ask(url, method, path, body)
            except httpx.ConnectError as error:
                problem = error
            except (httpx.HTTPError, TimeoutError, ValueError) as error:
                problem = error
                if method == "POST":
                    break
        said = f"{type(problem).__name__}: {problem}" if problem else "resting after failures"
        raise BackendSilent(
            f"no slurmrestd of {', '.join(self.endpoints.urls)} answers {method} {path}: {said}"
        )

    async def _ask(self, url: str, method: str, path: str, body: Any = None) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(self._site.answer_seconds + self._site.connect_seconds):
                answer = await self._client.request(
                    method, self._url(url, path), json=body, headers=self._passes.headers()
                )
            document = _read(answer)
        except httpx.ConnectError:
            self.endpoints.failed(url, refused=True)
            raise
        except (httpx.HTTPError, TimeoutError, ValueError):
            self._passes.forget()
            self.endpoints.failed(url, refused=False)
            raise
        except BaseException:  # given up by the caller, or no credential: that says nothing of the address
            self.endpoints.left(url)
            raise
        self.endpoints.answered(url)
        return document

    def _url(self, url: str, path: str) -> str:
        return f"{url}/slurm/{self._site.api_version}{path}"

    def _probe_due(self) -> None:
        for url in self.endpoints.due_probes():
            probe = asyncio.create_task(self._probe(url))
            self._probes.add(probe)
            probe.add_done_callback(self._probes.discard)

    async def _probe(self, url: str) -> None:
        """Ask an address that rests whether its controller is up."""
        ready = False
        try:
            async with asyncio.timeout(self._site.answer_seconds):
                answer = await self._client.get(self._url(url, "/ping/"), headers=self._passes.headers())
            pings = _read(answer).get("pings") or []
            ready = any(ping.get("ping") == "UP" for ping in pings)
        except (httpx.HTTPError, TimeoutError, ValueError, BackendSilent):
            self._passes.forget()
        finally:
            self.endpoints.probed(url, ready=ready)


def _read(answer: httpx.Response) -> Mapping[str, Any]:
    """Return the document of an answer.

    Raises:
        ValueError: it is none, or says that the controller was not reached.
    """
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise ValueError(f"the token was refused ({answer.status_code}); look at key, user and both clocks")
    document = answer.json()
    if not isinstance(document, dict):
        raise ValueError(f"answer {answer.status_code} is no object")
    code, words = _error_of(document)
    if code < 0 or (answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and code == 0):
        raise ValueError(f"slurmrestd has no answer from its controller: {words} ({answer.status_code})")
    return document


def _error_of(document: Mapping[str, Any]) -> tuple[int, str]:
    """The first error an answer carries, as number and words; (0, "") without one."""
    for error in document.get("errors") or ():
        number = error.get("error_number", error.get("error_code", -1))
        return int(number), str(error.get("description") or error.get("error") or "")
    return 0, ""
