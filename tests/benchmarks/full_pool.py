"""A pool with very many jobs, written straight into a store: what no test has the time to submit and plan."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from api.store import AddJob, Job, new_ids, open_store
from topology import load_catalogue

BATCH = 1_000
AHEAD_HOURS = 44
KINDS = ("training", "inference", "analytics", "tuning", "batch")
ENDED = ("succeeded", "succeeded", "succeeded", "failed", "cancelled")


def fill(url: str, secret: bytes, *, jobs: int, planned: int) -> None:
    """Put `jobs` jobs of tenant `default` into a store that a service has once begun, the newest `planned` placed."""
    asyncio.run(_write(url, secret, jobs, planned))


async def _write(url: str, secret: bytes, jobs: int, planned: int) -> None:
    store = open_store(url, secret=secret)
    begun = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=jobs)
    sites = load_catalogue("china").site_ids
    cities = [city.id for city in load_catalogue("china").cities]
    for first in range(0, jobs, BATCH):
        numbers = range(first, min(first + BATCH, jobs))
        ids = new_ids("job", begun + timedelta(seconds=first), len(numbers))
        made = (
            _job(id, number, begun, cities[number % len(cities)])
            for id, number in zip(ids, numbers, strict=True)
        )
        await store.write(
            *(
                AddJob(
                    job=_placed(job, sites[number % len(sites)], number) if number >= jobs - planned else job
                )
                for job, number in zip(made, numbers, strict=True)
            )
        )
    await store.close()


def _job(id: str, number: int, begun: datetime, origin: str) -> Job:
    """A job that has ended: named by its kind, half an hour and more of sixteen cores."""
    at = begun + timedelta(seconds=number)
    document = {
        "name": f"{KINDS[number % 5]}-{number:06d}",
        "demand": {"cpu_cores": 16, "memory_gib": 64},
        "variants": [{"runtime_minutes": 30 + number % 90}],
        "origin": origin,
    }
    if number % 10 == 0:
        document["inputs"] = [{"at": origin, "size_gb": 20}]
    return Job(
        id=id,
        tenant="default",
        name=str(document["name"]),
        document=json.dumps(document),
        created_at=at,
        updated_at=at,
        month=f"{at:%Y-%m}",
        state=ENDED[number % 5],
        finished_at=at + timedelta(hours=1),
        cost_cny=Decimal("1.25"),
    )


def _placed(job: Job, site: str, number: int) -> Job:
    """The same job with a place in the plan, some minutes or days from now."""
    ahead = timedelta(minutes=(number * 37) % (60 * AHEAD_HOURS))
    start = datetime.now(UTC).replace(second=0, microsecond=0) + ahead
    end = start + timedelta(minutes=30 + number % 90)
    cost = {"energy_cny": 1.0, "carbon_cny": 0.2, "network_cny": 0.05}
    placement = {
        "job": job.id, "site": site, "variant": 0, "start": start.isoformat(), "end": end.isoformat(),
        "runs": [[start.isoformat(), end.isoformat()]], "cost": cost, "carbon_kg": 0.5, "energy_kwh": 1.5,
        "replicas": [],
    }  # fmt: skip
    return replace(
        job,
        state="planned",
        finished_at=None,
        site=site,
        starts_at=start,
        ends_at=end,
        placement=json.dumps(placement),
    )
