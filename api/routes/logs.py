"""Logs: what a job wrote, from the backend that runs it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.auth import Scope
from api.errors import NotConfiguredError, NotFoundError
from api.routes.jobs import find_job
from api.routes.visit import GuardedRoute, Visiting, needs, refusals
from api.store import Attempt, One

router = APIRouter(route_class=GuardedRoute, tags=["jobs"])


@router.get(
    "/v1/jobs/{job_id}/logs",
    summary="Read what a job wrote",
    response_class=Response,
    responses={
        200: {
            "description": "The bytes as written. X-Next-Offset is where to go on; X-Complete: no more will come.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **refusals(404),
    },
)
@needs(Scope.READ)
async def read_logs(
    visit: Visiting,
    job_id: str,
    attempt: Annotated[
        int | None, Query(ge=1, le=10**6, description="Number; the latest when left out.")
    ] = None,
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    stream: Literal["stdout", "stderr"] = "stdout",
) -> Response:
    """A job that has not started has written nothing: 404."""
    job = await find_job(visit, job_id)
    number = attempt or job.attempt
    found = (
        await visit.service.store.read(One(Attempt, (job.id, number), tenant=visit.tenant))
        if number
        else None
    )
    if found is None:
        raise NotFoundError("attempt", f"{number} of {job.id}")
    if visit.service.read_logs is None:
        raise NotConfiguredError("the backends are in another process; ask the one that runs the loop")
    piece = await visit.service.read_logs(found, offset, stream)
    headers = {"X-Next-Offset": str(piece.next_offset), "X-Complete": str(piece.complete).lower()}
    return Response(piece.data, 200, headers, "text/plain; charset=utf-8")
