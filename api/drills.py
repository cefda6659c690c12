"""Drills: the loss of a site, practised: asked for here, carried out by the loop, kept for ever in the audit chain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self

from api.errors import ConflictError
from api.store import Announce, Audit, AuditRow, Many, One, Put, SiteState, Store, new_id

ASKED, DONE = "site.drill", "site.drilled"
SECONDS = 1_800.0
SECONDS_MAX = 86_400.0
_ROWS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class DrillOrder:
    """What was asked for.

    Attributes:
        id: of the drill.
        actor: who asked.
        seconds: the site is lost for no longer than this.
        kill: whether what runs there is ended too, as in a fire; otherwise it is only not heard of.
    """

    id: str
    actor: str
    seconds: float
    kill: bool

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= SECONDS_MAX:
            raise ValueError(f"a drill of {self.seconds} s: must be above 0 and at most {SECONDS_MAX:g}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovered:
    """One job that the loss touched.

    Attributes:
        job: id.
        name: as its owner calls it.
        before: its state when the site was lost.
        how: "runs", "planned" or "ended", or "" while it does not go on elsewhere.
        seconds: from the loss until then, or None.
        sites: where it is now.
        work_hours_lost: run hours that have to be done again; 0 for one that another replica carried on.
    """

    job: str
    name: str
    before: str
    how: str = ""
    seconds: float | None = None
    sites: tuple[str, ...] = ()
    work_hours_lost: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class DrillReport:
    """What a drill showed.

    Attributes:
        id: of the drill.
        site: which site was lost.
        actor: who asked for it.
        begun_at: when it was lost, as ISO text.
        ended_at: when it was back.
        killed: whether what ran there was ended.
        recovery_seconds: until the last job went on elsewhere: the recovery time; None when some did not.
        work_hours_lost: run hours to be done again: the recovery point.
        jobs: every job that was touched.
    """

    id: str
    site: str
    actor: str
    begun_at: str
    ended_at: str
    killed: bool
    recovery_seconds: float | None
    work_hours_lost: float
    jobs: tuple[Recovered, ...]

    def document(self) -> dict[str, Any]:
        """The report as JSON would have it."""
        return asdict(self)

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Self:
        """Return the report of a document."""
        jobs = tuple(Recovered(**{**job, "sites": tuple(job["sites"])}) for job in fields["jobs"])
        return cls(**{**fields, "jobs": jobs})


async def order_drill(
    store: Store, site: str, *, seconds: float = SECONDS, kill: bool = False, actor: str, now: datetime
) -> DrillOrder:
    """Ask for a drill at a site; the loop begins it at its next tick.

    Raises:
        ConflictError: one is under way there, or the site is lost already.
        ValueError: it would be too long, or no time at all.
    """
    order = DrillOrder(id=new_id("dri", now), actor=actor, seconds=seconds, kill=kill)
    before = await store.read(One(SiteState, site))
    if before is not None and before.drill:
        raise ConflictError(f"a drill is under way at {site}; wait for its end")
    if before is not None and not before.answering:
        raise ConflictError(f"{site} is lost already: there is nothing to practise")
    after = replace(
        before or SiteState(site=site, updated_at=now), drill=json.dumps(asdict(order)), updated_at=now
    )
    document = json.dumps(asdict(order))
    await store.write(
        Put(record=after, expect=before),
        Audit(at=now, actor=actor, action=ASKED, target=site, document=document),
        Announce(at=now, kind=ASKED, subject=site, document=document),
    )
    return order


async def list_drills(store: Store, *, limit: int = 100) -> list[DrillReport]:
    """Return the reports of the drills that are done, newest first."""
    page = await store.read(Many(AuditRow, {"action": DONE}, limit=min(limit, _ROWS), newest_first=True))
    return [DrillReport.read(json.loads(row.document)) for row in page.items]


async def find_drill(store: Store, drill_id: str) -> DrillReport | None:
    """Return the report of a drill, None while it is not done."""
    return next((each for each in await list_drills(store, limit=_ROWS) if each.id == drill_id), None)
