"""Drills, for operators: practise the loss of a site, and read what earlier practice has shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Scope
from api.drills import DrillReport, list_drills, order_drill
from api.errors import NotFoundError
from api.routes.visit import BODY, GuardedRoute, Visiting, body_of, needs, refusals
from api.wire.drills import DrillList, DrillOrderView, DrillRequest, DrillView, RecoveredView
from topology import UnknownPlace

router = APIRouter(route_class=GuardedRoute, tags=["admin"])


@router.post(
    "/v1/admin/sites/{site}/drill",
    summary="Practise the loss of a site",
    status_code=202,
    responses=refusals(*BODY, 404, 409),
    openapi_extra=body_of(DrillRequest, required=False),
)
@needs(Scope.OPERATE)
async def drill_site(visit: Visiting, site: str) -> DrillOrderView:
    """The loop takes the site for lost until its jobs go on elsewhere, measures that, and gives the site back."""
    try:
        visit.service.catalogue.site(site)
    except UnknownPlace as error:
        raise NotFoundError("site", site) from error
    asked = await visit.read(DrillRequest, empty=True)
    order = await order_drill(
        visit.service.store,
        site,
        seconds=asked.seconds,
        kill=asked.kill,
        actor=visit.caller.actor,
        now=visit.now,
    )
    return DrillOrderView(id=order.id, site=site, seconds=order.seconds, kill=order.kill)


@router.get("/v1/admin/drills", summary="List what drills have shown", responses=refusals())
@needs(Scope.OPERATE)
async def show_drills(visit: Visiting, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> DrillList:
    """Newest first; each record stands in the audit chain."""
    reports = await list_drills(visit.service.store, limit=limit)
    return DrillList(drills=[_view(report) for report in reports])


def _view(report: DrillReport) -> DrillView:
    return DrillView(
        id=report.id,
        site=report.site,
        actor=report.actor,
        begun_at=datetime.fromisoformat(report.begun_at),
        ended_at=datetime.fromisoformat(report.ended_at),
        killed=report.killed,
        recovery_seconds=report.recovery_seconds,
        work_hours_lost=report.work_hours_lost,
        jobs=[
            RecoveredView(
                job=job.job,
                name=job.name,
                before=job.before,
                how=job.how,
                seconds=job.seconds,
                sites=list(job.sites),
                work_hours_lost=job.work_hours_lost,
            )
            for job in report.jobs
        ],
    )
