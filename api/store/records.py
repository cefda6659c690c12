"""What the store keeps: one frozen record a row. Documents are JSON text; instants are aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Self

FINAL_STATES = frozenset({"succeeded", "failed", "cancelled", "expired", "rejected"})

_ZERO = timedelta(0)
_JOB_INSTANTS = (
    "created_at",
    "updated_at",
    "deadline_at",
    "starts_at",
    "ends_at",
    "retry_at",
    "finished_at",
)


def require_utc(owner: object, **instants: datetime | None) -> None:
    """Refuse an instant that is naive or not in UTC.

    Raises:
        ValueError: Names the record, the field and the value.
    """
    for name, value in instants.items():
        if value is not None and value.tzinfo is not UTC and value.utcoffset() != _ZERO:
            raise ValueError(
                f"{type(owner).__name__}.{name} is {value!r}; "
                "instants in the store are aware and in UTC: use .astimezone(UTC)"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Tenant:
    """Who submits jobs and pays. Key: name.

    `quota` bounds resources at any instant (cpu_cores, memory_gib, accelerator models); the planner
    enforces it. `jobs_max` and `budget_cny_per_month` are enforced by the store when a job is added.
    `weight` is the fair share.
    """

    name: str
    created_at: datetime
    weight: float = 1.0
    quota: Mapping[str, float] = field(default_factory=dict)
    jobs_max: int | None = None
    budget_cny_per_month: Decimal | None = None
    requests_per_second: float | None = None
    suspended: bool = False

    def __post_init__(self) -> None:
        require_utc(self, created_at=self.created_at)
        if not self.weight > 0:
            raise ValueError(f"Tenant.weight is {self.weight}; a fair share is above 0")


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One API key, of which only the digest is kept. Key: prefix."""

    prefix: str
    tenant: str
    digest: str
    scopes: tuple[str, ...]
    created_at: datetime
    name: str = ""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self, created_at=self.created_at, expires_at=self.expires_at, revoked_at=self.revoked_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One request and where it stands. Key: id.

    `version` grows by one with every change. `cost_cny` is what the job is expected to cost or, at its end,
    did cost; it counts against its tenant's budget of `month` ("2026-07"). `document` is the job as sent,
    `placement` its place in the plan named by `plan`; `reasons` why it was refused. `attempt` is the number
    of its latest attempt, 0 for none. `retry_at` holds it back until then. `starts_at` and `ends_at` are
    planned; `finished_at` is when it reached its end.
    """

    id: str
    tenant: str
    name: str
    document: str
    created_at: datetime
    updated_at: datetime
    month: str
    state: str = "queued"
    version: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)
    deadline_at: datetime | None = None
    site: str = ""
    plan: str = ""
    placement: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    attempt: int = 0
    retry_at: datetime | None = None
    cancel_asked: bool = False
    reasons: Mapping[str, int] = field(default_factory=dict)
    detail: str = ""
    quote: str = ""
    cost_cny: Decimal = Decimal(0)
    finished_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in _JOB_INSTANTS:
            value = getattr(self, name)
            if (
                value is not None and value.tzinfo is not UTC
            ):  # jobs come by the thousand: words only when needed
                require_utc(self, **{name: value})

    @property
    def finished(self) -> bool:
        """True once nothing more can happen to the job."""
        return self.state in FINAL_STATES

    def moved(self, state: str, now: datetime, **fields: object) -> Self:
        """The job after a move: next version, `updated_at` now, `finished_at` now when the state is final."""
        if state in FINAL_STATES:
            fields.setdefault("finished_at", now)
        return replace(self, state=state, version=self.version + 1, updated_at=now, **fields)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One try at running a placement.

    Key: (job, number), so a number can never be started twice; `id` is unique too.

    `token` is the fencing token, growing with every attempt of the job; `handle` is the backend's own name
    for it; `measured` the backend's usage report as JSON. `replica` says which of the job's replicas it is,
    0 for a job that does not spread; `placement` is the place in a plan it was started for; `saved` the share
    of the work, 0 to 1, that a checkpoint keeps of it.
    """

    id: str
    job: str
    number: int
    tenant: str
    site: str
    backend: str
    token: int
    state: str
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    metered_until: datetime | None = None
    exit_code: int | None = None
    signal: int | None = None
    handle: str = ""
    measured: str = ""
    detail: str = ""
    replica: int = 0
    placement: str = ""
    saved: float = 0.0

    def __post_init__(self) -> None:
        require_utc(
            self,
            created_at=self.created_at,
            started_at=self.started_at,
            ended_at=self.ended_at,
            metered_until=self.metered_until,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One plan as decided, with its proof.

    Key: id. `document` is the plan as JSON; `epoch` the leader's who made it.
    """

    id: str
    created_at: datetime
    policy: str
    status: str
    objective_cny: float
    lower_bound_cny: float
    gap: float
    solve_seconds: float
    world_digest: str
    document: str
    placed: int = 0
    refused: int = 0
    epoch: int = 0

    def __post_init__(self) -> None:
        require_utc(self, created_at=self.created_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened.

    Key: seq, without gaps, in the order of commit. `tenant` is empty for the system's own.
    """

    seq: int
    at: datetime
    tenant: str
    kind: str
    subject: str
    document: str

    def __post_init__(self) -> None:
        require_utc(self, at=self.at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What the meter saw of one attempt in [started_at, ended_at).

    Key: (attempt, started_at): metering twice stores once.

    `quantities` are measured amounts by name with unit (cpu_core_hours, memory_gib_hours, ...); `parts_cny`
    their cost.
    """

    attempt: str
    started_at: datetime
    ended_at: datetime
    tenant: str
    job: str
    site: str
    month: str
    energy_kwh: float = 0.0
    carbon_kg: float = 0.0
    carbon_market_kg: float = 0.0
    quantities: Mapping[str, float] = field(default_factory=dict)
    parts_cny: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_utc(self, started_at=self.started_at, ended_at=self.ended_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class BillLine:
    """What one job owes in one month. Key: (tenant, month, job). `parts_cny` sum to `total_cny` exactly."""

    tenant: str
    month: str
    job: str
    name: str
    total_cny: Decimal
    parts_cny: Mapping[str, Decimal]
    created_at: datetime
    carbon_kg: float = 0.0
    energy_kwh: float = 0.0

    def __post_init__(self) -> None:
        require_utc(self, created_at=self.created_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class IdempotencyRecord:
    """The first answer to a request with an idempotency key. Key: (tenant, key)."""

    tenant: str
    key: str
    body_digest: str
    status: int
    answer: str
    created_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        require_utc(self, created_at=self.created_at, expires_at=self.expires_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditRow:
    """Who did what to which thing.

    Key: number, without gaps. `digest` covers the row and `previous`, the digest before.
    """

    number: int
    at: datetime
    actor: str
    tenant: str
    action: str
    target: str
    document: str
    previous: str
    digest: str

    def __post_init__(self) -> None:
        require_utc(self, at=self.at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """An offer, signed, valid until `expires_at`. Key: id. `job` is empty until the quote is used."""

    id: str
    tenant: str
    created_at: datetime
    expires_at: datetime
    document: str
    signature: str
    job: str = ""

    def __post_init__(self) -> None:
        require_utc(self, created_at=self.created_at, expires_at=self.expires_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteState:
    """What operators and health checks say of a site.

    Key: site. Cordoned: nothing new; draining: what runs is moved off; not answering: lost. `lost_at` is since
    when, where the loop found it so itself; `drill` the drill that is asked for or under way, as JSON.
    """

    site: str
    updated_at: datetime
    cordoned: bool = False
    draining: bool = False
    answering: bool = True
    detail: str = ""
    lost_at: datetime | None = None
    drill: str = ""

    def __post_init__(self) -> None:
        require_utc(self, updated_at=self.updated_at, lost_at=self.lost_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """A tenant's running sums, kept by the store itself. Key: (tenant, period).

    Period "" counts live jobs; a month counts the CNY committed to jobs of that month.
    """

    tenant: str
    period: str
    jobs_live: int = 0
    committed_cny: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The end of a sequence, kept by the store itself. Key: name.

    "events": number is the last seq. "audit": number and digest of the last row, sealed. "leader": number
    is the epoch, holder its name.
    """

    name: str
    number: int = 0
    digest: str = ""
    seal: str = ""
    holder: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobLabel:
    """One label of a job, kept by the store itself so that jobs are found by it. Key: all of it."""

    tenant: str
    name: str
    value: str
    created_at: datetime
    job: str


Record = (
    Tenant
    | Key
    | Job
    | Attempt
    | Plan
    | Event
    | Usage
    | BillLine
    | IdempotencyRecord
    | AuditRow
    | Quote
    | SiteState
    | Tally
    | Head
    | JobLabel
)
