"""Rules that a noun's fields are held to at birth."""

import math

from topology.errors import InvalidValue

ID_RULE = "must be lowercase letters and digits joined by single hyphens"


def require_between(
    thing: str, field: str, value: float, low: float = 0.0, high: float = math.inf, *, above_low: bool = False
) -> None:
    """Refuse a number that is not finite or lies outside [low, high].

    Args:
        thing: What is being made, for the message.
        field: Name of the field, for the message.
        value: The number to judge.
        low: Least value allowed.
        high: Greatest value allowed.
        above_low: Whether `low` itself is refused.

    Raises:
        InvalidValue: If the number is outside.
    """
    if math.isfinite(value) and low <= value <= high and not (above_low and value == low):
        return
    floor = f"{'above' if above_low else 'at least'} {low:g}"
    rule = f"must be a finite number {floor}" + ("" if math.isinf(high) else f" and at most {high:g}")
    raise InvalidValue(thing, field, value, rule)


def is_id(word: str) -> bool:
    """Whether a word is lowercase letters and digits joined by single hyphens."""
    return word.isascii() and word == word.lower() and all(part.isalnum() for part in word.split("-"))


def require_id(thing: str, field: str, value: str) -> None:
    """Refuse an id that `is_id` does not accept.

    Raises:
        InvalidValue: If the id is written otherwise.
    """
    if not is_id(value):
        raise InvalidValue(thing, field, value, ID_RULE)
