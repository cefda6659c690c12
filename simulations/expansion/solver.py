"""Solves the capacity program: a linear bound, plans rounded from it, and a branch and bound where these don't do."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ortools.math_opt.python import mathopt

from simulations.expansion.constraints import NATURE
from simulations.expansion.course import Course
from simulations.expansion.decision import Decision, Operation
from simulations.expansion.errors import UnsolvedError
from simulations.expansion.model import ExpansionModel, Variable
from simulations.expansion.rates import Rates
from simulations.expansion.rounding import rounded_decisions
from simulations.expansion.rules import RULES
from simulations.expansion.study import Study

TINY = 1e-7
LEAST_SECONDS = 1.0
_FOUND = (mathopt.TerminationReason.OPTIMAL, mathopt.TerminationReason.FEASIBLE)
_NONE = (
    mathopt.TerminationReason.INFEASIBLE,
    mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED,
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Solved:
    """A solution of the program.

    Attributes:
        objective: its cost [million CNY].
        values: of the variables.
        duals: of the rows, where builds were held or fractions; else empty.
    """

    objective: float
    values: Mapping[Variable, float]
    duals: Mapping[mathopt.LinearConstraint, float]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Best:
    """The best plan found and how good any could be.

    Attributes:
        decision: its first stage.
        objective: its cost [million CNY].
        bound: no plan costs less [million CNY].
        values: of the variables.
    """

    decision: Decision
    objective: float
    bound: float
    values: Mapping[Variable, float]

    @property
    def gap(self) -> float:
        """(objective - bound) / |objective|, at least 0 [fraction]."""
        return max(0.0, self.objective - self.bound) / max(abs(self.objective), TINY)


def build_model(
    study: Study, rates: Rates, courses: Sequence[Course], weights: Sequence[float]
) -> ExpansionModel:
    """The program over some courses, with every constraint and the objective."""
    model = ExpansionModel(study, rates, courses, weights)
    for constraint in (*NATURE, *RULES):
        constraint(model)
    model.minimise()
    return model


def solve_best(model: ExpansionModel, *, time_limit_s: float, gap: float) -> Best | None:
    """Find a plan within a relative gap of the best; None when there is none.

    Builds as fractions give a bound; rounded, they often give a plan that is near enough. Where they don't, the
    rounded plan starts a branch and bound.

    Raises:
        UnsolvedError: time ran out before any plan was found.
    """
    started = time.perf_counter()
    relaxed = solve_relaxed(model)
    if relaxed is None:
        return None
    best: Best | None = None
    for decision in rounded_decisions(model, relaxed.values):
        if best is not None and best.gap <= gap:
            return best
        solved = solve_held(model, decision)
        if solved is not None and (best is None or solved.objective < best.objective):
            best = Best(
                decision=decision, objective=solved.objective, bound=relaxed.objective, values=solved.values
            )
    if best is not None and best.gap <= gap:
        return best
    left = max(LEAST_SECONDS, time_limit_s - (time.perf_counter() - started))
    return _branched(model, best, relaxed.objective, left, gap)


def solve_relaxed(model: ExpansionModel) -> Solved | None:
    """Solve with builds as fractions; None when even so there is no plan."""
    model.release(whole=False)
    return _linear(model)


def solve_held(model: ExpansionModel, decision: Decision) -> Solved | None:
    """Solve with the first stage held; None when a rule forbids it."""
    model.hold(decision)
    return _linear(model)


def _linear(model: ExpansionModel) -> Solved | None:
    result = mathopt.solve(model.program, mathopt.SolverType.HIGHS)
    if not _is_found(result):
        return None
    return Solved(
        objective=result.objective_value(), values=result.variable_values(), duals=result.dual_values()
    )


def _branched(
    model: ExpansionModel, best: Best | None, bound: float, time_limit_s: float, gap: float
) -> Best | None:
    model.release(whole=True)
    parameters = mathopt.SolveParameters(
        time_limit=timedelta(seconds=time_limit_s), relative_gap_tolerance=gap, random_seed=0
    )
    hints = [mathopt.SolutionHint(variable_values=dict(best.values))] if best else []
    result = mathopt.solve(
        model.program,
        mathopt.SolverType.HIGHS,
        params=parameters,
        model_params=mathopt.ModelSolveParameters(solution_hints=hints),
    )
    if not _is_found(result, may_be_late=best is not None):
        return best
    bound = max(bound, result.termination.objective_bounds.dual_bound)
    if result.has_primal_feasible_solution() and (best is None or result.objective_value() < best.objective):
        values = result.variable_values()
        decision = decision_of(model, values)
        held = solve_held(model, decision)
        if held is not None:
            return Best(decision=decision, objective=held.objective, bound=bound, values=held.values)
    return best and Best(decision=best.decision, objective=best.objective, bound=bound, values=best.values)


def _is_found(result: mathopt.SolveResult, *, may_be_late: bool = False) -> bool:
    """Whether there is a solution; False when none exists.

    Raises:
        UnsolvedError: the solver ended without saying which.
    """
    reason = result.termination.reason
    if reason in _NONE:
        return False
    if reason in _FOUND or may_be_late:
        return True
    raise UnsolvedError(f"the solver ended without a plan ({reason.name.lower()}); allow it more time")


def decision_of(model: ExpansionModel, values: Mapping[Variable, float]) -> Decision:
    """The first stage of a solution, in whole numbers."""
    return Decision(
        build={key: count for key, v in model.build.items() if (count := round(values[v]))},
        opened={site: quarter for (site, quarter), v in model.opened.items() if round(values[v])},
        steps={key: count for key, v in model.steps.items() if (count := round(values[v]))},
    )


def operation_of(model: ExpansionModel, values: Mapping[Variable, float], future: int) -> Operation:
    """The work placed in one future."""
    return Operation(
        flows={
            (quarter, block, demand, site, kind): values[flow]
            for (at, quarter, block, demand, site, kind), flow in model.place.items()
            if at == future and values[flow] > TINY
        }
    )
