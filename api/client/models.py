"""Models: what is sent to the service and what it answers, typed. The client's own: it shares no code with the server.

Answers may grow: a field that is not known here is kept out, so that an old client understands a new service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

ENDED = frozenset({"succeeded", "failed", "cancelled", "expired", "rejected"})


class Request(BaseModel):
    """What is sent: nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """What comes back."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Demand(Request):
    """What each task holds."""

    cpu_cores: float = 0.0
    memory_gib: float = 0.0


class Variant(Request):
    """One way to run a job."""

    runtime_minutes: float
    accelerator: str | None = None
    count: float = 0


class Input(Request):
    """Data that must arrive before the start."""

    at: str
    size_gb: float


class Output(Request):
    """Data moved after the end."""

    to: str
    size_gb: float


class Residency(Request):
    """Where a job may run."""

    provinces: Sequence[str] = ()
    hubs: Sequence[str] = ()
    tags: Sequence[str] = ()


class Interruptible(Request):
    """Leave to split a job."""

    min_run_minutes: float
    checkpoint_gb: float = 0.0
    restart_minutes: float = 0.0


class Job(Request):
    """A job as sent; what is left out has the service's default. The service checks it."""

    name: str
    demand: Demand
    variants: Sequence[Variant]
    tasks: int = 1
    release: AwareDatetime | None = None
    deadline: AwareDatetime | None = None
    origin: str | None = None
    rtt_ms_max: float | None = None
    inputs: Sequence[Input] = ()
    outputs: Sequence[Output] = ()
    residency: Residency = Residency()
    interruptible: Interruptible | None = None
    spread: str | None = None
    priority: int = 0
    value_cny: float | None = None
    budget_cny: float | None = None
    carbon_kg_max: float | None = None
    command: Sequence[str] = ()
    image: str | None = None
    labels: Mapping[str, str] = Field(default_factory=dict)


class Receipt(Answer):
    """One accepted job of a batch."""

    id: str
    name: str
    state: str


class JobStatus(Answer):
    """A job and where it stands."""

    id: str
    name: str
    state: str
    version: int
    tenant: str
    labels: dict[str, str]
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    site: str
    starts_at: datetime | None
    ends_at: datetime | None
    placement: dict[str, Any] | None
    plan: str
    attempt: int
    cancel_asked: bool
    reasons: dict[str, int]
    detail: str
    quote: str
    cost_cny: Decimal
    job: dict[str, Any]

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


class JobPage(Answer):
    """A page of jobs, newest first."""

    jobs: list[JobStatus]
    cursor: str | None


class Attempt(Answer):
    """One try at running a job."""

    id: str
    number: int
    site: str
    backend: str
    state: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    exit_code: int | None
    signal: int | None
    detail: str
    measured: dict[str, Any] | None


class Explanation(Answer):
    """Why a job is where it is, or is not."""

    text: str
    explanation: dict[str, Any]


class LogPiece(Answer):
    """A piece of what a job wrote.

    Attributes:
        data: the bytes as written.
        next_offset: where to go on.
        complete: no more will come.
    """

    data: bytes
    next_offset: int
    complete: bool


class PriceParts(Answer):
    """What a price is made of; the parts sum to it."""

    rate_card_cny: Decimal
    energy_cny: Decimal
    carbon_cny: Decimal
    network_cny: Decimal
    scarcity_cny: Decimal


class Offer(Answer):
    """One dish of a quote's menu: now, cheapest, greenest, or region:<province>."""

    id: str
    choice: str
    price_cny: Decimal
    parts: PriceParts
    site: str
    province: str
    variant: int
    accelerator: str | None
    start: datetime
    finish: datetime
    energy_kwh: float
    carbon_kg: float
    rtt_ms: float | None


class Quote(Answer):
    """What a job could get now: a menu, honoured until `expires_at`."""

    job: str
    created_at: datetime
    expires_at: datetime
    plan: str
    offers: list[Offer]
    reasons: dict[str, int]
    signature: str

    def offer(self, choice: str) -> Offer | None:
        """Return the offer of a choice, None when the menu has none."""
        return next((offer for offer in self.offers if offer.choice == choice), None)


class BillLine(Answer):
    """What one job owes for a month."""

    job: str
    name: str
    parts_cny: dict[str, Decimal]
    total_cny: Decimal
    energy_kwh: float
    carbon_kg: float


class Bill(Answer):
    """What a tenant owes for a month; the lines sum to the total exactly."""

    tenant: str
    month: str
    total_cny: Decimal
    committed_cny: Decimal
    budget_cny: Decimal | None
    lines: list[BillLine]


class Site(Answer):
    """A site and its state."""

    id: str
    name_en: str
    name_zh: str
    kind: str
    hub: str
    province: str
    latitude_deg: float
    longitude_deg: float
    tags: list[str]
    cpu_cores: float
    memory_gib: float
    accelerators: dict[str, float]
    power_limit_kw: float
    cooling: str
    green_share: float
    cordoned: bool
    draining: bool
    answering: bool
    detail: str


class PlanStatus(Answer):
    """The latest plan: its proof, and the asker's own placements in it."""

    id: str
    created_at: datetime
    policy: str
    status: str
    objective_cny: float
    lower_bound_cny: float
    gap: float
    solve_seconds: float
    placed: int
    refused: int
    placements: list[dict[str, Any]]
    shadow_prices: list[dict[str, Any]]


class Event(Answer):
    """Something that happened.

    Attributes:
        seq: its place in the order of all events; streams resume after it.
        at: when.
        kind: such as job.running.
        subject: whom it happened to, such as a job's id.
        data: more about it.
    """

    seq: int
    at: datetime
    kind: str
    subject: str
    data: dict[str, Any]

    @property
    def state(self) -> str:
        """The job's state after it, "" when it is no job's."""
        return self.kind.removeprefix("job.") if self.kind.startswith("job.") else ""

    @property
    def ended(self) -> bool:
        """Whether it ends a job."""
        return self.state in ENDED
