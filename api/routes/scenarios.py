"""Scenarios: what-ifs run in the background."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.auth import Scope
from api.routes.visit import BODY, GuardedRoute, Visiting, body_of, needs, refusals
from api.scenario_engine import check_scenario
from api.wire.operations import ScenarioList, ScenarioRequest, ScenarioView, ShippedList

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
    """Replays a scenario, and with `against` a second one, and then compares them. It may name no files."""
    asked = await visit.read(ScenarioRequest)
    check_scenario(asked.scenario, "scenario")
    if asked.against is not None:
        check_scenario(asked.against, "against")
    view = visit.service.scenarios.start(visit.tenant, asked.scenario, asked.against)
    response.headers["Location"] = f"/v1/scenarios/{view.id}"
    return view


@router.get("/v1/scenarios", summary="List what-ifs, newest first", responses=refusals())
@needs(Scope.READ)
async def list_scenarios(visit: Visiting, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> ScenarioList:
    """The tenant's own, without their outcomes; kept in memory."""
    return ScenarioList(scenarios=visit.service.scenarios.list_of(visit.tenant, limit))


@router.get("/v1/scenarios/built-in", summary="List the scenarios that come with EDWC", responses=refusals())
@needs(Scope.READ)
async def list_built_in(visit: Visiting) -> ShippedList:
    """Send a `document` as `scenario`, with more fields where something shall differ."""
    return ShippedList(scenarios=list(await visit.service.scenarios.shipped()))


@router.get("/v1/scenarios/{scenario_id}", summary="Show a what-if and its outcome", responses=refusals(404))
@needs(Scope.READ)
async def show_scenario(visit: Visiting, scenario_id: str) -> ScenarioView:
    """Kept in memory: a restart of the service forgets it."""
    return visit.service.scenarios.find(visit.tenant, scenario_id)


@router.delete(
    "/v1/scenarios/{scenario_id}", status_code=202, summary="Cancel a what-if", responses=refusals(404)
)
@needs(Scope.SUBMIT)
async def cancel_scenario(visit: Visiting, scenario_id: str) -> ScenarioView:
    """Ends its process; what has ended stays as it is."""
    return await visit.service.scenarios.cancel(visit.tenant, scenario_id)
