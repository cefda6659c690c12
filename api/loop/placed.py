"""Placed: the place of a stored job, or of one of its attempts, in the plan, read from its record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from api.store import Attempt, Job

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """Where and how a job is to run.

    Attributes:
        site: site id.
        variant: index into the job's variants.
        start: planned first instant.
        end: planned first instant after it.
        network_cny: cost of the data it moves, to all of its sites.
        sites: `site`, and those of the other replicas when the job spreads.
        runs: the half-open stretches it runs in; more than one when it is interruptible.
    """

    site: str
    variant: int
    start: datetime
    end: datetime
    network_cny: float
    sites: tuple[str, ...]
    runs: tuple[Stretch, ...]


@lru_cache(maxsize=50_000)
def read_placement(document: str) -> Placed:
    """Return the placement that a job's `placement` holds: one entry of a plan's "placements"."""
    fields: dict[str, Any] = json.loads(document)
    start, end = _instant(fields["start"]), _instant(fields["end"])
    runs = tuple((_instant(begin), _instant(until)) for begin, until in fields.get("runs") or ())
    return Placed(
        site=fields["site"],
        variant=fields["variant"],
        start=start,
        end=end,
        network_cny=fields["cost"]["network_cny"],
        sites=tuple(fields.get("replicas") or (fields["site"],)),
        runs=runs or ((start, end),),
    )


def placed_for(job: Job, attempt: Attempt) -> Placed:
    """Return what an attempt was started for: plans may have moved its job since."""
    return read_placement(attempt.placement or job.placement)


def with_replica_at(document: str, replica: int, site: str) -> str:
    """Return a spreading job's placement with one replica at another site."""
    fields: dict[str, Any] = json.loads(document)
    sites = list(fields["replicas"])
    sites[replica] = site
    return json.dumps(fields | {"replicas": sites, "site": sites[0]})


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
