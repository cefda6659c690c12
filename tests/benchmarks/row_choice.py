"""Some of an instance's jobs, as an instance of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scheduler.optimizer import Problem

BY_ROW = (
    *("demand", "duration", "last_slot_share", "release", "deadline", "due", "late_cost", "eligible"),
    *("place", "place_weight", "start_mask_of"),
)


def some_jobs(problem: Problem, jobs: np.ndarray) -> Problem:
    """The problem of these jobs; one plain choice row a job is all that instance files hold."""
    counts = np.diff(problem.transfer_pointer)[jobs]
    pointer = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    moved = np.arange(pointer[-1]) + np.repeat(problem.transfer_pointer[jobs] - pointer[:-1], counts)
    return replace(
        problem,
        penalty=problem.penalty[jobs],
        row_job=np.arange(len(jobs)),
        transfer_pointer=pointer,
        transfer_place=problem.transfer_place[moved],
        transfer_rate=problem.transfer_rate[moved],
        transfer_slots=problem.transfer_slots[moved],
        **{name: np.ascontiguousarray(getattr(problem, name)[jobs]) for name in BY_ROW},
    )
