"""Keys: made, listed and revoked by operators; a key's text is shown once."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Scope
from api.errors import InvalidFieldError, NotFoundError
from api.routes.visit import BODY, GuardedRoute, Visiting, body_of, needs, refusals
from api.store import Audit, Key, Many, One, Put, Tenant
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
    expires_at = request.expires_at
    if expires_at is not None and (expires_at.utcoffset() is None or expires_at <= visit.now):
        rule = "must be an instant to come, with its offset, such as 2027-01-01T00:00:00+08:00"
        raise InvalidFieldError("expires_at", f"expires_at = {expires_at.isoformat()}: {rule}")
    if await visit.service.store.read(One(Tenant, request.tenant)) is None:
        raise NotFoundError("tenant", request.tenant)
    new = visit.service.keyring.make(
        tenant=request.tenant,
        scopes=sorted({Scope(scope) for scope in request.scopes}),
        now=visit.now,
        name=request.name,
        expires_at=None if expires_at is None else expires_at.astimezone(UTC),
    )
    audit = Audit(
        at=visit.now,
        actor=visit.caller.actor,
        action="key.make",
        target=new.record.prefix,
        tenant=request.tenant,
        document=json.dumps(request.model_dump(mode="json")),
    )
    await visit.service.store.write(Put(record=new.record, expect=None), audit)
    return NewKeyView(**view_key(new.record).model_dump(), key=new.text)


@router.delete("/v1/admin/keys/{prefix}", summary="Revoke a key", responses=refusals(404, 409))
@needs(Scope.ADMIN)
async def revoke_key(visit: Visiting, prefix: str) -> KeyView:
    """It stops working here at once, in other processes within seconds. Revoking again changes nothing."""
    key = await visit.service.store.read(One(Key, prefix)) if _PREFIX.fullmatch(prefix) else None
    if key is None:
        raise NotFoundError("key", prefix)
    if key.revoked_at is None:
        revoked = replace(key, revoked_at=visit.now)
        audit = Audit(
            at=visit.now, actor=visit.caller.actor, action="key.revoke", target=prefix, tenant=key.tenant
        )
        await visit.service.store.write(Put(record=revoked, expect=key), audit)
        visit.service.keyring.forget()
        key = revoked
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
