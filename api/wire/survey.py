"""What plans look like over time, on the wire: what a console draws."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.wire.model import Answer


class PlanSummary(Answer):
    """One plan, without what it decided."""

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


class PlanHistory(Answer):
    """A page of plans, newest first."""

    plans: list[PlanSummary]
    cursor: str | None


class Bar(Answer):
    """A placed job in time."""

    job: str
    name: str
    tenant: str
    state: str
    site: str
    start: datetime
    end: datetime
    variant: int
    accelerator: str | None
    cpu_cores: float
    memory_gib: float
    accelerators: float
    it_kw: float


class Moment(Answer):
    """Which plan, and when it was looked at."""

    plan: str = Field(description="Id of the latest plan; empty before the first.")
    as_of: datetime = Field(description="When the state was read; some seconds ago at most.")


class Timeline(Moment):
    """Placed jobs, by start."""

    bars: list[Bar]
    cursor: str | None


class Steps(Moment):
    """Figures in steps of time; the last step may be short."""

    start: datetime = Field(description="Beginning of the first step.")
    step_minutes: int


class SiteUse(Answer):
    """How full a site is."""

    site: str
    used: list[float] = Field(description="Mean part of the fullest resource in each step, 0 to 1.")
    resources: dict[str, list[float]] = Field(
        description="The same by resource, where one site is asked for."
    )


class Utilisation(Steps):
    """How full sites are, of all tenants' placed jobs."""

    sites: list[SiteUse]


class SiteScarcity(Answer):
    """Mean shadow prices of a site [CNY per unit and hour]."""

    site: str
    resources: dict[str, list[float]]


class LinkScarcity(Answer):
    """Mean shadow price of a link."""

    link: str
    cny_per_gbps_hour: list[float]


class ScarcityTable(Steps):
    """Shadow prices of what is scarce; what is not named has none."""

    sites: list[SiteScarcity]
    links: list[LinkScarcity]


class FlowView(Answer):
    """Work of one origin at one site."""

    origin: str
    site: str
    jobs: int
    cpu_cores: float
    accelerators: float
    it_kw: float
    rtt_ms: float


class Frame(Answer):
    """The flows at one instant, and what all of them are together, shown or not."""

    at: datetime
    jobs: int
    it_kw: float
    flows: list[FlowView]


class FlowTable(Moment):
    """Where work comes from and goes to, instant by instant."""

    frames: list[Frame]


class LinkLoad(Answer):
    """What transfers take of a link."""

    link: str
    capacity_gbps: float
    gbps: list[float] = Field(description="Largest in each step.")


class LinkLoads(Steps):
    """Links with transfers."""

    links: list[LinkLoad]


class SpentView(Answer):
    """Costs and emissions."""

    energy_cny: float
    carbon_cny: float
    network_cny: float
    total_cny: float
    carbon_kg: float
    energy_kwh: float


class SavingsView(Moment):
    """What placed jobs cost, and would cost near their origins."""

    jobs: int
    planned: SpentView
    stay: SpentView = Field(
        description="The same jobs, each at the nearest site that can run it at all, started at once, as if "
        "that site had room for all."
    )
    saving_cny: float
    saving_share: float = Field(description="Of what staying would cost; 0 where that is nothing.")
    carbon_saving_kg: float
    unpriced: int = Field(description="Jobs without an origin, or longer than the service looks ahead.")
