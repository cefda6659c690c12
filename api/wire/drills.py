"""Drills on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.drills import SECONDS, SECONDS_MAX
from api.wire.model import Answer, Request


class DrillRequest(Request):
    """How the loss of a site is to be practised."""

    seconds: float = Field(
        SECONDS,
        gt=0,
        le=SECONDS_MAX,
        description="The site is lost no longer than this; less when all recovers.",
    )
    kill: bool = Field(False, description="End what runs there too; otherwise it is only not heard of.")


class DrillOrderView(Answer):
    """A drill that was asked for; the loop begins it at its next tick."""

    id: str
    site: str
    seconds: float
    kill: bool


class RecoveredView(Answer):
    """One job that the loss touched."""

    job: str
    name: str
    before: str = Field(description="Its state when the site was lost.")
    how: str = Field(description="runs, planned or ended; empty when it did not go on elsewhere.")
    seconds: float | None = Field(description="From the loss until it went on elsewhere.")
    sites: list[str]
    work_hours_lost: float = Field(description="Run hours to be done again.")


class DrillView(Answer):
    """What a drill showed."""

    id: str
    site: str
    actor: str
    begun_at: datetime
    ended_at: datetime
    killed: bool
    recovery_seconds: float | None = Field(description="Until the last job went on; null when some did not.")
    work_hours_lost: float
    jobs: list[RecoveredView]


class DrillList(Answer):
    """The drills that are done, newest first."""

    drills: list[DrillView]
