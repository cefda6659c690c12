"""The audit finds what is wrong with a plan, whoever made it."""

from dataclasses import replace

import pytest

from simulations.expansion import Decision, Expansion, Operation, Study, expand
from simulations.expansion.audit import Auditor
from simulations.expansion.course import courses_of
from simulations.expansion.study import BudgetRule
from tests.simulations.expansion.tiny import TINY, with_demand
from topology import Catalogue


@pytest.fixture(scope="module")
def plan(china: Catalogue) -> Expansion:
    return expand(TINY, china, gap=0.0)


def faults(
    china: Catalogue, study: Study, decision: Decision, operations: tuple[Operation, ...]
) -> tuple[str, ...]:
    return Auditor(study, china).audit(decision, courses_of(study), operations).faults


def test_a_plan_of_ours_has_no_faults(plan: Expansion) -> None:
    assert plan.account.faults == ()
    assert plan.objective_cny == pytest.approx(plan.solver_cny, rel=1e-7)
    assert plan.bound_cny <= plan.objective_cny


def test_work_beyond_the_halls_and_the_demand_is_found(china: Catalogue, plan: Expansion) -> None:
    doubled = tuple(
        Operation(flows={key: 2 * pflops for key, pflops in each.flows.items()}) for each in plan.operations
    )
    found = faults(china, TINY, plan.decision, doubled)
    assert any("more work than hall" in fault for fault in found)
    assert any("more work done than asked for" in fault for fault in found)


def test_halls_that_were_never_built_do_no_work(china: Catalogue, plan: Expansion) -> None:
    assert faults(china, TINY, Decision(), plan.operations)


def test_work_out_of_reach_is_found(china: Catalogue, plan: Expansion) -> None:
    near = with_demand(TINY, rtt_ms_max=1.0)
    assert any("may not run" in fault for fault in faults(china, near, plan.decision, plan.operations))


@pytest.mark.parametrize(
    ("study", "words"),
    [
        (replace(TINY, budgets=(BudgetRule(year=2026, cny=1.0),)), "budget of 2026"),
        (replace(TINY, sites=tuple(replace(each, grid_mw=0.1) for each in TINY.sites)), "MW above the grid"),
        (
            replace(TINY, sites=tuple(replace(each, most_per_quarter=0) for each in TINY.sites)),
            "halls in quarter",
        ),
        (with_demand(TINY, served_at_least=1.0), "below 100.00%"),
    ],
)
def test_broken_rules_are_named(china: Catalogue, plan: Expansion, study: Study, words: str) -> None:
    assert any(words in fault for fault in faults(china, study, plan.decision, plan.operations))
