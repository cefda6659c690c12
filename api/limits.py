"""Limits: how often a key may ask, and how large and how deep a body may be."""

from __future__ import annotations

import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from starlette.requests import Request

from api.errors import (
    BadBodyError,
    InvalidFieldError,
    TooLargeError,
    TooManyRequestsError,
    UnsupportedMediaError,
)

NESTING_MAX = 32
_BUCKETS_MAX = 10_000
_UNSTORABLE = re.compile(rb"\x00|\\u0000|\\u[dD][89a-fA-F]")
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


class RateLimiter:
    """A token bucket for every key."""

    def __init__(self, *, burst_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Let a key save up `burst_seconds` of its rate."""
        self._burst_seconds, self._clock = burst_seconds, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, per_second: float) -> None:
        """Take one request from a key's bucket.

        Raises:
            TooManyRequestsError: it is empty; the error says when one more will be taken.
        """
        now, most = self._clock(), max(1.0, per_second * self._burst_seconds)
        tokens, since = self._buckets.get(key, (most, now))
        tokens = min(most, tokens + (now - since) * per_second)
        if tokens < 1:
            wait_s = (1 - tokens) / per_second
            raise TooManyRequestsError(
                f"the key may ask {per_second:g} times a second; ask again in {wait_s:.3g} s",
                retry_after_s=wait_s,
            )
        self._buckets[key] = (tokens - 1, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _BUCKETS_MAX:
            self._buckets.popitem(last=False)


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Return the body of a request as it may be parsed: JSON by its header, plain, and not too large.

    Raises:
        UnsupportedMediaError: another content type, or any content encoding.
        TooLargeError: more bytes than allowed; no more than that was read.
        InvalidFieldError: a text in it holds what no database can store.
    """
    headers = request.headers
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaError(
            "bodies are taken as they are, not packed; leave Content-Encoding out", field="Content-Encoding"
        )
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise UnsupportedMediaError(
            f"the body is {media[:60] or 'of no stated type'}; send application/json", field="Content-Type"
        )
    stated = headers.get("content-length", "0")
    if stated.isdigit() and int(stated) > bytes_max:
        raise _too_many_bytes(bytes_max)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise _too_many_bytes(bytes_max)
    whole = bytes(body)
    _refuse_unstorable(whole)
    return whole


def read_json(body: bytes) -> Any:
    """Return what a small body says.

    Raises:
        BadBodyError: it is no JSON.
        TooLargeError: it is nested too deep.
    """
    if _too_deep(body):
        raise TooLargeError(f"the body is nested deeper than {NESTING_MAX}; flatten it", field="body")
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadBodyError(f"the body is no JSON: {error}", field="body") from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _too_many_bytes(bytes_max: int) -> TooLargeError:
    return TooLargeError(f"the body is larger than {bytes_max} bytes; send less at once", field="body")


def _too_deep(body: bytes) -> bool:
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > NESTING_MAX:
            return True
    return False


def _refuse_unstorable(body: bytes) -> None:
    """Refuse NUL and halves of surrogate pairs, naming the field; other bodies cost one scan.

    Raises:
        InvalidFieldError: one is there.
    """
    if not _UNSTORABLE.search(body) or _too_deep(body):
        return
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return  # whoever parses it says what is wrong with it
    for path, text in _texts(document, ""):
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise InvalidFieldError(
                path or "body", f"{path or 'the text'} holds a NUL or half of a surrogate pair; leave it out"
            )


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            shown = key.encode("ascii", "replace").decode()[:60]
            yield f"{path}.{shown}".lstrip("."), key
            yield from _texts(item, f"{path}.{shown}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")
