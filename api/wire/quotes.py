"""Quotes on the wire: a menu."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.wire.model import Answer, Money


class PriceParts(Answer):
    """What a price is made of; the parts sum to it exactly."""

    rate_card_cny: Money = Field(description="Use of the machines by the rate card.")
    energy_cny: Money = Field(description="Electricity, at cost.")
    carbon_cny: Money = Field(description="Emissions at the carbon price.")
    network_cny: Money = Field(description="Data moved, at cost.")
    scarcity_cny: Money = Field(description="Shadow price of the full slots it would take, by the last plan.")


class OfferView(Answer):
    """One dish of the menu. One offer of a menu can be used, once."""

    id: str = Field(description="Submit the same job with ?quote=<id> to be billed at most this price.")
    choice: str = Field(description="now, cheapest, greenest, or region:<province>.")
    price_cny: Money
    parts: PriceParts
    site: str
    province: str
    variant: int
    accelerator: str | None
    start: datetime
    finish: datetime
    energy_kwh: float
    carbon_kg: float
    rtt_ms: float | None = Field(description="Round trip to the job's origin; null when it names none.")
    replicas: list[str] = Field(description="Sites of all replicas, its own first; empty unless it spreads.")


class QuoteMenu(Answer):
    """What a job could get now. Nothing is reserved; the price is honoured until `expires_at`."""

    job: str
    created_at: datetime
    expires_at: datetime
    plan: str = Field(
        description="The plan whose room and shadow prices were used; empty when there is none."
    )
    offers: list[OfferView] = Field(description="Empty when no site has room in time.")
    reasons: dict[str, int] = Field(description="Sites that cannot take the job, by reason.")
    signature: str = Field(description="HMAC-SHA-256 over the menu, made with the service's secret.")
