"""Problem documents (RFC 9457): the one table of what an error becomes on the wire."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from api import errors, store
from api.logs import request_id
from pricing import PricingError
from scheduler import DocumentError, JobError, ReferenceFault, SchedulerError
from topology import TopologyError, UnknownPlace

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:edwc:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """What an error becomes.

    Attributes:
        status: HTTP status.
        slug: end of the stable type URI.
        title: the same words for every problem of the type.
    """

    status: int
    slug: str
    title: str

    @property
    def type_uri(self) -> str:
        """The stable name of the type."""
        return TYPE_PREFIX + self.slug


INTERNAL = Kind(500, "internal", "A bug of ours")
HTTP_KINDS: Mapping[int, Kind] = {
    400: Kind(400, "bad-request", "The request cannot be read"),
    404: Kind(404, "not-found", "There is no such thing"),
    405: Kind(405, "method-not-allowed", "The resource does not know this method"),
}
INVALID = Kind(422, "invalid-field", "A field breaks a rule")

TABLE: Mapping[type[Exception], Kind] = {
    errors.UnauthorizedError: Kind(401, "unauthorized", "A valid API key is needed"),
    errors.ForbiddenError: Kind(403, "forbidden", "The key does not allow this"),
    errors.NotFoundError: HTTP_KINDS[404],
    errors.BadBodyError: Kind(400, "bad-body", "The body is not JSON"),
    errors.TooLargeError: Kind(413, "too-large", "The request is too large"),
    errors.UnsupportedMediaError: Kind(415, "unsupported-media", "The content is of another kind"),
    errors.QuoteRefusedError: Kind(422, "quote-refused", "The quote is not honoured"),
    errors.InvalidFieldError: INVALID,
    errors.ConflictError: Kind(409, "conflict", "The thing is not in a state that allows this"),
    errors.TooManyRequestsError: Kind(429, "too-many-requests", "The key's rate is used up"),
    errors.NotConfiguredError: Kind(503, "not-configured", "The service runs without this part"),
    errors.NotReadyError: Kind(503, "not-ready", "A part of the service cannot answer yet"),
    store.IdempotencyConflictError: Kind(422, "idempotency-conflict", "The key was used with another body"),
    store.BudgetExceededError: Kind(409, "budget-exceeded", "The month's budget would not suffice"),
    store.QuotaExceededError: Kind(409, "quota-exceeded", "The tenant has all the live jobs it may have"),
    store.AlreadyExistsError: Kind(409, "already-exists", "It is there already"),
    store.UnstorableError: INVALID,
    store.BadQueryError: INVALID,
    store.RefusedError: Kind(409, "conflict", "The thing is not in a state that allows this"),
    store.StoreBusyError: Kind(503, "busy", "Too much is waiting to be stored"),
    store.UnavailableError: Kind(503, "unavailable", "The store does not answer"),
    DocumentError: INVALID,
    JobError: INVALID,
    ReferenceFault: INVALID,
    UnknownPlace: INVALID,
    SchedulerError: INVALID,
    PricingError: INVALID,
    TopologyError: INVALID,
}

_FIELDS: Mapping[type[Exception], str] = {
    store.IdempotencyConflictError: "Idempotency-Key",
    store.BudgetExceededError: "budget_cny_per_month",
    store.QuotaExceededError: "jobs_max",
    store.BadQueryError: "cursor",
    UnknownPlace: "site",
}
_AMOUNTS = ("budget_cny", "committed_cny", "asked_cny", "jobs_max", "jobs_live", "nearest", "rule")
RETRY_SECONDS = 1


def kind_of(error: Exception) -> Kind:
    """Return what an error becomes; a bug of ours when the table does not know it."""
    for base in type(error).__mro__:
        if base in TABLE:
            return TABLE[base]
    return INTERNAL


def problem_of(error: Exception) -> Response:
    """Return the answer to a request that raised an error."""
    kind = kind_of(error)
    if kind is INTERNAL:
        return write_problem(kind, "the fault is logged under this request id; nothing was changed by halves")
    headers = {}
    retry_s = getattr(error, "retry_after_s", None)
    if retry_s is not None or kind.status == 503:
        headers["Retry-After"] = str(max(RETRY_SECONDS, math.ceil(retry_s or 0)))
    if kind.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    extra: dict[str, Any] = {
        name: str(value) if name.endswith("_cny") else value
        for name in _AMOUNTS
        if (value := getattr(error, name, None)) is not None and value != ()
    }
    extra.update(getattr(error, "extra", {}))
    return write_problem(kind, str(error), field=_field_of(error), headers=headers, **extra)


def _field_of(error: Exception) -> str:
    field = getattr(error, "field", "") or getattr(error, "column", "")
    if field:
        return str(field)
    return next((_FIELDS[base] for base in type(error).__mro__ if base in _FIELDS), "")


def write_problem(
    kind: Kind, detail: str, *, field: str = "", headers: Mapping[str, str] | None = None, **extra: Any
) -> Response:
    """Return a problem document as an answer."""
    document = {
        "type": kind.type_uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "request_id": request_id(),
        **({"field": field} if field else {}),
        **extra,
    }
    body = to_json(document, serialize_unknown=True)
    return Response(body, status_code=kind.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))
