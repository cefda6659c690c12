"""What a read may ask: each query is a value that says what its answer is."""

from __future__ import annotations

import base64
import binascii
import json
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from api.store.errors import BadQueryError
from api.store.records import Event, Job, Tally, require_utc

R = TypeVar("R")
A = TypeVar("A")

LIMIT_MAX = 10_000

Scalar = str | int | bool | datetime | None
KeyPart = str | int | datetime


class Query(Generic[A]):
    """A question whose answer is an A."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[R]):
    """Some records and, when there may be more, the cursor that continues after them."""

    items: tuple[R, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class One(Query[R | None], Generic[R]):
    """The record of a kind under its key (a tuple when the key has several parts), or None.

    With `tenant` another tenant's record is None, as if it did not exist.
    """

    kind: type[R]
    key: KeyPart | tuple[KeyPart, ...]
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Many(Query[Page[R]], Generic[R]):
    """Records of a kind whose fields equal `where`, in the order of their key, newest first if asked.

    A tuple in `where` stands for any of its values.
    Text fields named in `without` are not read: they are "" in every record.
    """

    kind: type[R]
    where: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    after: str | None = None
    limit: int = 1_000
    newest_first: bool = False
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_limit(self.limit)
        for name, value in self.where.items():
            if value == ():
                raise BadQueryError(f"where {name} is any of no values: there is nothing to find; name one")


@dataclass(frozen=True, kw_only=True, slots=True)
class Jobs(Query[Page[Job]]):
    """Jobs by tenant, states, name, one label, site and time of creation; newest first unless told otherwise.

    With `ids`, only jobs that are among them.
    `name` is the whole name, `search` a part of it in which `fold_case` makes letters alike.
    Pages are stable: a job added meanwhile never moves another to the next page.
    """

    tenant: str | None = None
    states: tuple[str, ...] = ()
    name: str | None = None
    search: str = ""
    label: tuple[str, str] | None = None
    site: str | None = None
    since: datetime | None = None
    ids: tuple[str, ...] = ()
    after: str | None = None
    limit: int = 100
    newest_first: bool = True

    def __post_init__(self) -> None:
        require_limit(self.limit)
        require_utc(self, since=self.since)


@dataclass(frozen=True, kw_only=True, slots=True)
class Events(Query[tuple[Event, ...]]):
    """Events after a seq, oldest first, of one tenant or of all.

    With `public`, a tenant's and the system's own that everybody may hear of: see `is_public`.
    """

    after: int = 0
    tenant: str | None = None
    limit: int = 500
    public: bool = False

    def __post_init__(self) -> None:
        require_limit(self.limit)


PUBLIC_KINDS = ("plan.", "site.")


def is_public(event: Event) -> bool:
    """Whether everybody may hear that it happened, though not its document: the system's own word of a plan or site."""
    return event.tenant == "" and event.kind.startswith(PUBLIC_KINDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class LastSeq(Query[int]):
    """The number of the newest event, 0 when there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobCounts(Query[Mapping[str, int]]):
    """How many jobs are in each state, of one tenant or of all."""

    tenant: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Committed(Query[Tally]):
    """What a tenant has live (`period=""`) or committed in a month (`period="2026-07"`).

    Zeros when nothing.
    """

    tenant: str
    period: str = ""


_SMALL = {ord(letter): letter.lower() for letter in string.ascii_uppercase}


def fold_case(text: str) -> str:
    """Make A to Z small and leave all else: what `lower` does in both databases, whatever their locale."""
    return text.translate(_SMALL)


def require_limit(limit: int) -> None:
    """Refuse a page size the store will not serve.

    Raises:
        BadQueryError: The limit is not within 1 to LIMIT_MAX.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise BadQueryError(f"limit is {limit}; a page has 1 to {LIMIT_MAX} records")


def write_cursor(key: tuple[str | int, ...]) -> str:
    """The opaque text that stands for a place in a listing."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(text: str, kinds: tuple[type, ...]) -> tuple[str | int, ...]:
    """The place that a cursor stands for: one value of each kind.

    Raises:
        BadQueryError: The text is no cursor of this listing.
    """
    try:
        key = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        fits = isinstance(key, list) and len(key) == len(kinds)
        if fits and all(
            type(part) is kind and _is_storable(part) for part, kind in zip(key, kinds, strict=True)
        ):
            return tuple(key)
    except (ValueError, binascii.Error, RecursionError):
        pass
    raise BadQueryError(f"cursor {text[:60]!r} is not one this listing gave; start again without a cursor")


def _is_storable(part: object) -> bool:
    """Whether both databases could hold it: what they cannot, no listing gave."""
    if isinstance(part, int):
        return -(2**63) <= part < 2**63
    return isinstance(part, str) and not re.search("[\0\ud800-\udfff]", part)
