"""Jobs, attempts, logs and explanations on the wire."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import Field
from pydantic_core import to_json

from api.store import Attempt, Job
from api.wire.model import Answer, Document, Money, write_money


class JobView(Answer):
    """A job and where it stands."""

    id: str
    name: str
    state: str = Field(
        description="queued, planned, starting, running, unknown, cancelling; "
        "at the end succeeded, failed, cancelled, expired or rejected."
    )
    version: int = Field(description="Grows by one with every change.")
    tenant: str
    labels: dict[str, str]
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    site: str = Field(description="Where it runs or will run; empty while it has no place.")
    starts_at: datetime | None = Field(description="Planned start.")
    ends_at: datetime | None = Field(description="Planned end.")
    placement: Document | None = Field(description="Its place in the plan, as in plan.json.")
    plan: str
    attempt: int = Field(description="Number of the latest attempt, 0 for none.")
    cancel_asked: bool
    reasons: dict[str, int] = Field(description="Why it has no place: reason -> number of sites.")
    detail: str
    quote: str
    cost_cny: Money = Field(description="What it is expected to cost, or did.")
    job: Document = Field(description="The job as sent.")


class JobList(Answer):
    """A page of jobs."""

    jobs: list[JobView]
    cursor: str | None = Field(description="Continues after this page; null at the end.")


class JobReceipt(Answer):
    """One job of an accepted batch."""

    id: str
    name: str
    state: str


class BatchReceipt(Answer):
    """The jobs of an accepted batch, in the order sent."""

    jobs: list[JobReceipt]


class AttemptView(Answer):
    """One try at running a job."""

    id: str
    number: int
    site: str
    backend: str
    state: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    exit_code: int | None
    signal: int | None
    detail: str
    measured: Document | None = Field(description="What the backend measured.")


class AttemptList(Answer):
    """Every try at running a job, in order."""

    attempts: list[AttemptView]


class ExplanationView(Answer):
    """Why a job is where it is, or is not."""

    text: str = Field(description="The explanation in plain words.")
    explanation: Document = Field(description="The same as data.")


def write_job(job: Job) -> bytes:
    """Return a job's view as JSON: what is stored as JSON goes in as it is, and the hot path builds no model."""
    head = to_json(_figures(job))[:-1]
    return b"".join(
        (head, b',"placement":', (job.placement or "null").encode(), b',"job":', job.document.encode(), b"}")
    )


def _figures(job: Job) -> dict[str, Any]:
    """Return all of a job's view but its documents."""
    return {
        "id": job.id,
        "name": job.name,
        "state": job.state,
        "version": job.version,
        "tenant": job.tenant,
        "labels": job.labels,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "finished_at": job.finished_at,
        "site": job.site,
        "starts_at": job.starts_at,
        "ends_at": job.ends_at,
        "plan": job.plan,
        "attempt": job.attempt,
        "cancel_asked": job.cancel_asked,
        "reasons": job.reasons,
        "detail": job.detail,
        "quote": job.quote,
        "cost_cny": write_money(job.cost_cny),
    }


def view_attempt(attempt: Attempt) -> AttemptView:
    """Return an attempt's view."""
    return AttemptView(
        id=attempt.id,
        number=attempt.number,
        site=attempt.site,
        backend=attempt.backend,
        state=attempt.state,
        created_at=attempt.created_at,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        exit_code=attempt.exit_code,
        signal=attempt.signal,
        detail=attempt.detail,
        measured=json.loads(attempt.measured) if attempt.measured else None,
    )
