"""Explanations: why a job is where it is, or is not."""

from __future__ import annotations

import asyncio
import json

from fastapi import APIRouter
from pydantic import TypeAdapter

from api.auth import Scope
from api.explaining import explain_job, world_of
from api.routes.jobs import find_job
from api.routes.visit import GuardedRoute, Visiting, needs, refusals
from api.wire.jobs import ExplanationView
from scheduler import Explanation, render

router = APIRouter(route_class=GuardedRoute, tags=["jobs"])

_ADAPTER = TypeAdapter(Explanation)


@router.get("/v1/jobs/{job_id}/explanation", summary="Explain a job's place", responses=refusals(404, 409))
@needs(Scope.READ)
async def explain(visit: Visiting, job_id: str) -> ExplanationView:
    """The chosen option, every other site, and the smallest change that would help, as things stand now."""
    job = await find_job(visit, job_id)
    watch = visit.service.quotes.watch
    market = await watch.now(visit.now)
    world = await world_of(job, market, watch.feed, hours=visit.service.settings.quote_hours)
    explanation = await asyncio.to_thread(explain_job, job, market, world)
    return ExplanationView(
        text=render(explanation).replace(job.id, job.name),
        explanation=json.loads(_ADAPTER.dump_json(explanation)),
    )
