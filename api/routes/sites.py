"""Sites, for operators: cordon, drain and open again; every action is audited and announced."""

from __future__ import annotations

import json
from dataclasses import replace

from fastapi import APIRouter

from api.auth import Scope
from api.errors import NotFoundError
from api.routes.visit import BODY, GuardedRoute, Visit, Visiting, body_of, needs, refusals
from api.store import Announce, Audit, One, Put, SiteState
from api.wire.operations import SiteChange, SiteStateView
from topology import UnknownPlace

router = APIRouter(route_class=GuardedRoute, tags=["admin"])

_DESCRIBED = {
    "responses": refusals(*BODY, 404, 409),
    "openapi_extra": body_of(SiteChange, required=False),
}


@router.post("/v1/admin/sites/{site}/cordon", summary="Start nothing new at a site", **_DESCRIBED)  # type: ignore[arg-type]
@needs(Scope.OPERATE)
async def cordon_site(visit: Visiting, site: str) -> SiteStateView:
    """What runs there runs on; what is planned there is planned anew."""
    return await _change(visit, site, "cordoned", cordoned=True, draining=False)


@router.post("/v1/admin/sites/{site}/drain", summary="Move everything off a site", **_DESCRIBED)  # type: ignore[arg-type]
@needs(Scope.OPERATE)
async def drain_site(visit: Visiting, site: str) -> SiteStateView:
    """Nothing new starts, and what runs is moved."""
    return await _change(visit, site, "draining", cordoned=True, draining=True)


@router.post("/v1/admin/sites/{site}/uncordon", summary="Open a site again", **_DESCRIBED)  # type: ignore[arg-type]
@needs(Scope.OPERATE)
async def uncordon_site(visit: Visiting, site: str) -> SiteStateView:
    """It takes work again."""
    return await _change(visit, site, "opened", cordoned=False, draining=False)


async def _change(visit: Visit, site: str, action: str, *, cordoned: bool, draining: bool) -> SiteStateView:
    try:
        visit.service.catalogue.site(site)
    except UnknownPlace as error:
        raise NotFoundError("site", site) from error
    change = await visit.read(SiteChange, empty=True)
    before = await visit.service.store.read(One(SiteState, site))
    blank = before or SiteState(site=site, updated_at=visit.now)
    after = replace(blank, cordoned=cordoned, draining=draining, detail=change.detail, updated_at=visit.now)
    document = json.dumps({"detail": change.detail})
    await visit.service.store.write(
        Put(record=after, expect=before),
        Audit(
            at=visit.now, actor=visit.caller.actor, action=f"site.{action}", target=site, document=document
        ),
        Announce(at=visit.now, kind=f"site.{action}", subject=site, document=document),
    )
    return SiteStateView(
        site=site,
        cordoned=after.cordoned,
        draining=after.draining,
        answering=after.answering,
        detail=after.detail,
        updated_at=after.updated_at,
    )
