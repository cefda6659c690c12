"""Audit: who did what, in a chain that shows any edit."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Scope
from api.routes.visit import GuardedRoute, Visiting, needs, refusals
from api.store import AuditRow, Many, verify_audit
from api.wire.operations import AuditList, AuditRowView, AuditVerdictView

router = APIRouter(route_class=GuardedRoute, tags=["admin"])


@router.get("/v1/admin/audit", summary="List the audit chain", responses=refusals())
@needs(Scope.AUDIT)
async def list_audit(
    visit: Visiting,
    newest_first: bool = False,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditList:
    """In order of number."""
    query = Many(AuditRow, after=cursor, limit=limit, newest_first=newest_first)
    page = await visit.service.store.read(query)
    return AuditList(rows=[_view(row) for row in page.items], cursor=page.cursor)


@router.post("/v1/admin/audit/verify", summary="Verify the audit chain", responses=refusals())
@needs(Scope.AUDIT)
async def verify_chain(visit: Visiting) -> AuditVerdictView:
    """Reads the whole chain; finds any edit, gap, reordering or cut."""
    verdict = await verify_audit(visit.service.store, visit.service.secret)
    return AuditVerdictView(
        sound=verdict.sound, rows=verdict.rows, faults=list(verdict.faults), head=verdict.head.digest
    )


def _view(row: AuditRow) -> AuditRowView:
    return AuditRowView(
        number=row.number,
        at=row.at,
        actor=row.actor,
        tenant=row.tenant,
        action=row.action,
        target=row.target,
        document=json.loads(row.document),
        previous=row.previous,
        digest=row.digest,
    )
