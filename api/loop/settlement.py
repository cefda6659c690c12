"""Settlement: at its end a job counts against its tenant's budget with what it used, no longer with its estimate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from api.ledger import bill_usage
from api.store import Change, Job, Many, MoveJob, Put, Store, Usage
from pricing import RateCard, load_price_catalogue


@cache
def _rate_card() -> RateCard:
    return load_price_catalogue().rate_card


@dataclass(frozen=True, slots=True, eq=False)
class Settlement:
    """Puts the metered cost in the place of the estimate, in the same write as the job's last move."""

    store: Store

    async def settled(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Return the changes about one job with its final cost, if they bring it to its end after an attempt."""
        for place, change in enumerate(changes):
            if isinstance(change, MoveJob) and _settles(change.job):
                new = (
                    each.record
                    for each in changes
                    if isinstance(each, Put) and isinstance(each.record, Usage)
                )
                settled = replace(change, job=await self.settled_job(change.job, new))
                return (*changes[:place], settled, *changes[place + 1 :])
        return changes

    async def settled_job(self, job: Job, new: Iterable[Usage] = ()) -> Job:
        """Return a job with its final cost, if it is at its end after an attempt.

        A quoted job costs at most its quote. What a replica uses after the job's end is billed, not settled.

        Args:
            job: as it will be stored.
            new: usage that is stored in the same write.
        """
        return replace(job, cost_cny=await self._cost_cny(job, new)) if _settles(job) else job

    async def _cost_cny(self, job: Job, new: Iterable[Usage]) -> Decimal:
        stored = (await self.store.read(Many(Usage, {"job": job.id}, limit=10_000))).items
        lines = bill_usage(job.tenant, "", (*stored, *new), _rate_card()).lines
        total = sum((line.total_cny for line in lines), Decimal("0.00"))
        return min(total, job.cost_cny) if job.quote else total


def _settles(job: Job) -> bool:
    return job.finished and job.attempt > 0
