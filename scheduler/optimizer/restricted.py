"""Re-optimises some jobs of a larger plan exactly, all others staying where they are.

Each freed job keeps its columns of least price and the one it has; CP-SAT chooses among them within the room that the
others leave. Demands are rounded up and capacities down to integers, so that what fits the model fits the plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
from ortools.sat.python import cp_model

from scheduler.optimizer.assignment import Assignment, plain_assignment
from scheduler.optimizer.exact import plan_cost
from scheduler.optimizer.exact_columns import ColumnMaker, Columns, is_chosen, is_modelled, routes_of, span_of
from scheduler.optimizer.exact_model import Room
from scheduler.optimizer.exact_room import holds, room_left
from scheduler.optimizer.prices import Prices
from scheduler.optimizer.problem import Ints, Problem
from scheduler.optimizer.table import finite_penalties

UNITS = 1e6  # integer units in the largest capacity or cost: fine enough, and far from overflow
Cell = tuple[str, int, int, int]


def reoptimise(
    problem: Problem,
    assignment: Assignment,
    jobs: Ints,
    prices: Prices,
    time_limit_s: float,
    *,
    columns_per_job: int = 30,
    seed: int = 0,
    workers: int = 1,
) -> Assignment:
    """Choose anew for `jobs`; returns a plan that costs less, or the very assignment given.

    Args:
        problem: the instance.
        assignment: a feasible plan of plain rows.
        jobs: the jobs to free.
        prices: dual prices that rank the columns.
        time_limit_s: for the solver [s].
        columns_per_job: columns of least price that each job keeps.
        seed: of the solver.
        workers: threads of the solver.
    """
    if not is_modelled(problem) or not len(jobs):
        return assignment
    jobs = np.unique(jobs)
    room = room_left(problem, assignment, without=jobs)
    maker = ColumnMaker(problem, prices, room.site, room.link)
    columns = cheapest_columns(maker.columns_of(jobs), assignment, columns_per_job)
    penalty = finite_penalties(problem)
    model = cp_model.CpModel()
    run = [model.new_bool_var("") for _ in range(len(columns))]
    left = {int(j): model.new_bool_var("") for j in jobs}
    add_one_choice(model, columns, run, left)
    add_capacities(model, problem, columns, run, room_of=lambda cell: room_in(room, cell))
    costs = np.concatenate([columns.cost, penalty[jobs]])
    scale = UNITS / max(1e-9, float(costs.max(initial=0.0)))
    weights = np.round(costs * scale).astype(np.int64).tolist()
    model.minimize(cp_model.LinearExpr.weighted_sum([*run, *left.values()], weights))
    chosen = is_chosen(columns, assignment)
    for x, taken in zip(run, chosen, strict=True):
        model.add_hint(x, int(taken))
    for j, x in left.items():
        model.add_hint(x, int(assignment.row[j] < 0))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, time_limit_s)
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed % 2**31
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return assignment
    taken = np.array([solver.boolean_value(x) for x in run], dtype=np.bool_)
    plan = _with_choices(problem, assignment, jobs, columns.only(taken))
    better = holds(problem, plan) and plan_cost(problem, plan) < plan_cost(problem, assignment)
    return plan if better else assignment


def cheapest_columns(columns: Columns, assignment: Assignment, each: int) -> Columns:
    """The `each` columns of least price of every job, and the one it has now; ties by order."""
    order = np.lexsort((columns.priced, columns.job))
    first = np.searchsorted(columns.job[order], columns.job[order])
    kept = np.zeros(len(columns), dtype=np.bool_)
    kept[order] = np.arange(len(order)) - first < each
    return columns.only(kept | is_chosen(columns, assignment))


def add_one_choice(
    model: cp_model.CpModel, columns: Columns, run: list[cp_model.IntVar], left: dict[int, cp_model.IntVar]
) -> None:
    """Every freed job runs once or is left out."""
    of_job: dict[int, list[cp_model.IntVar]] = {j: [x] for j, x in left.items()}
    for j, x in zip(columns.job, run, strict=True):
        of_job[int(j)].append(x)
    for choices in of_job.values():
        model.add_exactly_one(choices)


def add_capacities(
    model: cp_model.CpModel,
    problem: Problem,
    columns: Columns,
    run: list[cp_model.IntVar],
    room_of: Callable[[Cell], float],
) -> None:
    """Every cell (site, link, group, quota) that the columns could overfill stays within its room."""
    cells: dict[Cell, dict[int, float]] = defaultdict(dict)
    for n in range(len(columns)):
        for cell, amount in held_by(problem, columns, n):
            cells[cell][n] = cells[cell].get(n, 0.0) + amount
    for cell, terms in cells.items():
        room = room_of(cell)
        if sum(terms.values()) <= room:
            continue
        scale = 1.0 if _whole(terms, room) else UNITS / max(room, 1e-9)
        amounts = [int(np.ceil(q * scale - 1e-9)) for q in terms.values()]
        model.add(
            cp_model.LinearExpr.weighted_sum([run[n] for n in terms], amounts)
            <= int(np.floor(room * scale + 1e-9))
        )


def held_by(problem: Problem, columns: Columns, n: int) -> Iterator[tuple[Cell, float]]:
    """What column n holds: (kind, number, resource, slot) and how much of it."""
    c, s, start = int(columns.row[n]), int(columns.site[n]), int(columns.start[n])
    end = start + int(problem.duration[c])
    group = int(problem.group_of[c]) if problem.group_of.size else -1
    for r in np.flatnonzero(problem.demand[c] > 0):
        for t in range(start, end):
            yield ("site", s, int(r), t), float(problem.demand[c, r])
            if group >= 0:
                yield ("group", group, int(r), t), float(problem.demand[c, r])
    for slots, rate, links in routes_of(problem, c, s):
        low, high = span_of(problem, c, np.array([start]), slots)
        for link in links:
            for t in range(int(low[0]), int(high[0])):
                yield ("link", int(link), 0, t), rate
    for q in np.flatnonzero(problem.quota_site == s):
        used = problem.demand[c, problem.quota_resource[q]] * problem.quota_weight[q, start:end].sum()
        if used > 0:
            yield ("quota", int(q), 0, 0), float(used)


def room_in(room: Room, cell: Cell) -> float:
    """What is free in a cell."""
    kind, number, resource, slot = cell
    if kind == "site":
        return float(room.site[number, resource, slot])
    if kind == "link":
        return float(room.link[number, slot])
    return float(room.group[number, resource, slot] if kind == "group" else room.quota[number])


def _whole(terms: dict[int, float], room: float) -> bool:
    """Whether the amounts are integers already, so that nothing need be rounded but the room."""
    return room < 1e12 and all(amount == int(amount) for amount in terms.values())


def _with_choices(problem: Problem, assignment: Assignment, jobs: Ints, columns: Columns) -> Assignment:
    """The assignment with these columns for `jobs`, which are left out where they have none."""
    row, site, start = assignment.row.copy(), assignment.site.copy(), assignment.start.copy()
    row[jobs], site[jobs], start[jobs] = -1, -1, -1
    row[columns.job], site[columns.job], start[columns.job] = columns.row, columns.site, columns.start
    return plain_assignment(problem, row=row, site=site, start=start)
