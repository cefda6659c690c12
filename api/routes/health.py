"""Health: whether the process lives, whether it can work, and what Prometheus wants to know."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.routes.visit import refusals
from api.service import Service
from api.store import LastSeq, StoreError
from api.wire.health import Health, Readiness

router = APIRouter(tags=["health"])

STORE_PATIENCE_S = 2.0
LOOP_SILENCE = timedelta(seconds=60)


@router.get("/healthz", summary="The process lives")
async def show_health() -> Health:
    """Always ok while the process answers; it asks nothing else."""
    return Health(status="ok")


@router.get(
    "/readyz",
    summary="The service can do its work",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Some part cannot."}},
)
async def show_readiness(request: Request) -> Response:
    """The store answers with its migrations current, and the loop of this process, if any, is alive."""
    service: Service = request.app.state.service
    parts = {"store": await _store_state(service), "loop": _loop_state(service)}
    ready = all(state in {"ok", "elsewhere"} for state in parts.values())
    return JSONResponse({"status": "ok" if ready else "not ready", **parts}, 200 if ready else 503)


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **refusals(503, always=False)},
)
async def show_metrics(request: Request) -> Response:
    """The text format of Prometheus."""
    service: Service = request.app.state.service
    loop = service.loop
    if loop is not None:
        service.metrics.leading.set(int(loop.leading))
        if loop.last_tick_at is not None:
            service.metrics.loop_age_s.set((service.clock() - loop.last_tick_at).total_seconds())
    return Response(await service.metrics.render(service.store), media_type=CONTENT_TYPE_LATEST)


async def _store_state(service: Service) -> str:
    # An open store has been found to be of the present shape.
    try:
        await asyncio.wait_for(service.store.read(LastSeq()), STORE_PATIENCE_S)
    except (StoreError, TimeoutError):
        return "does not answer"
    return "ok"


def _loop_state(service: Service) -> str:
    if service.loop is None:
        return "elsewhere"
    last = service.loop.last_tick_at
    if last is None or service.clock() - last > LOOP_SILENCE:
        return "silent"
    return "ok"
