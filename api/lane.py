"""The fast lane: direct routes are answered without the framework's layers, which cost more than most answers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import TABLE, problem_of
from api.routes.visit import DirectRoute

_REFUSALS = tuple(TABLE)
_Handler = Callable[[Request], Awaitable[Response]]


class FastLane:
    """Plain ASGI before an app: what a direct route answers takes the short way, all else the usual one."""

    def __init__(self, app: FastAPI) -> None:
        """Learn the direct routes of an app."""
        self._app: ASGIApp = app
        self._owner = app
        self._routes: list[tuple[str, re.Pattern[str], DirectRoute, _Handler]] = [
            (method, route.path_regex, route, route.get_route_handler())
            for route in app.routes
            if isinstance(route, DirectRoute)
            for method in sorted(route.methods or ())
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        handler = self._handler(scope) if scope["type"] == "http" else None
        if handler is None:
            await self._app(scope, receive, send)
            return
        try:
            response = await handler(Request(scope, receive))
        except _REFUSALS as error:
            response = problem_of(error)
        await response(scope, receive, send)

    def _handler(self, scope: Scope) -> _Handler | None:
        """Return what answers a request directly; the scope then says what the framework would have said."""
        method, path = scope["method"], scope["path"]
        for known, pattern, route, handler in self._routes:
            if known == method and (found := pattern.match(path)):
                scope["app"], scope["route"], scope["path_params"] = self._owner, route, found.groupdict()
                return handler
        return None
