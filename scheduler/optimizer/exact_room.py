"""The room that a plan leaves, counted slot by slot with plain arrays: what a solver's answer is judged by."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.assignment import Assignment
from scheduler.optimizer.exact_columns import TOLERANCE, routes_of, span_of
from scheduler.optimizer.exact_model import Room
from scheduler.optimizer.problem import Ints, Problem


def room_left(problem: Problem, assignment: Assignment, without: Ints | None = None) -> Room:
    """What the plan leaves free, the jobs in `without` not counted; plain rows only."""
    site, link = problem.capacity.copy(), problem.link_capacity.copy()
    group, quota = problem.group_capacity.copy(), problem.quota_limit.copy()
    counted = assignment.row >= 0
    if without is not None:
        counted[without] = False
    for j in np.flatnonzero(counted):
        c, s, t = int(assignment.row[j]), int(assignment.site[j]), int(assignment.start[j])
        end, demand = t + int(problem.duration[c]), problem.demand[c]
        site[s, :, t:end] -= demand[:, None]
        if problem.group_of.size and problem.group_of[c] >= 0:
            group[problem.group_of[c], :, t:end] -= demand[:, None]
        for q in np.flatnonzero(problem.quota_site == s):
            quota[q] -= demand[problem.quota_resource[q]] * problem.quota_weight[q, t:end].sum()
        for n, rate, links in routes_of(problem, c, s):
            low, high = span_of(problem, c, np.array([t]), n)
            for number in links:
                link[number, low[0] : high[0]] -= rate
    return Room(site=site, link=link, group=group, quota=quota)


def holds(problem: Problem, assignment: Assignment) -> bool:
    """Whether no capacity is exceeded; windows and eligibility hold by the way columns are made."""
    left = room_left(problem, assignment)
    pairs = (
        (left.site, problem.capacity),
        (left.link, problem.link_capacity),
        (left.group, problem.group_capacity),
        (left.quota, problem.quota_limit),
    )
    return all(bool((room >= -TOLERANCE * (1 + whole)).all()) for room, whole in pairs)
