"""The time-indexed model of placement, through MathOpt.

Sets        J jobs, N columns (job, row, site, start), quotas,
            cells (site, resource, slot), (link, slot), (group, resource, slot)
Variables   run[n] in {0, 1}; left[j] in [0, 1], the job is left out
Objective   minimise sum of cost[n] * run[n] + sum of penalty[j] * left[j]
Constraints one_choice   every job: its columns + left = 1
            within_site  every cell: demand of the columns that hold it <= room
            within_link  every link and slot: rates of the columns that transfer then <= room
            within_group every tenant, resource and slot: demand of its columns <= its capacity
            within_quota every quota: weighted use <= limit
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from ortools.math_opt.python import mathopt

from scheduler.optimizer.exact_columns import Columns, routes_of, span_of
from scheduler.optimizer.problem import Floats, Ints, Problem

Terms = dict[int, float]  # column -> coefficient


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the columns may use together: site [S, R, T], link [L, T], group [G, R, T], quota [Q]."""

    site: Floats
    link: Floats
    group: Floats
    quota: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeIndexed:
    """The model and its variables: run[n] of every column, left[k] of the k-th job of `jobs`."""

    model: mathopt.Model
    jobs: Ints
    run: list[mathopt.Variable]
    left: list[mathopt.Variable]


def whole_room(problem: Problem) -> Room:
    """Room for a plan from nothing."""
    return Room(
        site=problem.capacity,
        link=problem.link_capacity,
        group=problem.group_capacity,
        quota=problem.quota_limit,
    )


def build_model(problem: Problem, columns: Columns, jobs: Ints, penalty: Floats, room: Room) -> TimeIndexed:
    """The model over these columns; jobs without columns can only be left out."""
    model = mathopt.Model(name="placement")
    run = [model.add_binary_variable(name=_name(columns, n)) for n in range(len(columns))]
    left = [model.add_variable(lb=0.0, ub=1.0, name=f"left_{j}") for j in jobs]
    costs = [float(cost) * x for cost, x in zip(columns.cost, run, strict=True)]
    model.minimize(
        mathopt.fast_sum([*costs, *(float(penalty[j]) * x for j, x in zip(jobs, left, strict=True))])
    )
    built = TimeIndexed(model=model, jobs=jobs, run=run, left=left)
    add_one_choice(built, columns)
    add_within_site(built, problem, columns, room)
    add_within_link(built, problem, columns, room)
    add_within_group(built, problem, columns, room)
    add_within_quota(built, problem, columns, room)
    return built


def _name(columns: Columns, n: int) -> str:
    return f"run_j{columns.job[n]}_c{columns.row[n]}_s{columns.site[n]}_t{columns.start[n]}"


def add_one_choice(built: TimeIndexed, columns: Columns) -> None:
    """Every job runs once or is left out."""
    of_job: dict[int, list[mathopt.Variable]] = defaultdict(list)
    for n, x in enumerate(built.run):
        of_job[int(columns.job[n])].append(x)
    for j, x in zip(built.jobs, built.left, strict=True):
        built.model.add_linear_constraint(
            mathopt.fast_sum([*of_job[int(j)], x]) == 1.0, name=f"one_choice_{j}"
        )


def add_within_site(built: TimeIndexed, problem: Problem, columns: Columns, room: Room) -> None:
    """What runs at a site in a slot stays within each resource."""
    for s in range(problem.sites):
        here = np.flatnonzero(columns.site == s)
        ends = columns.start[here] + problem.duration[columns.row[here]]
        for r in range(problem.capacity.shape[1]):
            demand = problem.demand[columns.row[here], r]
            cells = [
                {int(n): float(q) for n, q in zip(here[busy], demand[busy], strict=True) if q > 0}
                for busy in ((columns.start[here] <= t) & (t < ends) for t in range(problem.slots))
            ]
            _add_cells(built, columns, cells, room.site[s, r], f"within_site_s{s}_r{r}")


def add_within_link(built: TimeIndexed, problem: Problem, columns: Columns, room: Room) -> None:
    """What a link carries in a slot stays within its capacity."""
    cells: dict[int, list[Terms]] = {}
    for n in range(len(columns)):
        start = columns.start[n : n + 1]
        for slots, rate, links in routes_of(problem, int(columns.row[n]), int(columns.site[n])):
            low, high = span_of(problem, int(columns.row[n]), start, slots)
            for link in links:
                of_link = cells.setdefault(int(link), [{} for _ in range(problem.slots)])
                for t in range(int(low[0]), int(high[0])):
                    of_link[t][n] = of_link[t].get(n, 0.0) + rate
    for link, of_link in sorted(cells.items()):
        _add_cells(built, columns, of_link, room.link[link], f"within_link_l{link}")


def add_within_group(built: TimeIndexed, problem: Problem, columns: Columns, room: Room) -> None:
    """What a tenant's jobs hold at any instant, over all sites, stays within its quota of each resource."""
    if not problem.group_of.size:
        return
    for g in range(len(room.group)):
        here = np.flatnonzero(problem.group_of[columns.row] == g)
        ends = columns.start[here] + problem.duration[columns.row[here]]
        for r in range(room.group.shape[1]):
            demand = problem.demand[columns.row[here], r]
            cells = [
                {int(n): float(q) for n, q in zip(here[busy], demand[busy], strict=True) if q > 0}
                for busy in ((columns.start[here] <= t) & (t < ends) for t in range(problem.slots))
            ]
            _add_cells(built, columns, cells, room.group[g, r], f"within_group_g{g}_r{r}")


def add_within_quota(built: TimeIndexed, problem: Problem, columns: Columns, room: Room) -> None:
    """Weighted use of a site over its period stays within the quota."""
    for q, (s, r) in enumerate(zip(problem.quota_site, problem.quota_resource, strict=True)):
        weight = np.concatenate([[0.0], np.cumsum(problem.quota_weight[q])])
        terms: Terms = {}
        for n in np.flatnonzero(columns.site == s):
            c, t = columns.row[n], columns.start[n]
            used = float(problem.demand[c, r] * (weight[t + problem.duration[c]] - weight[t]))
            if used > 0:
                terms[int(n)] = used
        _add_cells(built, columns, [terms], room.quota[q : q + 1], f"within_quota_q{q}")


def _add_cells(built: TimeIndexed, columns: Columns, cells: list[Terms], room: Floats, name: str) -> None:
    """One row per cell that could overflow; neighbours that hold the same columns share the tightest."""
    rows: list[tuple[int, Terms]] = []
    for t, terms in enumerate(cells):
        if rows and terms == rows[-1][1]:
            if room[t] < room[rows[-1][0]]:
                rows[-1] = (t, terms)
        else:
            rows.append((t, terms))
    for t, terms in rows:
        if _could_overflow(columns, terms, float(room[t])):
            total = mathopt.fast_sum([q * built.run[n] for n, q in terms.items()])
            built.model.add_linear_constraint(total <= float(room[t]), name=f"{name}_t{t}")


def _could_overflow(columns: Columns, terms: Terms, room: float) -> bool:
    """Whether the largest column of every job together exceed the room."""
    most: dict[int, float] = {}
    for n, q in terms.items():
        j = int(columns.job[n])
        most[j] = max(most.get(j, 0.0), q)
    return sum(most.values()) > room
