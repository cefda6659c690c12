"""What can go wrong in pricing.

PricingError
├── InvalidPrice      a noun was born with a field outside its rule (also a ValueError)
├── PriceDataError    a file of pricing data is broken: file, line, column, value, rule
├── UnknownPrice      no tariff area, province, climate, cooling or tariff of that id (also a LookupError)
├── OverrideError     a series of the user's own is refused: file, line, value, rule
└── BillError         metered usage that cannot be billed (also a ValueError)
"""

import difflib
from collections.abc import Iterable


class PricingError(Exception):
    """The base of everything pricing raises on purpose."""


class InvalidPrice(PricingError, ValueError):  # noqa: N818  (named for what is wrong, as below)
    """A field of a price, quote or usage breaks its rule."""

    def __init__(self, thing: str, field: str, value: object, rule: str) -> None:
        super().__init__(f"{thing}: {field} {value!r} {rule}")
        self.thing, self.field, self.value, self.rule = thing, field, value, rule


class PriceDataError(PricingError):
    """A file of pricing data cannot be used."""

    def __init__(self, file: str, line: int, column: str, value: str, rule: str) -> None:
        super().__init__(f"{file}:{line}: {column} {value!r} {rule}")
        self.file, self.line, self.column, self.value, self.rule = file, line, column, value, rule


class UnknownPrice(PricingError, LookupError):  # noqa: N818
    """Nothing is known about this id; the message names the nearest ids that exist."""

    def __init__(self, noun: str, given: str, known: Iterable[str]) -> None:
        ids = sorted(known)
        near = difflib.get_close_matches(given, ids, n=3, cutoff=0.4) or ids[:3]
        super().__init__(f"{noun} {given!r} has no data; nearest known: {', '.join(near) or 'none'}")
        self.noun, self.given = noun, given


class OverrideError(PricingError, ValueError):
    """A series of the user's own is refused.

    Attributes:
        file: Name of the file.
        line: Line in the file, the header being line 1 (Parquet rows are counted alike); 0 for the whole
            file.
        value: What was given.
        rule: What is allowed.
    """

    def __init__(self, file: str, line: int, value: str, rule: str) -> None:
        where = f"{file}:{line}" if line else file
        shown = value if len(value) <= 80 else value[:80] + "…"
        super().__init__(f"{where}: {shown!r} {rule}" if shown else f"{where}: {rule}")
        self.file, self.line, self.value, self.rule = file, line, value, rule


class BillError(PricingError, ValueError):
    """Metered usage that cannot be billed."""
