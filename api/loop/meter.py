"""The meter: what attempts have used, stretch by stretch, written once each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from api.feeds import Feed
from api.loop.clock import month_of, next_month
from api.loop.outlook import horizon_at
from api.loop.placed import placed_for
from api.loop.reign import Group, Reign
from api.loop.request import held_by, it_kw_of
from api.loop.settings import LoopSettings
from api.store import Attempt, Change, Job, Put, Usage
from pricing import PriceBook
from topology import Horizon


@dataclass(slots=True, eq=False)
class Meter:
    """Writes usage of what runs, at least every meter_minutes and at the end.

    A stretch is stored in the same write as the attempt it belongs to, which says until when it is metered.
    """

    reign: Reign
    feed: Feed
    settings: LoopSettings

    async def advance(self, running: Collection[str], now: datetime) -> int:
        """Meter attempts that were seen running just now, if it is time; how many were metered."""
        groups: list[Group] = []
        for job, live in list(self.reign.under_way()):
            group: Group = ()
            for attempt in live:
                if attempt.id not in running or attempt.started_at is None:
                    continue
                since = attempt.metered_until or attempt.started_at
                if now - since >= timedelta(minutes=self.settings.meter_minutes):
                    usage = await self.usage(job, attempt, attempt.started_at, now, final=False)
                    group += (Put(record=replace(attempt, metered_until=now), expect=attempt), *usage)
            if group:
                groups.append(group)
        return await self.reign.write(groups)

    async def usage(
        self, job: Job, attempt: Attempt, begun: datetime | None, until: datetime, *, final: bool
    ) -> tuple[Change, ...]:
        """What an attempt used since it was last metered, one record a month.

        Args:
            job: whose attempt.
            attempt: as stored.
            begun: when it began; None when it never did, and used nothing.
            until: end of the stretch.
            final: it is over: the data it moved is counted too.
        """
        if (
            begun is None
            or job.id not in self.reign.requests
            or attempt.site not in self.reign.catalogue.site_ids
        ):
            return ()
        since = attempt.metered_until or begun
        records = [await self._stretch(job, attempt, a, b) for a, b in _months(since, until)]
        if records and final:
            placed = placed_for(job, attempt)
            moved = Decimal(repr(placed.network_cny / len(placed.sites)))
            parts = {**records[-1].parts_cny, "network": moved}
            records[-1] = replace(records[-1], parts_cny=parts)
        return tuple(Put(record=record, expect=None) for record in records)

    async def _stretch(self, job: Job, attempt: Attempt, since: datetime, until: datetime) -> Usage:
        request, variant = self.reign.requests[job.id], placed_for(job, attempt).variant
        hours = (until - since).total_seconds() / 3600
        book = await self.feed.prices(self._horizon(since, until))
        it_kw = it_kw_of(request, variant, self.reign.catalogue)
        energy_kwh, energy_cny, carbon_kg = _integrate(book, attempt.site, it_kw, since, until)
        held = held_by(request, variant)
        site = self.reign.catalogue.site(attempt.site)
        quantities = {
            "hours": hours,
            "cpu_core_hours": held.cpu_cores * hours,
            "memory_gib_hours": held.memory_gib * hours,
        }
        quantities |= {
            f"accelerator_hours.{model}": count * hours for model, count in held.accelerators.items()
        }
        return Usage(
            attempt=attempt.id,
            started_at=since,
            ended_at=until,
            tenant=job.tenant,
            job=job.id,
            site=attempt.site,
            month=month_of(since),
            energy_kwh=energy_kwh,
            carbon_kg=carbon_kg,
            carbon_market_kg=carbon_kg * (1 - site.green_share),
            quantities=quantities,
            parts_cny={
                "energy": Decimal(repr(energy_cny)),
                "carbon": Decimal(repr(carbon_kg / 1000 * book.carbon_cny_per_t)),
            },
        )

    def _horizon(self, since: datetime, until: datetime) -> Horizon:
        first = horizon_at(since, (), self.settings)
        slots = max(first.slots, -(-(until - first.start) // first.slot_length))
        return Horizon(start=first.start, slots=slots, slot_minutes=first.slot_minutes)


def _months(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretch in pieces that each lie in one month; nothing when it is empty."""
    while since < until:
        end = min(until, next_month(since))
        yield since.astimezone(UTC), end.astimezone(UTC)
        since = end


def _integrate(
    book: PriceBook, site: str, it_kw: float, since: datetime, until: datetime
) -> tuple[float, float, float]:
    """Return energy [kWh], its cost [CNY] and its emissions [kg] of a load over a stretch, by the minute."""
    horizon, row = book.horizon, book.row(site)
    edges = horizon.hours_per_slot * np.arange(horizon.slots + 1)
    a, b = ((each - horizon.start).total_seconds() / 3600 for each in (since, until))
    hours = np.clip(np.minimum(edges[1:], b) - np.maximum(edges[:-1], a), 0.0, None)
    kwh = it_kw * book.pue_marginal[row] * hours
    return (
        float(kwh.sum()),
        float((kwh * book.power_cny_per_kwh[row]).sum()),
        float((kwh * book.carbon_g_per_kwh[row]).sum() / 1000),
    )
