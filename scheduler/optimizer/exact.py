"""The proof of a small plan: close every column that a better plan cannot use, and solve what is left exactly.

Given the bound L and prices of the dual ascent and a plan of cost U, a column whose price exceeds its job's cheapest by
more than U - L is in no better plan. What remains is a time-indexed model, tightened by cuts (crowd.py) and solved by
HiGHS and SCIP side by side; a better plan closes more columns, and so on. Neither of the two is always first; CP-SAT's
bound stays 1 to 3 % short on the same models.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from ortools.math_opt.python import mathopt

from scheduler.optimizer.assignment import Assignment, nothing_placed, plain_assignment
from scheduler.optimizer.cost import job_costs
from scheduler.optimizer.crowd import tighten
from scheduler.optimizer.exact_columns import ColumnMaker, Columns, is_chosen, is_modelled
from scheduler.optimizer.exact_model import TimeIndexed, build_model, whole_room
from scheduler.optimizer.exact_room import holds
from scheduler.optimizer.prices import Prices
from scheduler.optimizer.problem import Floats, Problem
from scheduler.optimizer.solution import relative_gap
from scheduler.optimizer.stopwatch import Stopwatch
from scheduler.optimizer.table import finite_penalties

MOST_CELLS = (
    400_000  # non-zeros beyond which solvers spend a minute on their first relaxation and find nothing
)
MOST_PAIRS = 3_000_000  # (row, site, slot) triples that are worth listing
MOST_CUT_CELLS = 150_000  # non-zeros beyond which one relaxation after the other takes too long
CUT_SHARE = 0.25  # of the time left, for cuts
FIRST_SHARE = 0.5  # of the time left, for the first try: both solvers run to its end even when one is done
LATE = (
    0.1  # share of the whole limit by which a solver may come too late: HiGHS looks at its clock now and then
)
ENDS = (mathopt.TerminationReason.OPTIMAL, mathopt.TerminationReason.INFEASIBLE)
DOUBT = 1e-6  # relative tolerance granted to a solver's bound, which it computes within its own tolerances


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """What came of it: never worse than what went in.

    Attributes:
        assignment: the best plan known.
        objective: its cost [CNY].
        bound: proven lower bound [CNY].
        columns: columns still open at the end.
        finished: whether a solver came to its own end, so that more time brings nothing.
    """

    assignment: Assignment
    objective: float
    bound: float
    columns: int
    finished: bool = False


def prove(
    problem: Problem,
    assignment: Assignment,
    bound: float,
    prices: Prices,
    *,
    watch: Stopwatch,
    gap: float = 1e-4,
    seed: int = 0,
) -> Proof:
    """Improve a plan and its bound until they meet, where the plan is small enough for that.

    Args:
        problem: the instance.
        assignment: a feasible plan.
        bound: a proven lower bound [CNY].
        prices: dual prices, the better the fewer columns stay.
        watch: the clock to obey.
        gap: the relative gap to prove.
        seed: of the solvers.
    """
    penalty = finite_penalties(problem)
    objective = plan_cost(problem, assignment)
    size = int(problem.eligible.sum()) * problem.slots
    if not is_modelled(problem) or size > MOST_PAIRS:
        return Proof(assignment=assignment, objective=objective, bound=bound, columns=size)
    maker = ColumnMaker(problem, prices, problem.capacity, problem.link_capacity)
    columns = maker.columns_of(np.arange(problem.jobs))
    best = Proof(assignment=assignment, objective=objective, bound=bound, columns=len(columns))
    share = FIRST_SHARE
    while relative_gap(best.objective, best.bound) > gap and not best.finished and watch.left_s > 0.05:
        columns, must_run = close_columns(problem, columns, penalty, prices, best.objective)
        if cells_of(problem, columns) > MOST_CELLS:
            break
        before = best.objective
        best = _solve_open(problem, columns, penalty, must_run, best, watch, share, gap, seed)
        # Without a better plan no column closes: nothing but more time can help.
        share = 2 * share if best.objective < before else 1.0
        share = min(1.0, share)
    return best


def plan_cost(problem: Problem, assignment: Assignment) -> float:
    """Cost of the plan with finite penalties [CNY]."""
    costs = job_costs(problem, assignment)
    return float(np.where(np.isinf(costs), finite_penalties(problem), costs).sum())


def cells_of(problem: Problem, columns: Columns) -> int:
    """Non-zeros that these columns would put into the model."""
    held = (problem.demand > 0).sum(axis=1) * problem.duration
    return int(held[columns.row].sum())


def rent_of(problem: Problem, prices: Prices) -> float:
    """What all capacity is worth at the prices [CNY]."""
    pairs = (
        (prices.site, problem.capacity),
        (prices.link, problem.link_capacity),
        (prices.group, problem.group_capacity),
        (prices.quota, problem.quota_limit),
    )
    return sum(float((price * room).sum()) for price, room in pairs if price.size)


def close_columns(
    problem: Problem, columns: Columns, penalty: Floats, prices: Prices, objective: float
) -> tuple[Columns, Floats]:
    """The columns that a plan better than `objective` may use, and which jobs it cannot leave out (1.0 or 0.0 each)."""
    value = penalty.copy()
    np.minimum.at(value, columns.job, columns.priced)
    rent = rent_of(problem, prices)
    least = float(value.sum()) - rent
    # The margin covers the rounding of sums over all jobs.
    most = objective - least + 1e-9 * (abs(objective) + float(np.abs(value).sum()) + rent)
    kept = columns.priced - value[columns.job] <= most
    return columns.only(kept), (penalty - value > most).astype(np.float64)


def _solve_open(
    problem: Problem,
    columns: Columns,
    penalty: Floats,
    must_run: Floats,
    best: Proof,
    watch: Stopwatch,
    share: float,
    gap: float,
    seed: int,
) -> Proof:
    """Solve the open columns; take over the better plan and the better bound."""
    jobs = np.arange(problem.jobs)
    built = build_model(problem, columns, jobs, penalty, whole_room(problem))
    for left, must in zip(built.left, must_run, strict=True):
        left.upper_bound = 1.0 - must
    bound, assignment, objective = best.bound, best.assignment, best.objective
    hint = hint_of(built, columns, best.assignment)
    finished = False
    if cells_of(problem, columns) <= MOST_CUT_CELLS:
        until = watch.share + CUT_SHARE * (1 - watch.share)
        tighten(built, problem, columns, problem.capacity, lambda: watch.past(until))
    limit_s = share * max(0.0, watch.left_s - LATE * watch.limit_s)  # only now: building takes its time too
    for result in solved(built.model, hint, limit_s=limit_s, gap=gap, seed=seed):
        finished = finished or result.termination.reason in ENDS
        if result.termination.reason == mathopt.TerminationReason.INFEASIBLE:
            bound = max(bound, lowered(best.objective))  # no plan through open columns at all: none is better
            continue
        # Columns were closed only against plans that cost more than the incumbent.
        bound = max(bound, min(best.objective, lowered(result.dual_bound())))
        if result.has_primal_feasible_solution():
            plan = plan_in(problem, columns, np.array(result.variable_values(built.run)))
            if plan is not None and plan_cost(problem, plan) < objective:
                assignment, objective = plan, plan_cost(problem, plan)
    return Proof(
        assignment=assignment,
        objective=objective,
        bound=min(bound, objective),
        columns=len(columns),
        finished=finished,
    )


def lowered(bound: float) -> float:
    """A solver's bound less what its tolerances may have added."""
    return bound - DOUBT * abs(bound) if np.isfinite(bound) else -np.inf


