"""Which choice every job got: flat arrays for plain runs, a pool of runs for the few jobs that are split or spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.optimizer.problem import Ints, Problem

UNPLACED = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assignment:
    """The choice of every job.

    Attributes:
        row: [J] choice row, -1 where the job is not placed.
        site: [J] site (of a spread job: its first), -1 where not placed.
        start: [J] first slot of the (first) run, -1 where not placed.
        end: [J] exclusive end of the last run, -1 where not placed.
        run_pointer: [J + 1] runs of job j are pool entries pointer[j] .. pointer[j + 1]; none for a plain run.
        run_site: pool: site, -1 where the entry is unused.
        run_start: pool: first slot.
        run_end: pool: exclusive end.
    """

    row: Ints
    site: Ints
    start: Ints
    end: Ints
    run_pointer: Ints
    run_site: Ints
    run_start: Ints
    run_end: Ints

    @property
    def placed(self) -> np.ndarray:
        """[J] whether the job runs."""
        return np.asarray(self.row >= 0)

    def runs_of(self, job: int) -> tuple[tuple[int, int, int], ...]:
        """(site, start, end) of every run of the job in order of time and site; empty when it is not placed."""
        if self.row[job] < 0:
            return ()
        pool = range(self.run_pointer[job], self.run_pointer[job + 1])
        runs = [
            (int(self.run_site[k]), int(self.run_start[k]), int(self.run_end[k]))
            for k in pool
            if self.run_site[k] >= 0
        ]
        if not runs:
            return ((int(self.site[job]), int(self.start[job]), int(self.end[job])),)
        return tuple(sorted(runs, key=lambda run: (run[1], run[0])))


def run_pool(problem: Problem) -> Ints:
    """Pool pointer [J + 1]: room for the runs of each job, none for jobs of plain rows only."""
    most = np.zeros(problem.jobs, dtype=np.int64)
    if problem.min_run.size:
        runs = problem.duration // np.maximum(problem.min_run, 1) + 1
        np.maximum.at(most, problem.row_job, np.where(problem.min_run > 0, runs, 0))
    if problem.replicas.size:
        np.maximum.at(most, problem.row_job, np.where(problem.replicas > 1, problem.replicas, 0))
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(most)])


def nothing_placed(problem: Problem) -> Assignment:
    """The assignment that leaves every job out."""
    pointer = run_pool(problem)
    blank = [np.full(problem.jobs, UNPLACED, dtype=np.int64) for _ in range(4)]
    pool = [np.full(pointer[-1], UNPLACED, dtype=np.int64) for _ in range(3)]
    return Assignment(
        row=blank[0], site=blank[1], start=blank[2], end=blank[3],
        run_pointer=pointer, run_site=pool[0], run_start=pool[1], run_end=pool[2],
    )  # fmt: skip


def plain_assignment(problem: Problem, *, row: Ints, site: Ints, start: Ints) -> Assignment:
    """The assignment of plain runs: row, site and start [J], -1 where a job is not placed."""
    row, site, start = (np.array(values, dtype=np.int64) for values in (row, site, start))
    blank = nothing_placed(problem)
    duration = (
        problem.duration[np.maximum(row, 0)] if problem.rows else np.zeros(problem.jobs, dtype=np.int64)
    )
    return Assignment(
        row=row, site=site, start=start, end=np.where(row >= 0, start + duration, UNPLACED),
        run_pointer=blank.run_pointer, run_site=blank.run_site, run_start=blank.run_start, run_end=blank.run_end,
    )  # fmt: skip


def copy_of(assignment: Assignment) -> Assignment:
    """An assignment that shares no memory with the given one, except the pool pointer."""
    return Assignment(
        row=assignment.row.copy(), site=assignment.site.copy(),
        start=assignment.start.copy(), end=assignment.end.copy(),
        run_pointer=assignment.run_pointer, run_site=assignment.run_site.copy(),
        run_start=assignment.run_start.copy(), run_end=assignment.run_end.copy(),
    )  # fmt: skip
