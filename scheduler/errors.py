"""What the scheduler refuses, and the tree of its errors.

SchedulerError
    JobError            a job or one of its parts breaks a rule of its own (a ValueError too)
    DocumentError       a jobs file or a plan file cannot be read as what it should be
    ReferenceFault      a job names a site, city, province, hub or accelerator the catalogue does not have
    PolicyError         a policy that does not exist, or weights that are none
    WorldError          the parts of a world do not belong together
    UnknownJob          a job that is not in the plan or the jobs file
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST_VALUE = 60


def shorten(value: object) -> str:
    """Return a value as one short line, fit for an error message."""
    text = repr(value) if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def nearest_names(name: str, valid: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Return up to `count` valid names that look most like `name`, best first."""
    names = sorted(valid)
    beginning = [each for each in names if name and each.startswith(name)]
    return tuple(dict.fromkeys([*beginning, *get_close_matches(name, names, n=count, cutoff=0.5)]))[:count]


class SchedulerError(Exception):
    """Base of everything the scheduler raises on purpose."""


class JobError(SchedulerError, ValueError):
    """A job, or a part of one, breaks a rule of its own.

    Attributes:
        field: the field at fault, as written in a job document.
        value: what was given.
        rule: what is allowed.
    """

    def __init__(self, field: str, value: object, rule: str) -> None:
        """Keep field, value and rule apart, so that a reader of files can add its own line number."""
        self.field, self.value, self.rule = field, value, rule
        super().__init__(f"{field} = {shorten(value)}: {rule}")


class DocumentError(SchedulerError):
    """A written job or plan cannot be read.

    Attributes:
        file: the file, or what stands for it.
        line: line in it, counted from 1, where known.
        field: dotted path of the field, where there is one.
        value: what was given, shortened.
        rule: what is allowed, and what to do about it.
    """

    def __init__(
        self, *, rule: str, file: str = "", line: int | None = None, field: str = "", value: str = ""
    ) -> None:
        """Say it in one line: file, line, field, value, rule."""
        self.file, self.line, self.field, self.value, self.rule = file, line, field, value, rule
        where = file if line is None else f"{file}:{line}" if file else f"line {line}"
        what = f"{field} = {value}" if field and value else field or value
        super().__init__(": ".join(part for part in (where, what, rule) if part))


class ReferenceFault(SchedulerError):  # noqa: N818  (it is a fault of the job, found by name)
    """A job names a place or machine that the catalogue does not have."""

    def __init__(self, *, job: str, field: str, value: str, kind: str, nearest: tuple[str, ...]) -> None:
        """Name the job, the field, the value and the nearest valid names."""
        self.job, self.field, self.value, self.kind, self.nearest = job, field, value, kind, nearest
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        super().__init__(
            f"job {shorten(job)}: {field} = {shorten(value)}: the catalogue has no such {kind}{hint}"
        )


class PolicyError(SchedulerError, ValueError):
    """A policy that does not exist, or weights that are none."""


class WorldError(SchedulerError, ValueError):
    """The parts of a world do not belong together."""


class UnknownJob(SchedulerError, KeyError):  # noqa: N818  (named like UnknownPlace)
    """A job that is not in the plan or the jobs file."""

    def __str__(self) -> str:
        """Return the message as written (KeyError would quote it)."""
        return str(self.args[0])
