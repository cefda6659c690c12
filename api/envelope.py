"""The envelope of every request: an id in and out, its time, one line in the log, and no error left unanswered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import begin_request, get_logger
from api.problems import problem_of

if TYPE_CHECKING:
    from api.metrics import Metrics

SLOW_SECONDS = 1.0
STREAM = "/v1/events"
_log = get_logger()


class Envelope:
    """The outermost layer, in plain ASGI."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, chatty: bool = False) -> None:
        """Wrap an app; a chatty one logs every request, else only those that fail or take long."""
        self._app, self._metrics, self._chatty = app, metrics, chatty

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = begin_request(_given_id(scope))
        began, status, finished = time.perf_counter(), 0, False

        async def stamp(message: Message) -> None:
            nonlocal status, finished
            if message["type"] == "http.response.body":
                finished = not message.get("more_body", False)
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = name
                headers["X-Content-Type-Options"] = "nosniff"
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await self._app(scope, receive, stamp)
        except Exception as error:
            _log.exception("request_failed", method=scope["method"], path=scope["path"], error=repr(error))
            if not status:
                await problem_of(error)(scope, receive, stamp)
            elif not finished:
                raise  # the answer is cut short, and whoever reads it must see that
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        if route != STREAM:  # it is open for as long as somebody listens
            self._metrics.observe(scope["method"] if route != "other" else "any", route, status, seconds)
        if status < 400 and (seconds < SLOW_SECONDS or route == STREAM) and not self._chatty:
            return
        write = _log.warning if status >= 500 else _log.info
        write(
            "request_answered",
            method=scope["method"],
            path=scope["path"],
            status=status,
            ms=round(seconds * 1e3, 2),
        )


def _given_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return str(value.decode("latin-1"))
    return ""
