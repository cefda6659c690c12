"""Rivals: jobs that compete for what most others do not want.

On many days nearly all of the rent falls on one kind of accelerator at a few sites. The jobs that want it meet all
others only at what is cheap, and can be decided exactly by themselves (rival_proof.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.optimizer.problem import Ints, Problem

MOST_SHARE = 0.5  # of all jobs: what more than these want is not rare


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rivalry:
    """Resources [N] and the jobs [K] that want any of them; no job belongs to two rivalries."""

    resources: Ints
    jobs: Ints


def rivalries_of(problem: Problem) -> list[Rivalry]:
    """Resources that at most half of the jobs want, those that share a job together."""
    wants = np.zeros((problem.jobs, problem.demand.shape[1]), dtype=np.bool_)
    np.logical_or.at(wants, problem.row_job, problem.demand > 0)
    rare = wants.any(axis=0) & (wants.sum(axis=0) <= MOST_SHARE * problem.jobs)
    found: list[Rivalry] = []
    for r in np.flatnonzero(rare):
        resources, jobs = np.array([r]), wants[:, r]
        apart = []
        for other in found:
            if jobs[other.jobs].any():
                resources = np.concatenate([other.resources, resources])
                jobs = jobs.copy()
                jobs[other.jobs] = True
            else:
                apart.append(other)
        found = [*apart, Rivalry(resources=resources, jobs=np.flatnonzero(jobs))]
    return [rivalry for rivalry in found if len(rivalry.jobs) <= MOST_SHARE * problem.jobs]
