"""What of an old plan still holds in a changed world: frozen choices first, then the most valuable that fit."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.assignment import Assignment, copy_of, nothing_placed
from scheduler.optimizer.choice import choice_of
from scheduler.optimizer.errors import ProblemError
from scheduler.optimizer.keep import keep_choices
from scheduler.optimizer.problem import Bools, Problem
from scheduler.optimizer.room import empty_room
from scheduler.optimizer.table import Table


def keep_feasible(problem: Problem, table: Table, start: Assignment, frozen: Bools | None) -> Assignment:
    """The part of `start` that still keeps every rule.

    Jobs are kept in order: frozen ones, then by penalty, the largest first; a job that no longer fits is left out.

    Raises:
        ProblemError: when the assignment has another number of jobs, or a frozen job does not fit.
    """
    if len(start.row) != problem.jobs:
        raise ProblemError(
            f"warm start has {len(start.row)} jobs, the problem {problem.jobs}: map it onto its jobs first"
        )
    if frozen is not None and frozen.shape != (problem.jobs,):
        raise ProblemError(f"frozen has shape {frozen.shape}: give one truth value per job ({problem.jobs})")
    blank = nothing_placed(problem)
    if len(start.run_site) != len(blank.run_site):
        raise ProblemError("warm start has another pool of runs: its rows are not those of the problem")
    kept = copy_of(start)
    held = np.zeros(problem.jobs, dtype=np.bool_) if frozen is None else frozen
    order = np.lexsort((-table.penalty, ~held))
    room = empty_room(table)
    keep_choices(table, room, choice_of(kept), order)
    lost = np.flatnonzero(held & (start.row >= 0) & (kept.row < 0))
    if len(lost):
        raise ProblemError(
            f"frozen job {lost[0]} no longer fits where it runs: free its capacity or unfreeze it"
        )
    return kept
