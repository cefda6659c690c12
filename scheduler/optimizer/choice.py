"""An assignment as the compiled kernels read and write it."""

from __future__ import annotations

from typing import NamedTuple

from scheduler.optimizer.assignment import Assignment
from scheduler.optimizer.problem import Ints


class Choice(NamedTuple):
    """The arrays of an `Assignment`, shared with it: what a kernel writes here is written there."""

    row: Ints
    site: Ints
    start: Ints
    end: Ints
    run_pointer: Ints
    run_site: Ints
    run_start: Ints
    run_end: Ints


def choice_of(assignment: Assignment) -> Choice:
    """The kernel's view of an assignment; no copy."""
    return Choice(
        assignment.row,
        assignment.site,
        assignment.start,
        assignment.end,
        assignment.run_pointer,
        assignment.run_site,
        assignment.run_start,
        assignment.run_end,
    )


def copied(choice: Choice) -> Choice:
    """A choice that shares no memory with the given one."""
    return Choice(*(array.copy() for array in choice))