def hint_of(built: TimeIndexed, columns: Columns, assignment: Assignment) -> mathopt.SolutionHint:
    """The incumbent as a solution of the model."""
    hint = mathopt.SolutionHint()
    chosen = is_chosen(columns, assignment)
    hint.variable_values = {x: float(taken) for x, taken in zip(built.run, chosen, strict=True)}
    for x, j in zip(built.left, built.jobs, strict=True):
        hint.variable_values[x] = float(assignment.row[j] < 0)
    return hint


def solved(
    model: mathopt.Model, hint: mathopt.SolutionHint, *, limit_s: float, gap: float, seed: int
) -> list[mathopt.SolveResult]:
    """What HiGHS and SCIP find side by side within the limit.

    HiGHS hears no interruption and takes no hint, SCIP fails when interrupted (OR-Tools 9.15): so each runs to its
    end, and the caller keeps limits short.
    """
    parameters = mathopt.SolveParameters(
        time_limit=timedelta(seconds=max(0.05, limit_s)),
        relative_gap_tolerance=gap / 2,
        random_seed=seed % 2**31,
    )
    hinted = mathopt.ModelSolveParameters(solution_hints=[hint])
    with ThreadPoolExecutor(2) as pool:
        scip = pool.submit(
            mathopt.solve, model, mathopt.SolverType.GSCIP, params=parameters, model_params=hinted
        )
        highs = pool.submit(mathopt.solve, model, mathopt.SolverType.HIGHS, params=parameters)
        return [highs.result(), scip.result()]


def plan_in(
    problem: Problem, columns: Columns, values: Floats, base: Assignment | None = None
) -> Assignment | None:
    """The plan of the columns whose value is 1, other jobs as in `base`; None when it does not hold, counted again."""
    start_from = base or nothing_placed(problem)
    chosen = np.flatnonzero(values > 0.5)
    row, site, start = start_from.row.copy(), start_from.site.copy(), start_from.start.copy()
    row[columns.job[chosen]] = columns.row[chosen]
    site[columns.job[chosen]] = columns.site[chosen]
    start[columns.job[chosen]] = columns.start[chosen]
    plan = plain_assignment(problem, row=row, site=site, start=start)
    return plan if holds(problem, plan) else None
