"""Tenants: made and changed by operators; every change is audited."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.auth import Scope
from api.errors import NotFoundError
from api.routes.visit import BODY, GuardedRoute, Visiting, body_of, needs, refusals
from api.store import Audit, Many, One, Put, Tenant
from api.wire.operations import TenantChange, TenantList, TenantRequest, TenantView

router = APIRouter(route_class=GuardedRoute, tags=["admin"])


@router.get("/v1/admin/tenants", summary="List tenants", responses=refusals())
@needs(Scope.ADMIN)
async def list_tenants(
    visit: Visiting,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> TenantList:
    """All of them, by name."""
    page = await visit.service.store.read(Many(Tenant, after=cursor, limit=limit))
    return TenantList(tenants=[view_tenant(tenant) for tenant in page.items], cursor=page.cursor)


@router.post(
    "/v1/admin/tenants",
    status_code=201,
    summary="Make a tenant",
    responses=refusals(*BODY, 409),
    openapi_extra=body_of(TenantRequest),
)
@needs(Scope.ADMIN)
async def make_tenant(visit: Visiting) -> TenantView:
    """It has no key yet; make one with POST /v1/admin/keys."""
    request = await visit.read(TenantRequest)
    tenant = Tenant(name=request.name, created_at=visit.now, **_set(request))
    audit = Audit(
        at=visit.now,
        actor=visit.caller.actor,
        action="tenant.make",
        target=tenant.name,
        tenant=tenant.name,
        document=json.dumps(request.model_dump(mode="json", exclude_unset=True)),
    )
    await visit.service.store.write(Put(record=tenant, expect=None), audit)
    return view_tenant(tenant)


@router.get("/v1/admin/tenants/{name}", summary="Show a tenant", responses=refusals(404))
@needs(Scope.ADMIN)
async def show_tenant(visit: Visiting, name: str) -> TenantView:
    """Its quota, budget and share."""
    return view_tenant(await find_tenant(visit, name))


@router.patch(
    "/v1/admin/tenants/{name}",
    summary="Change a tenant's quota, budget, share or rate, or suspend it",
    responses=refusals(*BODY, 404, 409),
    openapi_extra=body_of(TenantChange),
)
@needs(Scope.ADMIN)
async def change_tenant(visit: Visiting, name: str) -> TenantView:
    """What is left out stays as it is."""
    change = await visit.read(TenantChange)
    before = await find_tenant(visit, name)
    after = replace(before, **_set(change))
    audit = Audit(
        at=visit.now,
        actor=visit.caller.actor,
        action="tenant.change",
        target=name,
        tenant=name,
        document=json.dumps(change.model_dump(mode="json", exclude_unset=True)),
    )
    await visit.service.store.write(Put(record=after, expect=before), audit)
    visit.service.keyring.forget()
    return view_tenant(after)


async def find_tenant(visit: Visiting, name: str) -> Tenant:
    """Return a tenant by name.

    Raises:
        NotFoundError: there is none.
    """
    tenant = await visit.service.store.read(One(Tenant, name)) if "\0" not in name else None
    if tenant is None:
        raise NotFoundError("tenant", name)
    return tenant


def _set(change: TenantChange) -> dict[str, Any]:
    """Return the fields that the request names; where null means nothing to the tenant, it is left out."""
    keep = {"weight", "quota", "suspended"}
    fields = {name: getattr(change, name) for name in change.model_fields_set if name != "name"}
    return {name: value for name, value in fields.items() if value is not None or name not in keep}


def view_tenant(tenant: Tenant) -> TenantView:
    """Return a tenant's view."""
    return TenantView(
        name=tenant.name,
        created_at=tenant.created_at,
        weight=tenant.weight,
        quota=dict(tenant.quota),
        jobs_max=tenant.jobs_max,
        budget_cny_per_month=tenant.budget_cny_per_month,
        requests_per_second=tenant.requests_per_second,
        suspended=tenant.suspended,
    )
