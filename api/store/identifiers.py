"""Names for new things that sort by the time they were made."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_RANDOM_BITS = 80


def new_id(kind: str, now: datetime) -> str:
    """A fresh identifier: kind, underscore, 26 base-32 digits (48 bits of milliseconds, 80 of chance)."""
    return new_ids(kind, now, 1)[0]


def new_ids(kind: str, now: datetime, count: int) -> list[str]:
    """Fresh identifiers in ascending order, so that a batch keeps the order it was sent in."""
    # The upper half of the range is left free: counting up never carries into the time.
    first = ((now - _EPOCH) // _MILLISECOND << _RANDOM_BITS) + secrets.randbits(_RANDOM_BITS - 1)
    return [f"{kind}_{_base32(first + i)}" for i in range(count)]


def _base32(number: int) -> str:
    return "".join([_DIGITS[number >> shift & 31] for shift in range(125, -5, -5)])
