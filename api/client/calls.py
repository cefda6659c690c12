"""Calls: every request of the service that the client makes, and how its answer is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote as escape

from pydantic import BaseModel

from api.client.conversation import read_json
from api.client.models import (
    Attempt,
    Bill,
    Explanation,
    Job,
    JobPage,
    JobStatus,
    LogPiece,
    PlanStatus,
    Quote,
    Receipt,
    Site,
)
from api.client.steps import Call, Reply

M = TypeVar("M", bound=BaseModel)
JobLike = Job | Mapping[str, Any]
BATCH_MAX = 500
BATCH_BYTES_MAX = 4 << 20


def document_of(job: JobLike) -> dict[str, Any]:
    """Return a job as it goes over the wire."""
    return job.model_dump(mode="json", exclude_defaults=True) if isinstance(job, Job) else dict(job)


def submit_one(job: JobLike, *, key: str, offer: str = "") -> Call[JobStatus]:
    """Submit one job, at the price of an offer where one is named."""
    params = (("quote", offer),) if offer else ()
    return Call(
        method="POST",
        path="/v1/jobs",
        params=params,
        body=_json(document_of(job)),
        headers={"idempotency-key": key},
        read=_model(JobStatus),
    )


def submit_batches(jobs: Sequence[JobLike], *, key: str) -> Iterator[Call[list[Receipt]]]:
    """Yield one call for as many jobs as go into one batch; the key of each is the key and its number."""
    for number, batch in enumerate(_batches(jobs), start=1):
        yield Call(
            method="POST",
            path="/v1/jobs",
            body=b"[" + b",".join(batch) + b"]",
            headers={"idempotency-key": f"{key}-{number}"},
            read=_items(Receipt, "jobs"),
        )


def _batches(jobs: Sequence[JobLike]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for job in jobs:
        body = _json(document_of(job))
        if batch and (len(batch) == BATCH_MAX or size + len(body) > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += len(body) + 1
    if batch:
        yield batch


def quote(job: JobLike) -> Call[Quote]:
    """Ask for a menu of prices. Asked twice, it is a second menu: nothing is reserved."""
    return Call(method="POST", path="/v1/quotes", body=_json(document_of(job)), read=_model(Quote))


def show(job: str) -> Call[JobStatus]:
    """Show a job."""
    return Call(method="GET", path=_job(job), read=_model(JobStatus))


def list_jobs(
    *,
    states: Sequence[str] = (),
    name: str | None = None,
    search: str | None = None,
    label: str | None = None,
    site: str | None = None,
    since: datetime | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Call[JobPage]:
    """List a page of jobs, newest first."""
    given = {"name": name, "search": search, "label": label, "site": site, "cursor": cursor}
    params = [("limit", str(limit)), *(("state", state) for state in states)]
    params += [(field, value) for field, value in given.items() if value is not None]
    if since is not None:
        params.append(("since", since.isoformat()))
    return Call(method="GET", path="/v1/jobs", params=params, read=_model(JobPage))


def cancel(job: str) -> Call[JobStatus]:
    """Cancel a job; asking again changes nothing."""
    return Call(method="POST", path=f"{_job(job)}/cancel", read=_model(JobStatus))


def attempts(job: str) -> Call[list[Attempt]]:
    """List every try at running a job."""
    return Call(method="GET", path=f"{_job(job)}/attempts", read=_items(Attempt, "attempts"))


def explanation(job: str) -> Call[Explanation]:
    """Explain a job's place."""
    return Call(method="GET", path=f"{_job(job)}/explanation", read=_model(Explanation))


def logs(job: str, *, offset: int = 0, stream: str = "stdout", attempt: int | None = None) -> Call[LogPiece]:
    """Read what a job wrote."""
    params = [("offset", str(offset)), ("stream", stream)]
    if attempt is not None:
        params.append(("attempt", str(attempt)))
    return Call(method="GET", path=f"{_job(job)}/logs", params=params, read=_log_piece)


def bill(month: str | None = None) -> Call[Bill]:
    """Show a month's bill."""
    return Call(method="GET", path="/v1/bills", params=_month(month), read=_model(Bill))


def bill_csv(month: str | None = None) -> Call[str]:
    """Show a month's bill as CSV."""
    params = (*_month(month), ("format", "csv"))
    return Call(method="GET", path="/v1/bills", params=params, read=lambda reply: reply.body.decode())


def sites() -> Call[list[Site]]:
    """List every site and its state."""
    return Call(method="GET", path="/v1/sites", read=_items(Site, "sites"))


def latest_plan() -> Call[PlanStatus]:
    """Show the latest plan."""
    return Call(method="GET", path="/v1/plans/latest", read=_model(PlanStatus))


def start_scenario(scenario: Mapping[str, Any]) -> Call[dict[str, Any]]:
    """Start a what-if. Done twice it is two of them, so that it is sent again only when it cannot have arrived."""
    body = _json({"scenario": dict(scenario)})
    return Call(method="POST", path="/v1/scenarios", body=body, read=read_json, repeatable=False)


def show_scenario(scenario: str) -> Call[dict[str, Any]]:
    """Show a what-if and its outcome."""
    return Call(method="GET", path=f"/v1/scenarios/{escape(scenario, safe='')}", read=read_json)


def make_key(*, tenant: str, scopes: Sequence[str], name: str) -> Call[dict[str, Any]]:
    """Make a key; done twice it is two keys."""
    body = _json({"tenant": tenant, "scopes": list(scopes), "name": name})
    return Call(method="POST", path="/v1/admin/keys", body=body, read=read_json, repeatable=False)


def events(after: int | None) -> Call[None]:
    """Watch events, after one or from now on."""
    headers = {"accept": "text/event-stream"}
    if after is not None:
        headers["last-event-id"] = str(after)
    return Call(method="GET", path="/v1/events", headers=headers, read=lambda _: None)


def _job(job: str) -> str:
    return f"/v1/jobs/{escape(job, safe='')}"


def _month(month: str | None) -> tuple[tuple[str, str], ...]:
    return () if month is None else (("month", month),)


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode()


def _model(kind: type[M]) -> Callable[[Reply], M]:
    return lambda reply: kind.model_validate(read_json(reply))


def _items(kind: type[M], name: str) -> Callable[[Reply], list[M]]:
    return lambda reply: [kind.model_validate(item) for item in read_json(reply)[name]]


def _log_piece(reply: Reply) -> LogPiece:
    following = int(reply.headers.get("x-next-offset", "0"))
    return LogPiece(
        data=reply.body, next_offset=following, complete=reply.headers.get("x-complete") == "true"
    )
