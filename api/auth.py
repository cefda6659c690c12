"""API keys: made once, shown once, kept only as a digest; found again in microseconds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.errors import ForbiddenError, UnauthorizedError
from api.store import Key, One, Store, Tenant

_KEY = re.compile(r"edwc_([a-z2-7]{12})_([a-z2-7]{32})")
_CACHED_MAX = 10_000
_REFUSAL = "send `Authorization: Bearer edwc_…` with a key that is neither expired nor revoked"


class Scope(StrEnum):
    """What a key may do; none includes another."""

    SUBMIT = "submit"
    READ = "read"
    OPERATE = "operate"
    AUDIT = "audit"
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who asks: a key and its tenant, as they stood when they were last read."""

    key: Key
    tenant: Tenant

    @property
    def name(self) -> str:
        """The tenant's name."""
        return self.tenant.name

    @property
    def actor(self) -> str:
        """Who acts, for the audit chain."""
        return f"{self.tenant.name}/{self.key.prefix}"

    def require(self, scope: Scope) -> None:
        """Check that the key has a scope and its tenant may act.

        Raises:
            ForbiddenError: it has not, or may not.
        """
        if self.tenant.suspended:
            raise ForbiddenError("the tenant is suspended; ask the operator", field="Authorization")
        if scope not in self.key.scopes:
            raise ForbiddenError(
                f"the key has the scopes {', '.join(self.key.scopes) or 'none'}; this needs {scope}",
                field="Authorization",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class NewKey:
    """A key just made: the record to store, and the text to show once."""

    record: Key
    text: str


class Keyring:
    """Makes keys and recognises them."""

    def __init__(self, store: Store, secret: bytes, *, cache_seconds: float) -> None:
        """Read keys from a store; what was read is believed for `cache_seconds`."""
        self._store, self._secret, self._cache_seconds = store, secret, cache_seconds
        self._known: dict[str, tuple[float, Caller]] = {}

    def make(
        self,
        *,
        tenant: str,
        scopes: Iterable[Scope],
        now: datetime,
        name: str = "",
        expires_at: datetime | None = None,
    ) -> NewKey:
        """Return a fresh key; it works once its record is stored."""
        prefix, secret = _chance(12), _chance(32)
        record = Key(
            prefix=prefix,
            tenant=tenant,
            digest=self._digest(prefix, secret),
            scopes=tuple(sorted(scopes)),
            created_at=now,
            name=name,
            expires_at=expires_at,
        )
        return NewKey(record=record, text=f"edwc_{prefix}_{secret}")

    async def recognise(self, header: str, now: datetime) -> Caller:
        """Return who sends an Authorization header.

        Raises:
            UnauthorizedError: the header holds no key that is valid now.
        """
        parts = _KEY.fullmatch(header[7:]) if header[:7].lower() == "bearer " else None
        if parts is None:
            raise UnauthorizedError(_REFUSAL, field="Authorization")
        prefix, secret = parts.groups()
        caller = await self._find(prefix)
        # An unknown prefix costs the same digest, so that answers do not tell prefixes apart.
        stored = caller.key.digest if caller else ""
        if not hmac.compare_digest(stored, self._digest(prefix, secret)) or caller is None:
            raise UnauthorizedError(_REFUSAL, field="Authorization")
        key = caller.key
        if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
            raise UnauthorizedError(_REFUSAL, field="Authorization")
        return caller

    def forget(self) -> None:
        """Read every key anew: a key or tenant was changed here."""
        self._known.clear()

    async def _find(self, prefix: str) -> Caller | None:
        known = self._known.get(prefix)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        key = await self._store.read(One(Key, prefix))
        tenant = None if key is None else await self._store.read(One(Tenant, key.tenant))
        if key is None or tenant is None:
            self._known.pop(prefix, None)
            return None
        if len(self._known) >= _CACHED_MAX:
            self._known.clear()
        caller = Caller(key=key, tenant=tenant)
        self._known[prefix] = (time.monotonic() + self._cache_seconds, caller)
        return caller

    def _digest(self, prefix: str, secret: str) -> str:
        # The secret part has 160 bits of chance, so one round of a keyed hash is as good as many.
        return hashlib.blake2b(
            f"{prefix}:{secret}".encode(), key=self._secret[:64], digest_size=32
        ).hexdigest()


def _chance(digits: int) -> str:
    return base64.b32encode(secrets.token_bytes(digits * 5 // 8 + 1)).decode().lower()[:digits]
