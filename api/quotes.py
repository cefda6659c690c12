"""Quotes: a menu signed and stored, and honoured when a job is submitted with one of its ids."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from api.errors import QuoteRefusedError
from api.quotes_market import MarketWatch
from api.quotes_menu import Dish, Menu, open_menu
from api.store import Job as JobRecord
from api.store import One, Put, Quote, Store, new_id
from api.wire.quotes import OfferView, PriceParts, QuoteMenu
from pricing import RateCard
from scheduler import Job

_OFFER = re.compile(r"(quo_[0-9a-z]{26})\.([0-9]{1,3})")


class QuoteDesk:
    """Gives quotes, and takes them back when jobs come with them."""

    def __init__(
        self, store: Store, watch: MarketWatch, rate_card: RateCard, secret: bytes, *, valid: timedelta
    ) -> None:
        """Sign with a secret; quotes are valid for a while."""
        self._store, self._rate_card, self._secret, self._valid = store, rate_card, secret, valid
        self.watch = watch

    async def offer(self, job: Job, document: str, *, tenant: str, now: datetime) -> QuoteMenu:
        """Return the menu of a job, its offers signed and stored."""
        market = await self.watch.now(now)
        menu = open_menu(replace(job, tenant=tenant), market, self._rate_card, now)
        quote = self._quote(menu, document, tenant=tenant, now=now)
        if menu.dishes:
            await self._store.write(Put(record=quote, expect=None))
        return QuoteMenu(
            job=job.name,
            created_at=now,
            expires_at=quote.expires_at,
            plan=market.plan,
            offers=[_view(dish, quote, number) for number, dish in enumerate(menu.dishes)],
            reasons=menu.reasons,
            signature=quote.signature,
        )

    async def redeem(self, name: str, record: JobRecord, *, now: datetime) -> tuple[JobRecord, Put]:
        """Return the job at its quoted price, and the change that uses the quote up.

        Raises:
            QuoteRefusedError: the quote is unknown to the tenant, expired, used, forged, or of another job.
        """
        quote, promise = await _find(self._store, name, record.tenant)
        if quote is None or promise is None:
            raise QuoteRefusedError(f"there is no quote {name[:60]!r}; ask for one with POST /v1/quotes")
        if not hmac.compare_digest(quote.signature, self._sign(quote)):
            raise QuoteRefusedError("the quote's signature is not ours; ask for a new one")
        if quote.expires_at <= now:
            raise QuoteRefusedError(f"the quote expired at {quote.expires_at.isoformat()}; ask for a new one")
        if quote.job:
            raise QuoteRefusedError(f"the quote was used for {quote.job}; ask for a new one")
        if promise["job"] != digest_of(record.document):
            raise QuoteRefusedError("the quote was given for another job; submit the job as it was quoted")
        priced = replace(record, quote=name, cost_cny=Decimal(promise["price_cny"]))
        return priced, Put(record=replace(quote, job=record.id), expect=quote)

    def _quote(self, menu: Menu, document: str, *, tenant: str, now: datetime) -> Quote:
        promise = {"job": digest_of(document), "offers": [_promise(dish) for dish in menu.dishes]}
        quote = Quote(
            id=new_id("quo", now),
            tenant=tenant,
            created_at=now,
            expires_at=now + self._valid,
            document=json.dumps(promise),
            signature="",
        )
        return replace(quote, signature=self._sign(quote))

    def _sign(self, quote: Quote) -> str:
        said = "\n".join(("quote", quote.id, quote.tenant, quote.expires_at.isoformat(), quote.document))
        return hmac.new(self._secret, said.encode(), hashlib.sha256).hexdigest()


async def quoted_cny(store: Store, job: JobRecord) -> Decimal | None:
    """Return the price a job was promised [CNY], None when it came without a quote."""
    if not job.quote:
        return None
    _, promise = await _find(store, job.quote, job.tenant)
    return None if promise is None else Decimal(promise["price_cny"])


async def _find(store: Store, name: str, tenant: str) -> tuple[Quote | None, dict[str, Any] | None]:
    """Return the quote that an offer's id belongs to, and the offer with the digest of its job."""
    parts = _OFFER.fullmatch(name)
    quote = None if parts is None else await store.read(One(Quote, parts[1], tenant=tenant))
    if parts is None or quote is None:
        return None, None
    document = json.loads(quote.document)
    number = int(parts[2])
    if number >= len(document["offers"]):
        return quote, None
    return quote, {"job": document["job"], **document["offers"][number]}


def _promise(dish: Dish) -> dict[str, Any]:
    return {
        "choice": dish.choice,
        "price_cny": str(dish.price_cny),
        "parts_cny": {part: str(amount) for part, amount in dish.parts_cny.items()},
        "site": dish.site,
        "variant": dish.variant,
        "start": dish.start.isoformat(),
        "finish": dish.finish.isoformat(),
    }


def digest_of(document: str) -> str:
    """Return what tells two job documents apart."""
    return hashlib.sha256(document.encode()).hexdigest()


def _view(dish: Dish, quote: Quote, number: int) -> OfferView:
    parts = {f"{part}_cny": amount for part, amount in dish.parts_cny.items()}
    return OfferView(
        id=f"{quote.id}.{number}",
        choice=dish.choice,
        price_cny=dish.price_cny,
        parts=PriceParts(**parts),
        site=dish.site,
        province=dish.province,
        variant=dish.variant,
        accelerator=dish.accelerator,
        start=dish.start,
        finish=dish.finish,
        energy_kwh=dish.energy_kwh,
        carbon_kg=dish.carbon_kg,
        rtt_ms=dish.rtt_ms,
        replicas=list(dish.replicas),
    )
