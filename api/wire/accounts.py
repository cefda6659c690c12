"""Usage, bills and carbon on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.wire.model import Answer, Money


class UsageView(Answer):
    """What the meter saw of one attempt for a stretch of time."""

    job: str
    attempt: str
    site: str
    started_at: datetime
    ended_at: datetime
    energy_kwh: float
    carbon_kg: float = Field(description="Location-based: the grid's mix.")
    carbon_market_kg: float = Field(description="Market-based: less the site's green contracts.")
    quantities: dict[str, float]
    parts_cny: dict[str, Money]


class UsageList(Answer):
    """A page of a month's usage."""

    month: str
    usage: list[UsageView]
    cursor: str | None


class BillLineView(Answer):
    """What one job owes for the month; its parts sum to the total exactly."""

    job: str
    name: str
    parts_cny: dict[str, Money]
    total_cny: Money
    energy_kwh: float
    carbon_kg: float


class BillView(Answer):
    """What a tenant owes for a month: the lines sum to the total exactly."""

    tenant: str
    month: str
    total_cny: Money
    committed_cny: Money = Field(description="Committed to the month's jobs, against the budget.")
    budget_cny: Money | None
    lines: list[BillLineView]


class CarbonRow(Answer):
    """A site's share of a tenant's month."""

    site: str
    energy_kwh: float
    location_kg: float = Field(description="By the grid's mix where and when it was used.")
    market_kg: float = Field(description="Less the site's green contracts.")
    jobs: int


class CarbonReport(Answer):
    """Energy and emissions of a tenant's month, by site (GHG Protocol scope 2, both ways)."""

    tenant: str
    month: str
    energy_kwh: float
    location_kg: float
    market_kg: float
    sites: list[CarbonRow]
