"""Driver: performs the steps of scripts over httpx; the only place of the client that touches a socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, TypeVar

import httpx

from api.client.endpoints import Endpoints
from api.client.steps import Emit, Exchange, Failure, Open, Pause, Probe, Read, Reply, Script, Step

T = TypeVar("T")
PROBE_PATH = "/readyz"
CONNECTIONS_MAX = 100


class Driver:
    """Sockets and sleep, on one event loop."""

    def __init__(self, endpoints: Endpoints, transport: httpx.AsyncBaseTransport | None) -> None:
        """Open nothing yet."""
        self._endpoints = endpoints
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=CONNECTIONS_MAX)
        self._http = httpx.AsyncClient(transport=transport, limits=limits, follow_redirects=False)
        self._probes: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Close every connection and end every probe."""
        for probe in self._probes:
            probe.cancel()
        await self._http.aclose()

    async def run(self, script: Script[T]) -> T:
        """Perform a script that emits nothing, and return its result."""
        line, answer = _Line(self._http), None
        try:
            while True:
                answer = await self._perform(line, script.send(answer))
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            script.close()
            await line.shut()

    async def emitted(self, script: Script[None]) -> AsyncGenerator[Any, None]:
        """Perform a script, yielding what it emits; closing this early closes it and what it opened."""
        line, answer = _Line(self._http), None
        try:
            while True:
                try:
                    step = script.send(answer)
                except StopIteration:
                    return
                if isinstance(step, Emit):
                    yield step.value
                    answer = None
                else:
                    answer = await self._perform(line, step)
        finally:
            script.close()
            await line.shut()

    async def _perform(self, line: _Line, step: Step) -> Any:
        if isinstance(step, Probe):
            task = asyncio.ensure_future(self._probe(step))
            self._probes.add(task)
            task.add_done_callback(self._probes.discard)
            return None
        return await line.perform(step)

    async def _probe(self, step: Probe) -> None:
        ready = False
        try:
            async with asyncio.timeout(step.patience_s):
                response = await self._http.get(step.url + PROBE_PATH, timeout=step.patience_s)
            ready = response.status_code == 200 or _can_store(response)
        except (httpx.HTTPError, TimeoutError):
            ready = False
        finally:
            self._endpoints.probed(step.url, ready=ready)


def _can_store(response: httpx.Response) -> bool:
    """Whether the part that this client needs works: an API process is of use also while its loop is silent."""
    try:
        return bool(json.loads(response.content)["store"] == "ok")
    except (ValueError, TypeError, KeyError):
        return False


class _Line:
    """What one script has open."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._open: httpx.Response | None = None
        self._pieces: AsyncIterator[bytes] | None = None

    async def perform(self, step: Step) -> Any:
        if isinstance(step, Exchange):
            return await self._exchange(step)
        if isinstance(step, Read):
            return await self._read(step)
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
        return None

    async def shut(self) -> None:
        if self._open is not None:
            with contextlib.suppress(httpx.HTTPError):
                await self._open.aclose()
            self._open = None

    async def _exchange(self, step: Exchange) -> Reply | Failure:
        stream = isinstance(step, Open)
        if stream:
            await self.shut()
        try:
            # The head of a stream is waited for like an answer; its body may be silent for long.
            async with asyncio.timeout(
                min(step.total_s, step.connect_s + step.read_s) if stream else step.total_s
            ):
                response = await self._http.send(self._request(step, stream=stream), stream=True)
                try:
                    if stream and response.status_code < 400:
                        self._open, self._pieces = response, response.aiter_bytes()
                        return Reply(status=response.status_code, headers=_lower(response.headers))
                    body = await response.aread()
                finally:
                    if self._open is not response:
                        await response.aclose()
        except TimeoutError:
            return Failure(reason=f"no whole answer within {step.total_s:.3g} s", sent=True)
        except httpx.HTTPError as error:
            return _failure_of(error)
        return Reply(status=response.status_code, headers=_lower(response.headers), body=body)

    def _request(self, step: Exchange, *, stream: bool) -> httpx.Request:
        call = step.call
        headers = dict(step.headers)
        if call.body is not None:
            headers["content-type"] = "application/json"
        timeout = httpx.Timeout(
            None if stream else step.read_s, connect=step.connect_s, write=step.read_s, pool=step.connect_s
        )
        return self._http.build_request(
            call.method,
            step.url + call.path,
            params=httpx.QueryParams(tuple(call.params)),
            content=call.body,
            headers=headers,
            timeout=timeout,
        )

    async def _read(self, step: Read) -> bytes | Failure:
        assert self._pieces is not None
        try:
            async with asyncio.timeout(step.silence_s):
                return await anext(self._pieces, b"")
        except TimeoutError:
            return Failure(reason=f"the stream was silent for {step.silence_s:.3g} s", sent=True)
        except httpx.HTTPError as error:
            return _failure_of(error)


def _lower(headers: httpx.Headers) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _failure_of(error: httpx.HTTPError) -> Failure:
    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    refused = isinstance(error, httpx.ConnectError)
    unsent = isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
    )
    return Failure(reason=reason, sent=not unsent, refused=refused)
