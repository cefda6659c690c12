"""What the service refuses on its own account, and the tree of its errors.

ApiError
├── UnauthorizedError        no key, or one that is unknown, expired or revoked
├── ForbiddenError           the key lacks the scope, or its tenant is suspended
├── NotFoundError            nothing of that name is there for this tenant
├── BadBodyError             the body is no JSON
├── TooLargeError            body, batch or nesting beyond the limit
├── UnsupportedMediaError    a content type or encoding that is not taken
├── InvalidFieldError        a field breaks a rule; it may carry several faults of a batch
│   └── QuoteRefusedError    a quote that is expired, used, unknown or for another job
├── ConflictError            the thing is not in a state that allows it
├── TooManyRequestsError     the key's rate is used up
├── NotConfiguredError       this service was started without that part
├── NotReadyError            a part of the service cannot answer yet
└── SettingsError            the service cannot be started like this
    └── SitesFileError       a sites file breaks rules (sites_file.py)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ApiError(Exception):
    """Base of everything the service raises on purpose.

    Attributes:
        field: the field, header or parameter at fault, "" where there is none.
        extra: further members of the problem document.
    """

    def __init__(self, detail: str, *, field: str = "", **extra: Any) -> None:
        super().__init__(detail)
        self.field = field
        self.extra: Mapping[str, Any] = extra


class UnauthorizedError(ApiError):
    """No key, or one that is unknown, expired or revoked: which of them is not told."""


class ForbiddenError(ApiError):
    """The key lacks the scope, or its tenant is suspended."""


class NotFoundError(ApiError):
    """Nothing of that name is there for this tenant; another tenant's things are not there either."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"there is no {kind} {name[:80]!r}", field=kind)


class BadBodyError(ApiError):
    """The body is no JSON."""


class TooLargeError(ApiError):
    """Body, batch or nesting beyond the limit."""


class UnsupportedMediaError(ApiError):
    """A content type or encoding that is not taken."""


class InvalidFieldError(ApiError):
    """A field breaks a rule.

    Attributes:
        faults: one mapping a fault (index, field, value, rule) where there are several.
    """

    def __init__(self, field: str, detail: str, *, faults: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(detail, field=field, **({"errors": list(faults)} if faults else {}))


class QuoteRefusedError(InvalidFieldError):
    """A quote that is expired, used, unknown, or was given for another job."""

    def __init__(self, detail: str) -> None:
        super().__init__("quote", detail)


class ConflictError(ApiError):
    """The thing is not in a state that allows it."""


class TooManyRequestsError(ApiError):
    """The key's rate is used up.

    Attributes:
        retry_after_s: when one more request will be taken [s].
    """

    def __init__(self, detail: str, *, retry_after_s: float) -> None:
        super().__init__(detail, field="Authorization")
        self.retry_after_s = retry_after_s


class NotConfiguredError(ApiError):
    """This service was started without that part."""


class NotReadyError(ApiError):
    """A part of the service cannot answer yet."""


class SettingsError(ApiError):
    """The service cannot be started like this."""
