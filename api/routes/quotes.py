"""Quotes: a menu of prices for one job."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth import Scope
from api.errors import InvalidFieldError
from api.routes.visit import BODY, GuardedRoute, Visiting, needs, refusals
from api.wire.quotes import QuoteMenu

router = APIRouter(route_class=GuardedRoute, tags=["quotes"])

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}},
    }
}


@router.post(
    "/v1/quotes",
    status_code=201,
    summary="Quote a job: now, cheapest, greenest, and by region",
    responses=refusals(*BODY),
    openapi_extra=_BODY,
)
@needs(Scope.SUBMIT)
async def quote_job(visit: Visiting) -> QuoteMenu:
    """Every offer carries its parts; submit the same job with `?quote=<offer id>` to be billed at most its price."""
    order = visit.service.intake.read(await visit.body(), visit.tenant)
    if order.batch:
        raise InvalidFieldError("body", "a quote is for one job; send one job in { }")
    visit.service.metrics.quotes.inc()
    return await visit.service.quotes.offer(
        order.jobs[0], order.documents[0], tenant=visit.tenant, now=visit.now
    )
