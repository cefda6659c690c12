"""Decision: which assignment a policy chooses, and what is proven about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Bools
from scheduler.baselines import run_baseline
from scheduler.case import Case
from scheduler.formulation import Formulation
from scheduler.optimizer import (
    Assignment,
    Prices,
    Problem,
    ProblemError,
    Progress,
    Solution,
    costs_alone,
    insert_in_order,
    job_costs,
    nothing_placed,
    solve,
    supply_cost_of,
)
from scheduler.plan import Status
from scheduler.policy import OPTIMAL, Policy
from scheduler.promises import Pledge

# The plan must not be worse than a baseline it tried. Trying may take this share of the time.
INCUMBENT_SHARE = 0.05
ROUNDING = 1e-9  # of the absolute sum: more than float64 can add to a bound


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Decision:
    """What was chosen.

    Attributes:
        assignment: the choice of every job.
        lower_bound_cny: no assignment has a smaller policy-weighted objective.
        status: how far it got.
        prices: the prices that prove the bound, or None where it was not proven by prices.
    """

    assignment: Assignment
    lower_bound_cny: float
    status: Status
    prices: Prices | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """How hard to try.

    Attributes:
        time_limit_s: stop by then with the best so far [s].
        gap: relative gap that is good enough.
        seed: of the random moves.
        progress: called with news, or None.
        cancelled: asked often; true stops the search.
        passes: pricing passes, or None: as many as the time limit is worth.
        rounds: rounds of improvement, or None likewise. Both given, the clock decides nothing.
    """

    time_limit_s: float = 60.0
    gap: float = 1e-4
    seed: int = 0
    progress: Callable[[Progress], None] | None = None
    cancelled: Callable[[], bool] | None = None
    passes: int | None = None
    rounds: int | None = None


def decide(
    case: Case, formulation: Formulation, policy: Policy, effort: Effort, given: Pledge | None = None
) -> Decision:
    """Return the policy's choice. The optimal one never costs more than a baseline it has tried.

    Args:
        case: the jobs and their world.
        formulation: their problem; with promises, that of the pledge.
        policy: how to plan.
        effort: how hard to try.
        given: the promises to keep, or None.
    """
    if not formulation.problem.rows:
        return Decision(
            assignment=nothing_placed(formulation.problem),
            lower_bound_cny=formulation.left_out_cny,
            status=Status.OPTIMAL if policy.name == OPTIMAL else Status.FEASIBLE,
            prices=None,
        )
    if policy.name != OPTIMAL:
        return Decision(
            assignment=run_baseline(policy.name, case, formulation, None if given is None else given.started),
            lower_bound_cny=formulation.left_out_cny + _bound_alone(formulation.problem),
            status=Status.FEASIBLE,
            prices=None,
        )
    if given is not None:
        return _keep_promises(formulation, effort, given)
    began = time.perf_counter()
    incumbent = min(_incumbents(case, formulation, effort, began), key=lambda pair: pair[0])
    solution = solve(
        formulation.problem,
        time_limit_s=max(effort.time_limit_s - (time.perf_counter() - began), 0.0),
        gap=effort.gap,
        seed=effort.seed,
        progress=effort.progress,
        cancelled=effort.cancelled,
        passes=effort.passes,
        rounds=effort.rounds,
    )
    better = solution.objective <= incumbent[0]
    return Decision(
        assignment=solution.assignment if better else incumbent[1],
        lower_bound_cny=formulation.left_out_cny + solution.bound,
        status=Status(solution.status),
        prices=solution.prices,
    )


def _keep_promises(formulation: Formulation, effort: Effort, given: Pledge) -> Decision:
    """Search from the promises; a job that has started and no longer fits loses its place."""

    def search(frozen: Bools | None) -> Solution:
        return solve(
            formulation.problem,
            time_limit_s=effort.time_limit_s,
            gap=effort.gap,
            warm_start=given.warm_start,
            frozen=frozen,
            seed=effort.seed,
            progress=effort.progress,
            cancelled=effort.cancelled,
            passes=effort.passes,
            rounds=effort.rounds,
        )

    try:
        solution = search(given.frozen)
    except ProblemError:
        solution = search(None)
    return Decision(
        assignment=solution.assignment,
        lower_bound_cny=formulation.left_out_cny + solution.bound - given.thresholds_cny,
        status=Status(solution.status),
        prices=solution.prices,
    )


def _incumbents(
    case: Case, formulation: Formulation, effort: Effort, began: float
) -> Iterator[tuple[float, Assignment]]:
    """Yield plans to begin from and their costs: first those who can least wait; then what the baselines would do."""
    problem = formulation.problem
    patience = (problem.deadline - problem.release - problem.duration).astype(np.float64)
    most = np.full(problem.jobs, -np.inf)
    np.maximum.at(most, problem.row_job, patience)
    order = np.argsort(most, kind="stable")
    yield objective_of(problem, urgent := insert_in_order(problem, order)), urgent
    if problem.supply_resource >= 0:
        sunny = insert_in_order(problem, order, prices=_small_supplies_dear(problem))
        yield objective_of(problem, sunny), sunny
    for name in ("earliest-finish", "cheapest", "greenest", "nearest", "first-fit"):
        assignment = run_baseline(name, case, formulation)
        yield objective_of(problem, assignment), assignment
        if effort.rounds is None and time.perf_counter() - began > INCUMBENT_SHARE * effort.time_limit_s:
            return


def _small_supplies_dear(problem: Problem) -> Prices:
    """Return prices at which a supply too small for a typical row costs as much as its last step."""
    typical = float(np.median(problem.demand[:, problem.supply_resource]))
    first, last = problem.supply_price.min(axis=1), problem.supply_price.max(axis=1)
    return Prices(
        site=np.zeros(problem.capacity.shape),
        link=np.zeros(problem.link_capacity.shape),
        group=np.zeros(problem.group_capacity.shape),
        quota=np.zeros(len(problem.quota_site)),
        supply=np.where(problem.supply_size[:, 0] < typical, last, first),
    )


def objective_of(problem: Problem, assignment: Assignment) -> float:
    """Return the objective of an assignment: jobs, penalties and what is drawn from supplies [CNY]."""
    return float(job_costs(problem, assignment).sum()) + supply_cost_of(problem, assignment)


def _bound_alone(problem: Problem) -> float:
    """Return the bound at zero prices: every job at its cheapest option, as if it were alone."""
    costs = costs_alone(problem)
    return float(costs.sum() - ROUNDING * np.abs(costs).sum())
