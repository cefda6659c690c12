"""The app: routes, errors and the OpenAPI document put together around one Service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from api import envelope, events
from api.description import describe
from api.lane import FastLane
from api.problems import HTTP_KINDS, INVALID, TABLE, problem_of, write_problem
from api.routes import (
    accounts,
    audit,
    cities,
    console,
    drills,
    explanations,
    health,
    jobs,
    keys,
    logs,
    places,
    quotes,
    scenarios,
    sites,
    survey,
    tenants,
    whoami,
)
from api.service import Service
from api.telemetry import telemetry_of

_ROUTERS = (
    jobs.direct,
    jobs.router,
    quotes.router,
    explanations.router,
    logs.router,
    events.router,
    places.router,
    survey.router,
    cities.router,
    whoami.router,
    accounts.router,
    scenarios.router,
    tenants.router,
    keys.router,
    sites.router,
    drills.router,
    audit.router,
    health.router,
    console.router,
)

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build_app(service: Service, *, lifespan: Lifespan | None = None) -> FastAPI:
    """Return the app of a service.

    Args:
        service: what answers.
        lifespan: runs around the serving; nothing when None.
    """
    app = FastAPI(
        title="EDWC",
        version="1",
        summary="Submit, quote, run, watch and pay for compute on a network of sites.",
        lifespan=lifespan or _nothing,
        docs_url=None,  # FastAPI's page runs another host's script
        redoc_url=None,
        redirect_slashes=False,
        telemetry=telemetry_of(service.settings),  # type: ignore[arg-type]
        exception_handlers={
            **dict.fromkeys(TABLE, _refused),
            Exception: _refused,
            RequestValidationError: _invalid,
            HTTPException: _http,
        },
    )
    app.state.service = service
    for router in _ROUTERS:
        app.router.routes.extend(router.routes)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


def wrap(app: FastAPI) -> ASGIApp:
    """Return the app inside its envelope: what a server serves."""
    service: Service = app.state.service
    inner: ASGIApp = (
        app if service.settings.otlp_endpoint else FastLane(app)
    )  # the framework makes the traces
    return envelope.Envelope(inner, service.metrics, chatty=service.settings.log_level == "debug")


@asynccontextmanager
async def _nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


async def _refused(_: Request, error: Exception) -> Response:
    return problem_of(error)


async def _http(request: Request, error: Exception) -> Response:
    refusal = cast(HTTPException, error)
    kind = HTTP_KINDS.get(refusal.status_code, HTTP_KINDS[400])
    headers = dict(refusal.headers or {})
    detail = f"there is no {request.url.path[:200]} here"
    if refusal.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
        detail = f"{request.method} is not known here; {headers['Allow']} are"
    return write_problem(kind, detail, headers=headers)


def _methods(request: Request) -> set[str]:
    """Return the methods that all routes of the request's path know."""
    routes = (route for route in request.app.routes if isinstance(route, Route))
    return {
        method
        for route in routes
        if route.path_regex.match(request.scope["path"])
        for method in route.methods or ()
    }


async def _invalid(_: Request, error: Exception) -> Response:
    faults: list[dict[str, Any]] = [
        {"field": ".".join(str(step) for step in fault["loc"][1:]), "detail": fault["msg"]}
        for fault in cast(RequestValidationError, error).errors()
    ]
    first = faults[0]
    return write_problem(INVALID, f"{first['field']}: {first['detail']}", field=first["field"], errors=faults)
