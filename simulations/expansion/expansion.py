"""Expansion: the answer to a study. What to build and when, how good that is, what each rule is worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from simulations.expansion.account import Account
from simulations.expansion.audit import Auditor
from simulations.expansion.conflict import find_conflicts
from simulations.expansion.course import Course, courses_of, mean_course
from simulations.expansion.decision import Decision, Operation
from simulations.expansion.errors import InfeasibleError
from simulations.expansion.marginal import Marginal, in_order, latency_values, marginal_values
from simulations.expansion.model import MILLION, ExpansionModel
from simulations.expansion.rates import price_study
from simulations.expansion.regret import STOCHASTIC, Regret, compare_plans, find_rivals
from simulations.expansion.solver import Best, build_model, operation_of, solve_best, solve_held
from simulations.expansion.study import Study
from topology import Catalogue

GAP = 0.005
TIME_LIMIT_S = 60.0
PART_FOR_ALL = 0.6
"""Part of the time limit for the plan of all futures; the plans for one future each share the rest."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Expansion:
    """A capacity plan.

    Attributes:
        study: the question.
        decision: what is started, and when.
        operations: work placed in each future, in the study's order.
        objective_cny: recomputed from decision and operations by the audit.
        solver_cny: the same as the solver had it.
        bound_cny: no plan costs less.
        account: costs and quantities by future and year.
        marginals: value of one more unit of each constraint.
        regret: plans against futures.
        seconds: time it took.
    """

    study: Study
    decision: Decision
    operations: tuple[Operation, ...]
    objective_cny: float
    solver_cny: float
    bound_cny: float
    account: Account
    marginals: tuple[Marginal, ...]
    regret: Regret
    seconds: float

    @property
    def gap(self) -> float:
        """(objective - bound) / |objective|, at least 0 [fraction]."""
        return max(0.0, self.objective_cny - self.bound_cny) / max(abs(self.objective_cny), 1.0)


def expand(
    study: Study,
    catalogue: Catalogue,
    *,
    time_limit_s: float = TIME_LIMIT_S,
    gap: float = GAP,
    progress: Callable[[str], None] = lambda _: None,
) -> Expansion:
    """Plan capacity.

    Args:
        study: the question.
        catalogue: what it was read against.
        time_limit_s: about how long the search for plans may take [s]; a linear program is never cut short.
        gap: how far from the best a plan may be [fraction].
        progress: told what is being done.

    Raises:
        InfeasibleError: the rules leave no plan; it names those that conflict.
        UnsolvedError: time ran out before any plan was found.
    """
    started = time.perf_counter()
    question = _Question(study=study, catalogue=catalogue)
    progress("planning for all futures together")
    best = question.best(time_limit_s * PART_FOR_ALL, gap)
    progress("planning for each future alone")
    rest_s = time_limit_s * (1 - PART_FOR_ALL)
    mean = question.model([mean_course(question.courses)])
    rivals = find_rivals(mean, question.alone, time_limit_s=rest_s, gap=gap)
    progress("running each plan in each future")
    decision, regret = question.compared(best.decision, rivals)
    progress("pricing the constraints")
    return question.told(decision, best.bound, regret, started)


class _Question:
    """A study with its prices and courses, and the steps that answer it."""

    def __init__(self, *, study: Study, catalogue: Catalogue) -> None:
        self.study, self.catalogue = study, catalogue
        self.rates, self.courses = price_study(study, catalogue), courses_of(study)
        self.together = self.model(self.courses)
        self.alone = tuple(self.model([course]) for course in self.courses)

    def model(self, courses: Sequence[Course]) -> ExpansionModel:
        """The program over some courses; one course alone is certain."""
        weights = [course.probability for course in courses] if len(courses) > 1 else [1.0]
        return build_model(self.study, self.rates, courses, weights)

    def best(self, time_limit_s: float, gap: float) -> Best:
        """The plan for all futures together."""
        best = solve_best(self.together, time_limit_s=time_limit_s, gap=gap)
        if best is None:
            raise InfeasibleError(find_conflicts(self.together))
        return best

    def compared(self, decision: Decision, rivals: Mapping[str, Decision]) -> tuple[Decision, Regret]:
        """The best plan of all that are run: within the gap, one made for a single future may be ahead."""
        plans = {STOCHASTIC: decision, **rivals}
        regret = compare_plans(self.alone, plans)
        row = min(range(len(plans)), key=lambda index: regret.objective_cny(index, self.study.risk))
        return plans[regret.plans[row]], regret.with_stochastic(row)

    def told(self, decision: Decision, bound: float, regret: Regret, started: float) -> Expansion:
        """Everything that is said of a plan."""
        model = self.together
        held = solve_held(model, decision)
        assert held is not None, "a plan that has been run in every future can be run again"
        operations = tuple(operation_of(model, held.values, future) for future in model.futures)
        account = Auditor(self.study, self.catalogue).audit(decision, self.courses, operations)
        solver_cny = held.objective * MILLION
        by_ms = latency_values(self.study, self.catalogue, self.courses, decision, solver_cny)
        return Expansion(
            study=self.study,
            decision=decision,
            operations=operations,
            objective_cny=account.objective_cny(self.study.risk),
            solver_cny=solver_cny,
            bound_cny=bound * MILLION,
            account=account,
            marginals=in_order((*marginal_values(model, decision), *by_ms)),
            regret=regret,
            seconds=time.perf_counter() - started,
        )
