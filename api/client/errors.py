"""What can go wrong between a customer and the service, and the tree of its errors.

ClientError
├── JobsFileError            a jobs file cannot be read as one
├── NoAnswerError            no endpoint gave a usable answer: the outcome of the last try may be unknown
│   └── TimeLimitError       the total time is over
└── ServiceError             the service answered with a problem document
    ├── UnauthorizedError    401: no valid key
    ├── ForbiddenError       403: the key lacks the scope
    ├── NotFoundError        404
    ├── ConflictError        409: a state, a budget or a quota does not allow it
    ├── InvalidError         400, 405, 413, 415, 422: `field` names what is wrong
    ├── TooManyRequestsError 429, and every try was refused so
    └── UnavailableError     5xx, and every try was answered so
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.client.models import Receipt
    from api.client.steps import Reply


class ClientError(Exception):
    """Base of everything the client raises on purpose.

    Attributes:
        accepted: receipts of the batches that were stored before this one failed.
    """

    accepted: tuple[Receipt, ...] = ()


class JobsFileError(ClientError, ValueError):
    """A jobs file cannot be read as one."""


class NoAnswerError(ClientError):
    """No endpoint gave a usable answer.

    Attributes:
        request_id: id of the last try.
        maybe_done: whether the last try may have reached the service.
    """

    def __init__(self, message: str, *, request_id: str = "", maybe_done: bool = False) -> None:
        super().__init__(message)
        self.request_id, self.maybe_done = request_id, maybe_done


class TimeLimitError(NoAnswerError, TimeoutError):
    """The total time is over."""


class ServiceError(ClientError):
    """The service answered with a problem document (RFC 9457).

    Attributes:
        status: HTTP status.
        type: stable name of the kind of problem, "" where the answer was no problem document.
        field: field, header or parameter at fault, "" where there is none.
        request_id: id of the request, also in the service's log.
        document: the whole problem document.
    """

    def __init__(self, status: int, document: Mapping[str, Any], request_id: str) -> None:
        self.status, self.document, self.request_id = status, document, request_id
        self.type, self.field = str(document.get("type", "")), str(document.get("field", ""))
        detail = document.get("detail") or document.get("title") or f"HTTP status {status}"
        super().__init__(str(detail))


class UnauthorizedError(ServiceError):
    """No valid key was sent."""


class ForbiddenError(ServiceError):
    """The key lacks the scope, or its tenant is suspended."""


class NotFoundError(ServiceError):
    """There is no such thing for this tenant."""


class ConflictError(ServiceError):
    """A state, a budget or a quota does not allow it."""


class InvalidError(ServiceError):
    """The request breaks a rule; `field` names where."""


class TooManyRequestsError(ServiceError):
    """The key's rate is used up, also after waiting."""


class UnavailableError(ServiceError):
    """The service cannot answer now, also after waiting."""


_KINDS: Mapping[int, type[ServiceError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: TooManyRequestsError,
}


def refusal(reply: Reply) -> ServiceError:
    """Return the error that an answer of status 400 and above means."""
    try:
        document = json.loads(reply.body)
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    kind = _KINDS.get(reply.status, UnavailableError if reply.status >= 500 else InvalidError)
    return kind(reply.status, document, reply.request_id)
