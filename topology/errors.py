"""What can go wrong in topology.

TopologyError
├── InvalidValue          a noun was born with a field outside its rule (also a ValueError)
├── CatalogueError        a catalogue folder is broken; carries every fault
├── UnknownPlace          no site or city of that id (also a LookupError)
├── UnknownAccelerator    no accelerator model of that id (also a LookupError)
├── UnknownLink           no link of that id (also a LookupError)
├── NoRoute               two places are not joined
├── HorizonError          an instant or slot outside the horizon, or a naive datetime
└── SeriesError           values that do not fit their horizon
"""

import difflib
from collections.abc import Iterable

from topology.fault import Fault


class TopologyError(Exception):
    """The base of everything topology raises on purpose."""


class InvalidValue(TopologyError, ValueError):  # noqa: N818  (named for what is wrong, as all below)
    """A field of a noun breaks its rule.

    Attributes:
        thing: What was being made, for example "site zhongwei".
        field: Name of the field.
        value: What was given.
        rule: What is allowed.
    """

    def __init__(self, thing: str, field: str, value: object, rule: str) -> None:
        super().__init__(f"{thing}: {field} {value!r} {rule}")
        self.thing, self.field, self.value, self.rule = thing, field, value, rule


class CatalogueError(TopologyError):
    """A catalogue folder cannot be used; `faults` holds every reason."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        more = len(faults) - 1
        also = f" (and {more} more fault{'s' if more > 1 else ''})" if more else ""
        super().__init__(f"{faults[0]}{also}")
        self.faults = faults


class _Unknown(TopologyError, LookupError):  # noqa: N818
    """An id that nothing has; the message names the nearest ids that exist."""

    noun = "thing"

    def __init__(self, given: str, known: Iterable[str]) -> None:
        near = ", ".join(_nearest(given, sorted(known))) or "none"
        super().__init__(f"{self.noun} {given!r} does not exist; nearest known: {near}")
        self.given = given


def _nearest(given: str, ids: list[str]) -> list[str]:
    """Up to three ids: those that begin with what was given, then those spelt like it, else the first."""
    begun = [known for known in ids if given and known.startswith(given)]
    alike = difflib.get_close_matches(given, ids, n=3, cutoff=0.5)
    return list(dict.fromkeys(begun + alike))[:3] or ids[:3]


class UnknownPlace(_Unknown):
    """No site or city has this id."""

    noun = "place"


class UnknownAccelerator(_Unknown):
    """No accelerator model has this id."""

    noun = "accelerator"


class UnknownLink(_Unknown):
    """No link has this id."""

    noun = "link"


class NoRoute(TopologyError):  # noqa: N818
    """Two places are not joined by any sequence of links."""


class HorizonError(TopologyError, ValueError):
    """A slot or instant the horizon does not hold."""


class SeriesError(TopologyError, ValueError):
    """Values that do not fit their horizon."""
