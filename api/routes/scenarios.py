"""Scenarios: a what-if run in the background."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.auth import Scope
from api.routes.visit import BODY, GuardedRoute, Visiting, body_of, needs, refusals
from api.wire.operations import ScenarioRequest, ScenarioView

router = APIRouter(route_class=GuardedRoute, tags=["scenarios"])


@router.post(
    "/v1/scenarios",
    status_code=202,
    summary="Start a what-if",
    responses=refusals(*BODY),
    openapi_extra=body_of(ScenarioRequest),
)
@needs(Scope.SUBMIT)
async def start_scenario(visit: Visiting, response: Response) -> ScenarioView:
    """Answers 503 `not-configured` where no scenario engine is configured."""
    view = visit.service.scenarios.start(visit.tenant, (await visit.read(ScenarioRequest)).scenario)
    response.headers["Location"] = f"/v1/scenarios/{view.id}"
    return view


@router.get("/v1/scenarios/{scenario_id}", summary="Show a what-if and its outcome", responses=refusals(404))
@needs(Scope.READ)
async def show_scenario(visit: Visiting, scenario_id: str) -> ScenarioView:
    """Kept in memory: a restart of the service forgets it."""
    return visit.service.scenarios.find(visit.tenant, scenario_id)
