"""Keys: made, listed and revoked by operators; a key's text is shown once."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query

from api import administration
from api.auth import Scope
from api.errors import NotFoundError
from api.routes.visit import BODY, GuardedRoute, Visiting, body_of, needs, refusals
from api.store import Key, Many
from api.wire.operations import KeyList, KeyRequest, KeyView, NewKeyView

router = APIRouter(route_class=GuardedRoute, tags=["admin"])

_PREFIX = re.compile(r"[a-z2-7]{12}")


@router.get("/v1/admin/keys", summary="List keys", responses=refusals())
@needs(Scope.ADMIN)
async def list_keys(
    visit: Visiting,
    tenant: Annotated[str | None, Query(pattern="^[a-z0-9-]{1,40}$")] = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> KeyList:
    """Without their secrets, which nobody has."""
    where = {} if tenant is None else {"tenant": tenant}
    page = await visit.service.store.read(Many(Key, where, after=cursor, limit=limit))
    return KeyList(keys=[view_key(key) for key in page.items], cursor=page.cursor)


@router.post(
    "/v1/admin/keys",
    status_code=201,
    summary="Make a key",
    responses=refusals(*BODY, 404),
    openapi_extra=body_of(KeyRequest),
)
@needs(Scope.ADMIN)
async def make_key(visit: Visiting) -> NewKeyView:
    """The answer holds the whole key; it is not kept and cannot be shown again."""
    request = await visit.read(KeyRequest)
    new = await administration.make_key(
        visit.service.store,
        visit.service.secret,
        tenant=request.tenant,
        scopes=request.scopes,
        name=request.name,
        expires_at=request.expires_at,
        actor=visit.caller.actor,
        now=visit.now,
    )
    return NewKeyView(**view_key(new.record).model_dump(), key=new.text)


@router.delete("/v1/admin/keys/{prefix}", summary="Revoke a key", responses=refusals(404, 409))
@needs(Scope.ADMIN)
async def revoke_key(visit: Visiting, prefix: str) -> KeyView:
    """It stops working here at once, in other processes within seconds. Revoking again changes nothing."""
    if not _PREFIX.fullmatch(prefix):
        raise NotFoundError("key", prefix)
    key = await administration.revoke_key(
        visit.service.store, prefix, actor=visit.caller.actor, now=visit.now
    )
    visit.service.keyring.forget()
    return view_key(key)


def view_key(key: Key) -> KeyView:
    """Return a key's view."""
    return KeyView(
        prefix=key.prefix,
        tenant=key.tenant,
        scopes=[Scope(scope) for scope in key.scopes],
        name=key.name,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )
