"""Placed: the place of a stored job in the plan, read from its record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """Where and how a job is to run.

    Attributes:
        site: site id.
        variant: index into the job's variants.
        start: planned first instant.
        end: planned first instant after it.
        network_cny: cost of the data it moves.
        sites: `site`, and those of the other replicas when the job spreads.
    """

    site: str
    variant: int
    start: datetime
    end: datetime
    network_cny: float
    sites: tuple[str, ...]


@lru_cache(maxsize=50_000)
def read_placement(document: str) -> Placed:
    """Return the placement that a job's `placement` holds: one entry of a plan's "placements"."""
    fields: dict[str, Any] = json.loads(document)
    return Placed(
        site=fields["site"],
        variant=fields["variant"],
        start=datetime.fromisoformat(fields["start"]).astimezone(UTC),
        end=datetime.fromisoformat(fields["end"]).astimezone(UTC),
        network_cny=fields["cost"]["network_cny"],
        sites=tuple(fields.get("replicas") or (fields["site"],)),
    )
