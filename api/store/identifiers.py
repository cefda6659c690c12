"""Names for new things that sort by the time they were made."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_RANDOM_BITS = 80
_DRAWN_AT_ONCE = 256

_PAIRS = tuple(a + b for a in _DIGITS for b in _DIGITS)
_SHIFTS = range(120, -10, -10)
_LOW_DIGITS = 4
_LOW = 2 ** (5 * _LOW_DIGITS) - 1

# Chance is fetched from the kernel for many identifiers at once: each fetch costs a turn for the interpreter's lock.
_drawn: list[int] = []
os.register_at_fork(after_in_child=_drawn.clear)


def new_id(kind: str, now: datetime) -> str:
    """A fresh identifier: kind, underscore, 26 base-32 digits (48 bits of milliseconds, 80 of chance)."""
    return new_ids(kind, now, 1)[0]


def new_ids(kind: str, now: datetime, count: int) -> list[str]:
    """Fresh identifiers in ascending order, so that a batch keeps the order it was sent in."""
    # The upper half of the range is left free: counting up never carries into the time.
    first = ((now - _EPOCH) // _MILLISECOND << _RANDOM_BITS) + _chance()
    low = first & _LOW
    if low + count > _LOW:  # counting would carry into the part they share
        return [f"{kind}_{_base32(first + i)}" for i in range(count)]
    shared = f"{kind}_{_base32(first)[:-_LOW_DIGITS]}"
    return [f"{shared}{_PAIRS[i >> 10]}{_PAIRS[i & 1023]}" for i in range(low, low + count)]


def _base32(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def _chance() -> int:
    """A number below 2**79 that nobody can guess, given out once."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            size = _RANDOM_BITS // 8
            fresh = os.urandom(size * _DRAWN_AT_ONCE)
            _drawn.extend(int.from_bytes(fresh[i : i + size], "big") >> 1 for i in range(0, len(fresh), size))
