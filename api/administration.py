"""Administration: what operators do to tenants and keys; every action is one write with its row in the audit chain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from api.auth import Keyring, NewKey, Scope
from api.errors import InvalidFieldError, NotFoundError
from api.store import Audit, Key, Many, One, Put, Store, Tenant, every


async def list_tenants(store: Store) -> list[Tenant]:
    """Return all tenants by name."""
    return [tenant async for tenant in every(store, Many(Tenant))]


async def list_keys(store: Store) -> list[Key]:
    """Return all keys by prefix."""
    return [key async for key in every(store, Many(Key))]


async def set_tenant(
    store: Store, name: str, fields: Mapping[str, Any], *, actor: str, now: datetime
) -> Tenant:
    """Make a tenant, or change one.

    Args:
        store: where.
        name: which.
        fields: weight, jobs_max, budget [CNY as text], suspend.
        actor: who does it.
        now: when.

    Raises:
        InvalidFieldError: a name or budget that is none.
    """
    before = await store.read(One(Tenant, name))
    named = {"jobs_max": "jobs_max", "weight": "weight", "suspend": "suspended"}
    values = {named[field]: value for field, value in fields.items() if field in named}
    if "budget" in fields:
        values["budget_cny_per_month"] = _money(fields["budget"])
    if before is None:
        check_tenant_name(name)
    after = replace(before or Tenant(name=name, created_at=now), **values)
    action = "tenant.make" if before is None else "tenant.change"
    document = json.dumps({field: str(value) for field, value in fields.items()})
    audit = Audit(at=now, actor=actor, action=action, target=name, tenant=name, document=document)
    await store.write(Put(record=after, expect=before), audit)
    return after


def check_tenant_name(name: str) -> None:
    """Check that a name is one of a tenant.

    Raises:
        InvalidFieldError: it is not.
    """
    if not 1 <= len(name) <= 40 or set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-"):
        raise InvalidFieldError("name", f"tenant {name[:60]!r}: a name is 1 to 40 of a-z, 0-9 and -")


async def make_key(
    store: Store,
    secret: bytes,
    *,
    tenant: str,
    scopes: Iterable[str],
    name: str,
    expires_at: datetime | None,
    actor: str,
    now: datetime,
) -> NewKey:
    """Make a key; its text is not kept.

    Raises:
        InvalidFieldError: it would have expired already, or the instant has no time zone.
        NotFoundError: there is no such tenant.
    """
    if expires_at is not None and (expires_at.utcoffset() is None or expires_at <= now):
        rule = "must be an instant to come, with its offset, such as 2027-01-01T00:00:00+08:00"
        raise InvalidFieldError("expires_at", f"expires_at = {expires_at.isoformat()}: {rule}")
    if await store.read(One(Tenant, tenant)) is None:
        raise NotFoundError("tenant", tenant)
    chosen = sorted({Scope(scope) for scope in scopes})
    new = Keyring(store, secret, cache_seconds=0).make(
        tenant=tenant,
        scopes=chosen,
        now=now,
        name=name,
        expires_at=None if expires_at is None else expires_at.astimezone(UTC),
    )
    said: dict[str, Any] = {"scopes": [scope.value for scope in chosen], "name": name}
    said["expires_at"] = expires_at and expires_at.isoformat()
    audit = Audit(
        at=now,
        actor=actor,
        action="key.make",
        target=new.record.prefix,
        tenant=tenant,
        document=json.dumps(said),
    )
    await store.write(Put(record=new.record, expect=None), audit)
    return new


async def revoke_key(store: Store, prefix: str, *, actor: str, now: datetime) -> Key:
    """Revoke a key; revoking again changes nothing.

    Raises:
        NotFoundError: there is no such key.
    """
    key = await store.read(One(Key, prefix))
    if key is None:
        raise NotFoundError("key", prefix)
    if key.revoked_at is not None:
        return key
    revoked = replace(key, revoked_at=now)
    audit = Audit(at=now, actor=actor, action="key.revoke", target=prefix, tenant=key.tenant)
    await store.write(Put(record=revoked, expect=key), audit)
    return revoked


def _money(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise InvalidFieldError("budget", f"budget = {text!r}: must be an amount of CNY, such as 12000.00")
    return amount
