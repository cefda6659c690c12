"""One HTTP address of a site's control: asked with a bearer token, a time limit, and no guesses about silence."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from api.dispatch.credential import Credential
from api.dispatch.errors import BackendSilent

UNIX = "unix://"
CONNECT_SECONDS = 5.0
CONNECTIONS = 32
# Whoever answers so stands in front of the program that we asked, or has lost it.
FRONT_STATUSES = frozenset({429, 502, 503, 504})
DENIED = frozenset({401, 403})


class Endpoint:
    """A REST interface that may be slow, silent, or refuse our token; whatever it is, nothing is known then."""

    def __init__(
        self,
        url: str,
        *,
        token: Credential | None = None,
        ca_file: Path | None = None,
        timeout_s: float = 15.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take an address; nothing is asked yet.

        Args:
            url: http://…, https://…, or unix:///path/of/socket.
            token: sent as bearer token; read anew for every request, so that it may be renewed under our feet.
            ca_file: certificates to trust instead of the machine's.
            timeout_s: a request takes no longer than this in all.
            transport: carries the requests instead of the network, in tests.
        """
        self.url = url.rstrip("/")
        self._token, self._ca_file, self._timeout_s = token, ca_file, timeout_s
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def ask(
        self, method: str, path: str, *, within_s: float | None = None, **parts: Any
    ) -> httpx.Response:
        """Return the answer, whatever its status, to one request.

        A question (GET) is asked twice when the connection breaks: it may have been an old one.

        Raises:
            BackendSilent: There is none, or it comes from in front of the program, or it does not know us.
        """
        for last in (method != "GET", True):
            try:
                async with asyncio.timeout(within_s or self._timeout_s):
                    return self._heard(
                        await self._open().request(method, path, headers=self._headers(parts), **parts)
                    )
            except httpx.NetworkError as error:
                if last:
                    raise self._silent(method, path, error) from error
            except (httpx.HTTPError, TimeoutError, OSError) as error:
                raise self._silent(method, path, error) from error
        raise AssertionError("the last try returns or raises")

    def read(self, answer: httpx.Response) -> Any:
        """Return the document of an answer.

        Raises:
            BackendSilent: It has none.
        """
        try:
            return answer.json()
        except ValueError:
            raise BackendSilent(f"{self.url} answers what is no JSON") from None

    @asynccontextmanager
    async def stream(self, path: str, **parts: Any) -> AsyncIterator[httpx.Response]:
        """Ask for an answer that is read piece by piece.

        Raises:
            BackendSilent: As `ask` does.
        """
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._open().stream("GET", path, headers=self._headers(parts), **parts) as answer,
            ):
                yield self._heard(answer)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise self._silent("GET", path, error) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            transport, base_url = self._transport, self.url
            if self.url.startswith(UNIX):
                transport = httpx.AsyncHTTPTransport(uds=self.url.removeprefix(UNIX))
                base_url = "http://localhost"
            verify = ssl.create_default_context(cafile=self._ca_file) if self._ca_file else True
            self._client = httpx.AsyncClient(
                base_url=base_url,
                transport=transport,
                verify=verify,
                timeout=httpx.Timeout(self._timeout_s, connect=CONNECT_SECONDS),
                limits=httpx.Limits(max_connections=CONNECTIONS),
                trust_env=False,
            )
        return self._client

    def _headers(self, parts: dict[str, Any]) -> dict[str, str]:
        headers: dict[str, str] = dict(parts.pop("headers", None) or {})
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.read()}"
        return headers

    def _heard(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code in FRONT_STATUSES:
            raise BackendSilent(
                f"{self.url} answers {answer.status_code}: what stands behind it was not reached"
            )
        if answer.status_code in DENIED:
            raise BackendSilent(
                f"{self.url} answers {answer.status_code}: renew the token, or give it the rights"
            )
        if answer.headers.get("content-type", "").startswith("text/html"):
            raise BackendSilent(f"{self.url} answers with a page for people: it was not reached itself")
        return answer

    def _silent(self, method: str, path: str, error: Exception) -> BackendSilent:
        words = str(error) or type(error).__name__
        return BackendSilent(f"{self.url} gave no answer to {method} {path}: {words}")
