"""Reads one field of a JSON document, or says which field is wrong and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from scheduler.judge.fault import UnreadableError

Document = Mapping[str, Any]


def read_number(document: Document, name: str, where: str, default: float | None = None) -> float:
    """Return a finite number.

    Raises:
        UnreadableError: missing without a default, not a number, or not finite.
    """
    value = document.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnreadableError(f"{where}.{name}: {value!r} is not a finite number")
    return float(value)


def read_integer(document: Document, name: str, where: str, default: int | None = None) -> int:
    """Return a whole number.

    Raises:
        UnreadableError: missing without a default, or not a whole number.
    """
    number = read_number(document, name, where, default)
    if number != int(number):
        raise UnreadableError(f"{where}.{name}: {number!r} is not a whole number")
    return int(number)


def read_text(document: Document, name: str, where: str, default: str | None = None) -> str:
    """Return a text.

    Raises:
        UnreadableError: missing without a default, or not a text.
    """
    value = document.get(name, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise UnreadableError(f"{where}.{name}: {value!r} is not a text")
    return value


def read_texts(document: Document, name: str, where: str) -> tuple[str, ...]:
    """Return a list of texts, empty when it is missing.

    Raises:
        UnreadableError: not a list of texts.
    """
    values = document.get(name) or ()
    if (
        isinstance(values, str)
        or not isinstance(values, Sequence)
        or not all(isinstance(v, str) for v in values)
    ):
        raise UnreadableError(f"{where}.{name}: {values!r} is not a list of texts")
    return tuple(values)


def read_section(document: Document, name: str, where: str) -> Document:
    """Return a nested object, empty when it is missing.

    Raises:
        UnreadableError: not an object.
    """
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{where}.{name}: {value!r} is not an object")
    return value


def read_sections(document: Document, name: str, where: str) -> tuple[Document, ...]:
    """Return a list of objects, empty when it is missing.

    Raises:
        UnreadableError: not a list of objects.
    """
    values = document.get(name) or ()
    if not isinstance(values, Sequence) or not all(isinstance(value, Mapping) for value in values):
        raise UnreadableError(f"{where}.{name}: {values!r:.80} is not a list of objects")
    return tuple(values)


def read_instant(value: object, where: str) -> datetime:
    """Return an instant in UTC from an ISO 8601 text with a zone (or from an aware datetime).

    Raises:
        UnreadableError: not an instant, or no zone.
    """
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise UnreadableError(f"{where}: {value!r} is not an ISO 8601 instant") from None
    if instant.tzinfo is None:
        raise UnreadableError(f"{where}: {value!r} has no time zone")
    return instant.astimezone(UTC)
