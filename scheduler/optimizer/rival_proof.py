"""The exact model of rivals alone, all that is not rare left at its dual prices.

The scarce resource is kept as a constraint, and the time-indexed model of the jobs that want it is solved exactly: a
model a tenth as large as that of the whole plan. At any prices >= 0 it is a bound,

    L = sum over other jobs of min(penalty, cheapest) - rent of all other capacity + the optimum of every rivalry,

never below the one of the dual ascent, as the optimum of rivals whole is never below that of rivals in parts; and
what the rivals do in it is where a good plan begins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from ortools.math_opt.python import mathopt

from scheduler.optimizer.assignment import Assignment, copy_of
from scheduler.optimizer.exact import hint_of, lowered, rent_of, solved
from scheduler.optimizer.exact_columns import ColumnMaker, Columns, is_chosen, is_modelled, running
from scheduler.optimizer.exact_model import Room, build_model
from scheduler.optimizer.prices import Prices
from scheduler.optimizer.problem import Bools, Floats, Ints, Problem
from scheduler.optimizer.rivalry import Rivalry, rivalries_of
from scheduler.optimizer.stopwatch import Stopwatch
from scheduler.optimizer.table import finite_penalties

MOST_RIVAL_CELLS = 100_000  # non-zeros beyond which a quarter of a minute brings nothing
LEAST_S = 1.0  # for one rivalry: HiGHS looks at its clock now and then only
ROUNDING = 1e-9  # share of the absolute sums by which the bound is lowered


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decided:
    """What came of it.

    Attributes:
        assignment: the plan with the rivals' choices changed; it may exceed capacities of other resources.
        rivals: [J] whether the job is a rival that was decided.
        bound: proven lower bound of the whole plan [CNY], -inf when nothing was decided.
    """

    assignment: Assignment
    rivals: Bools
    bound: float


def decide_rivals(
    problem: Problem,
    assignment: Assignment,
    prices: Prices,
    *,
    watch: Stopwatch,
    until: float,
    gap: float = 1e-4,
    seed: int = 0,
) -> Decided:
    """Solve every rivalry exactly, all else at its dual prices.

    Args:
        problem: the instance.
        assignment: a feasible plan, where the rivals' models begin.
        prices: dual prices of the capacities themselves.
        watch: the clock to obey.
        until: share of the time limit after which the solvers stop.
        gap: relative gap of the whole plan that is wanted.
        seed: of the solvers.
    """
    plan, rivals = copy_of(assignment), np.zeros(problem.jobs, dtype=np.bool_)
    rivalries = rivalries_of(problem) if is_modelled(problem) else []
    if not rivalries:
        return Decided(assignment=plan, rivals=rivals, bound=-np.inf)
    maker = ColumnMaker(problem, prices, problem.capacity, problem.link_capacity)
    columns = maker.columns_of(np.arange(problem.jobs))
    penalty = finite_penalties(problem)
    value = penalty.copy()
    np.minimum.at(value, columns.job, columns.priced)
    rent = rent_of(problem, prices)
    bound = float(value.sum()) - rent - ROUNDING * (float(np.abs(value).sum()) + rent)
    for k, rivalry in enumerate(rivalries):
        end_s = until * watch.limit_s - watch.seconds
        limit_s = min(watch.left_s, end_s) / (len(rivalries) - k)
        gained = _decide(problem, rivalry, columns, prices, penalty, value, plan, limit_s, gap, seed)
        if gained is not None:
            bound += gained
            rivals[rivalry.jobs] = True
    return Decided(assignment=plan, rivals=rivals, bound=bound if rivals.any() else -np.inf)


def own_rent(problem: Problem, rivalry: Rivalry, columns: Columns, prices: Prices) -> Floats:
    """[N] what every column pays for the resources of the rivalry [CNY]."""
    if not prices.site.size:
        return np.zeros(len(columns))
    paid = running(prices.site)
    ends = columns.start + problem.duration[columns.row]
    total = np.zeros(len(columns))
    for r in rivalry.resources:
        span = paid[columns.site, r, ends] - paid[columns.site, r, columns.start]
        total += problem.demand[columns.row, r] * span
    return total


def room_for(problem: Problem, rivalry: Rivalry) -> Room:
    """The capacity of the rivalry's resources; of all else there is no end."""
    site = np.full(problem.capacity.shape, np.inf)
    site[:, rivalry.resources] = problem.capacity[:, rivalry.resources]
    return Room(
        site=site,
        link=np.full(problem.link_capacity.shape, np.inf),
        group=np.full(problem.group_capacity.shape, np.inf),
        quota=np.full(problem.quota_limit.shape, np.inf),
    )


def _decide(
    problem: Problem,
    rivalry: Rivalry,
    columns: Columns,
    prices: Prices,
    penalty: Floats,
    value: Floats,
    plan: Assignment,
    limit_s: float,
    gap: float,
    seed: int,
) -> float | None:
    """Write the rivals' best choices into `plan`; returns by how much the bound rises [CNY], None if not solved."""
    mine = np.zeros(problem.jobs, dtype=np.bool_)
    mine[rivalry.jobs] = True
    own = columns.only(mine[columns.job])
    own = replace(own, cost=own.priced - own_rent(problem, rivalry, own, prices))
    rent = 0.0
    if prices.site.size:
        rent = float((prices.site * problem.capacity)[:, rivalry.resources].sum())
    part = float(value[rivalry.jobs].sum()) - rent
    chosen = is_chosen(own, plan)
    left_out = np.setdiff1d(rivalry.jobs, own.job[chosen])
    now = float(own.cost[chosen].sum() + penalty[left_out].sum())
    # Columns that no better choice of the rivals can use; the margin covers the rounding of sums.
    most = now - part + ROUNDING * (abs(now) + float(np.abs(value[rivalry.jobs]).sum()) + rent)
    own = own.only((own.priced - value[own.job] <= most) & (own.cost < penalty[own.job]))
    held = (problem.demand[own.row][:, rivalry.resources] > 0).sum(axis=1) * problem.duration[own.row]
    if limit_s < LEAST_S or most <= 0 or held.sum() > MOST_RIVAL_CELLS:
        return None
    built = build_model(problem, own, rivalry.jobs, penalty, room_for(problem, rivalry))
    bound, best = part, now
    for result in solved(built.model, hint_of(built, own, plan), limit_s=limit_s, gap=gap, seed=seed):
        if result.termination.reason == mathopt.TerminationReason.INFEASIBLE:
            continue
        bound = max(bound, min(now, lowered(result.dual_bound())))
        if result.has_primal_feasible_solution() and result.objective_value() < best:
            best = result.objective_value()
            taken = np.flatnonzero(np.array(result.variable_values(built.run)) > 0.5)
            write_choices(problem, plan, rivalry.jobs, own.only(taken))
    return bound - part


def write_choices(problem: Problem, plan: Assignment, jobs: Ints, columns: Columns) -> None:
    """Give `jobs` these columns in `plan`; those without one are left out."""
    plan.row[jobs], plan.site[jobs], plan.start[jobs], plan.end[jobs] = -1, -1, -1, -1
    plan.row[columns.job], plan.site[columns.job] = columns.row, columns.site
    plan.start[columns.job] = columns.start
    plan.end[columns.job] = columns.start + problem.duration[columns.row]
