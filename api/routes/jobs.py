"""Jobs: submit, list, show, cancel; each answer comes after the commit."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic_core import to_json
from starlette.responses import Response

from api.auth import Scope
from api.errors import ConflictError, InvalidFieldError, NotFoundError, QuoteRefusedError
from api.intake import Order
from api.loop import cancel
from api.routes.visit import BODY, DirectRoute, GuardedRoute, Visit, Visiting, needs, refusals
from api.store import AddJob, Attempt, Change, IdempotencyRecord, Job, Jobs, Many, One, StaleError
from api.wire.jobs import AttemptList, BatchReceipt, JobList, JobView, view_attempt, write_job
from scheduler.lifecycle import JobState

direct = APIRouter(route_class=DirectRoute, tags=["jobs"])
router = APIRouter(route_class=GuardedRoute, tags=["jobs"])

_JOB_ID = re.compile(r"job_[0-9a-z]{26}")
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_CANCEL_TRIES = 5
_JOB_REF = {"$ref": "#/components/schemas/Job"}
_SUBMIT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [_JOB_REF, {"type": "array", "items": _JOB_REF, "minItems": 1, "maxItems": 1000}]
                }
            }
        },
    },
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
            "description": "Repeating a request with its key returns the first answer for 24 hours.",
        },
        {
            "name": "quote",
            "in": "query",
            "required": False,
            "schema": {"type": "string"},
            "description": "Id of an offer of POST /v1/quotes for this same job: it is billed at most that price.",
        },
    ],
}


@direct.post(
    "/v1/jobs",
    status_code=201,
    summary="Submit one job, or many in a list",
    responses={
        201: {
            "description": "Stored durably. One job is answered by its view, a list by one receipt a job.",
            "content": {
                "application/json": {
                    "schema": {
                        "anyOf": [
                            {"$ref": "#/components/schemas/JobView"},
                            {"$ref": "#/components/schemas/BatchReceipt"},
                        ]
                    }
                }
            },
        },
        **refusals(*BODY, 409),
    },
    openapi_extra=_SUBMIT,
)
@needs(Scope.SUBMIT)
async def submit_jobs(visit: Visiting) -> Response:
    """All jobs of a list are stored, or none: then `errors` names each fault by its index."""
    service, request = visit.service, visit.request
    key = _idempotency_key(request.headers.get("idempotency-key"))
    quote = request.query_params.get("quote", "")
    order = service.intake.read(await visit.body(service.settings.body_bytes_max), visit.tenant)
    if quote and order.batch:
        raise QuoteRefusedError("a quote is for one job; submit the job alone, not in a list")
    digest = order.digest("/v1/jobs", quote) if key else ""
    try:
        jobs, changes = await _changes(visit, order, quote)
    except InvalidFieldError:
        # Time has passed since the first try: a repeated request still gets its first answer.
        first = await _first_answer(visit, key, digest)
        if first is None:
            raise
        return _replayed(first)
    answer = to_json(_receipt(jobs)) if order.batch else write_job(jobs[0])
    once = _once(visit, key, digest, answer) if key else None
    receipt = await service.store.write(*changes, once=once)
    if receipt.replay is not None:
        return _replayed(receipt.replay)
    service.metrics.accepted.inc(len(jobs))
    headers = {} if order.batch else {"Location": f"/v1/jobs/{jobs[0].id}"}
    return Response(answer, 201, headers, "application/json")


async def _changes(visit: Visit, order: Order, quote: str) -> tuple[tuple[Job, ...], list[Change]]:
    jobs = visit.service.intake.records(order, tenant=visit.tenant, now=visit.now)
    if not quote:
        return jobs, [AddJob(job=job) for job in jobs]
    job, used = await visit.service.quotes.redeem(quote, jobs[0], now=visit.now)
    return (job,), [AddJob(job=job), used]


def _receipt(jobs: tuple[Job, ...]) -> dict[str, Any]:
    return {"jobs": [{"id": job.id, "name": job.name, "state": job.state} for job in jobs]}


def _idempotency_key(given: str | None) -> str:
    if given is not None and not _KEY.fullmatch(given):
        raise InvalidFieldError("Idempotency-Key", "the key must be 1 to 128 visible ASCII characters")
    return given or ""


def _once(visit: Visit, key: str, digest: str, answer: bytes) -> IdempotencyRecord:
    kept = timedelta(hours=visit.service.settings.idempotency_hours)
    return IdempotencyRecord(
        tenant=visit.tenant,
        key=key,
        body_digest=digest,
        status=201,
        answer=answer.decode(),
        created_at=visit.now,
        expires_at=visit.now + kept,
    )


async def _first_answer(visit: Visit, key: str, digest: str) -> IdempotencyRecord | None:
    if not key:
        return None
    record = await visit.service.store.read(One(IdempotencyRecord, (visit.tenant, key)))
    fits = record is not None and record.body_digest == digest and record.expires_at > visit.now
    return record if fits else None


def _replayed(record: IdempotencyRecord) -> Response:
    headers = {"Idempotency-Replayed": "true"}
    document = json.loads(record.answer)
    if "id" in document:
        headers["Location"] = f"/v1/jobs/{document['id']}"
    return Response(record.answer, record.status, headers, "application/json")


async def find_job(visit: Visit, name: str) -> Job:
    """Return a job of the caller's tenant.

    Raises:
        NotFoundError: there is none of that id, or it is another's.
    """
    job = (
        await visit.service.store.read(One(Job, name, tenant=visit.tenant))
        if _JOB_ID.fullmatch(name)
        else None
    )
    if job is None:
        raise NotFoundError("job", name)
    return job


_PATH_ID = {
    "parameters": [
        {
            "name": "job_id",
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": "Job id.",
        }
    ]
}


@direct.get(
    "/v1/jobs/{job_id}",
    summary="Show a job",
    responses={200: {"model": JobView}, **refusals(404)},
    openapi_extra=_PATH_ID,
)
@needs(Scope.READ)
async def show_job(visit: Visiting) -> Response:
    """The job as sent, its state, and its place in the plan."""
    job = await find_job(visit, visit.request.path_params["job_id"])
    return Response(write_job(job), media_type="application/json")


@direct.post(
    "/v1/jobs/{job_id}/cancel",
    status_code=202,
    summary="Cancel a job",
    responses={202: {"model": JobView, "description": "Cancelled, or asked to end."}, **refusals(404, 409)},
    openapi_extra=_PATH_ID,
)
@needs(Scope.SUBMIT)
async def cancel_job(visit: Visiting) -> Response:
    """What has not started is cancelled at once; what runs is asked to end. Asking again changes nothing."""
    for _ in range(_CANCEL_TRIES):
        job = await find_job(visit, visit.request.path_params["job_id"])
        try:
            job = await cancel(visit.service.store, job, visit.now) or job
        except StaleError:
            continue  # the loop moved it meanwhile: look again
        break
    else:
        raise ConflictError("the job keeps changing; ask again")
    return Response(write_job(job), 202, media_type="application/json")


@router.get("/v1/jobs", summary="List jobs, newest first", responses={200: {"model": JobList}, **refusals()})
@needs(Scope.READ)
async def list_jobs(  # noqa: PLR0917  (a query parameter each)
    visit: Visiting,
    state: Annotated[list[JobState] | None, Query(description="Only these states; may be repeated.")] = None,
    name: Annotated[str | None, Query(max_length=200, description="Only jobs of this very name.")] = None,
    search: Annotated[
        str, Query(max_length=200, description="Only jobs whose name holds this; A to Z are as a to z.")
    ] = "",
    label: Annotated[str | None, Query(description="key=value", pattern="^[^=]+=.*$")] = None,
    site: Annotated[str | None, Query(max_length=200)] = None,
    since: Annotated[datetime | None, Query(description="Created at or after; with an offset.")] = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Pages are stable: a job that arrives meanwhile never moves another to the next page."""
    if since is not None and since.utcoffset() is None:
        raise InvalidFieldError("since", "since has no time zone; write an offset, such as +08:00 or Z")
    query = Jobs(
        tenant=visit.tenant,
        states=tuple(each.value for each in state or ()),
        name=name,
        search=search,
        label=None if label is None else _pair(label),
        site=site,
        since=None if since is None else _in_utc(since),
        after=cursor,
        limit=limit,
    )
    page = await visit.service.store.read(query)
    written = b",".join(map(write_job, page.items))
    answer = b"".join((b'{"jobs":[', written, b'],"cursor":', to_json(page.cursor), b"}"))
    return Response(answer, media_type="application/json")


def _pair(label: str) -> tuple[str, str]:
    name, _, value = label.partition("=")
    return name, value


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise InvalidFieldError("since", "since lies outside the years 1 to 9999") from None


@router.get("/v1/jobs/{job_id}/attempts", summary="List a job's attempts", responses=refusals(404))
@needs(Scope.READ)
async def list_attempts(visit: Visiting, job_id: str) -> AttemptList:
    """Every try at running the job, in order."""
    job = await find_job(visit, job_id)
    page = await visit.service.store.read(Many(Attempt, {"job": job.id}))
    return AttemptList(attempts=[view_attempt(attempt) for attempt in page.items])


__all__ = ["BatchReceipt", "direct", "find_job", "router"]
