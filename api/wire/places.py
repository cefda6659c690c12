"""Sites, links, prices and plans on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.wire.model import Answer, Document


class SiteView(Answer):
    """A site and its state."""

    id: str
    name_en: str
    name_zh: str
    kind: str
    hub: str
    province: str
    grid_area: str
    latitude_deg: float
    longitude_deg: float
    tags: list[str]
    cpu_cores: float
    memory_gib: float
    accelerators: dict[str, float]
    power_limit_kw: float
    cooling: str
    green_share: float
    cordoned: bool = Field(description="Takes nothing new.")
    draining: bool = Field(description="What runs is moved off.")
    answering: bool = Field(description="Its backend answers.")
    detail: str


class SiteList(Answer):
    """Every site."""

    sites: list[SiteView]


class LinkView(Answer):
    """A link between two places."""

    id: str
    a: str
    b: str
    length_km: float
    latency_ms: float = Field(description="One way.")
    capacity_gbps: float
    price_cny_per_gb: float
    directed: bool


class LinkList(Answer):
    """Every link."""

    links: list[LinkView]


class PriceSeries(Answer):
    """Prices of one site, one value a slot."""

    site: str
    start: datetime
    slot_minutes: int
    power_cny_per_kwh: list[float]
    carbon_g_per_kwh: list[float]
    pue_marginal: list[float]
    estimated: str = Field(description="What of the power price is estimated and why; empty when nothing is.")
    source: str


class PriceList(Answer):
    """Prices of sites."""

    carbon_cny_per_t: float
    prices: list[PriceSeries]


class PlanView(Answer):
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
    placements: list[Document] = Field(description="Of the asker's own jobs; `job` is the job's id.")
    shadow_prices: list[Document] = Field(description="What one more unit of each full resource would save.")
