"""Who am I: what a key stands for, so that a console shows only what it may do."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth import Scope
from api.routes.visit import GuardedRoute, Visiting, needs, refusals
from api.wire.whoami import WhoamiView

router = APIRouter(route_class=GuardedRoute, tags=["account"])


@router.get("/v1/whoami", summary="Show what the key stands for", responses=refusals())
@needs(Scope.READ)
async def show_whoami(visit: Visiting) -> WhoamiView:
    """Its tenant, scopes and expiry; never its secret."""
    key = visit.caller.key
    return WhoamiView(
        tenant=visit.tenant,
        prefix=key.prefix,
        name=key.name,
        scopes=[Scope(scope) for scope in key.scopes],
        expires_at=key.expires_at,
        now=visit.now,
    )
