"""Tenants, keys, sites' states, audit and scenarios on the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from api.auth import Scope
from api.wire.model import Answer, Document, Money, Request

Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Amount = Annotated[float, Field(ge=0, le=1e9)]


def _money(value: object) -> object:
    """Take money as text or as a JSON number; a float becomes the shortest decimal that names it."""
    return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _plain(amount: Decimal) -> Decimal:
    """Write 1E+5 as 100000: exponents are no way to write money."""
    return Decimal(format(amount, "f"))


MoneyIn = Annotated[
    Decimal,
    BeforeValidator(_money),
    Field(ge=0, le=10**12, decimal_places=2, allow_inf_nan=False, strict=False),
    AfterValidator(_plain),
]


class TenantChange(Request):
    """What an operator sets for a tenant; what is left out stays as it is."""

    weight: float | None = Field(None, gt=0, le=1e6, description="Fair share when capacity is short.")
    quota: dict[Line, Amount] | None = Field(
        None, description="Resources at any instant: cpu_cores, memory_gib, accelerator models."
    )
    jobs_max: int | None = Field(None, ge=0, le=10**9, description="Live jobs; null for no limit.")
    budget_cny_per_month: MoneyIn | None = Field(None, description="Null for no budget.")
    requests_per_second: float | None = Field(None, gt=0, le=1e6, description="Null for the service's rate.")
    suspended: bool | None = None


class TenantRequest(TenantChange):
    """A new tenant."""

    name: Name


class TenantView(Answer):
    """Who submits jobs and pays."""

    name: str
    created_at: datetime
    weight: float
    quota: dict[str, float]
    jobs_max: int | None
    budget_cny_per_month: Money | None
    requests_per_second: float | None
    suspended: bool


class TenantList(Answer):
    """A page of tenants."""

    tenants: list[TenantView]
    cursor: str | None


class KeyRequest(Request):
    """A new key."""

    tenant: Name
    scopes: list[Literal["submit", "read", "operate", "audit", "admin"]] = Field(min_length=1, max_length=5)
    name: Line = ""
    expires_at: Annotated[datetime, Field(strict=False)] | None = Field(
        None, description="With an offset; null for never."
    )


class KeyView(Answer):
    """A key, without its secret."""

    prefix: str
    tenant: str
    scopes: list[Scope]
    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewKeyView(KeyView):
    """A key just made."""

    key: str = Field(description="The whole key, shown this once.")


class KeyList(Answer):
    """A page of keys."""

    keys: list[KeyView]
    cursor: str | None


class SiteChange(Request):
    """Why an operator cordons or drains."""

    detail: Line = ""


class SiteStateView(Answer):
    """What operators and health checks say of a site."""

    site: str
    cordoned: bool
    draining: bool
    answering: bool
    detail: str
    updated_at: datetime


class AuditRowView(Answer):
    """Who did what to which thing."""

    number: int
    at: datetime
    actor: str
    tenant: str
    action: str
    target: str
    document: Document
    previous: str
    digest: str


class AuditList(Answer):
    """A page of the audit chain."""

    rows: list[AuditRowView]
    cursor: str | None


class AuditVerdictView(Answer):
    """What verifying the chain found."""

    sound: bool
    rows: int
    faults: list[str]
    head: str = Field(description="Digest of the last row; keep it elsewhere as a witness.")


class ScenarioRequest(Request):
    """A what-if to run in the background."""

    scenario: Document = Field(description="The scenario, as in a scenario file.")
    against: Document | None = Field(None, description="Another to compare it with.")


class ScenarioProgress(Answer):
    """How far a what-if is."""

    done: int
    total: int
    text: str


class ScenarioView(Answer):
    """A what-if and its outcome. Kept in memory: a restart of the service forgets it."""

    id: str
    state: Literal["running", "succeeded", "failed", "cancelled"]
    created_at: datetime
    finished_at: datetime | None
    outcome: Document | None = Field(
        description="`scenario`, `title`, `totals`, `outcome`; with `against` also that and `comparison`."
    )
    detail: str = Field(description="Why it failed.")
    progress: ScenarioProgress | None


class ScenarioList(Answer):
    """What-ifs, newest first, without their outcomes."""

    scenarios: list[ScenarioView]


class ShippedScenario(Answer):
    """A scenario that comes with EDWC."""

    name: str
    title: str
    about: str
    document: Document


class ShippedList(Answer):
    """The scenarios that come with EDWC."""

    scenarios: list[ShippedScenario]
