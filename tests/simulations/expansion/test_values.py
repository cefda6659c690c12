"""What a constraint is said to be worth is what it saves when it is relaxed by a little."""

from dataclasses import replace

import pytest

from simulations.expansion import Study, expand
from simulations.expansion.course import courses_of
from simulations.expansion.model import MILLION
from simulations.expansion.rates import price_study
from simulations.expansion.solver import build_model, solve_held, solve_relaxed
from simulations.expansion.study import BudgetRule, GreenRule, QuotaRule
from tests.simulations.expansion.tiny import TINY, with_demand
from topology import Catalogue


def relaxed_cny(study: Study, china: Catalogue) -> float:
    """Cost when builds may be fractions."""
    courses = courses_of(study)
    solved = solve_relaxed(
        build_model(study, price_study(study, china), courses, [each.probability for each in courses])
    )
    assert solved is not None
    return solved.objective * MILLION


def free_value(study: Study, china: Catalogue, rule: str) -> float:
    """Value of a rule over all places, builds free."""
    marginals = expand(study, china, gap=0.02).marginals
    return sum(each.free_cny or 0.0 for each in marginals if each.rule == rule)


def test_a_megawatt_of_grid(china: Catalogue) -> None:
    tight = replace(TINY, sites=(replace(TINY.sites[0], grid_mw=1.1),))
    wider = replace(TINY, sites=(replace(TINY.sites[0], grid_mw=1.1001),))
    saved = (relaxed_cny(tight, china) - relaxed_cny(wider, china)) / 0.0001
    assert saved > 0
    assert free_value(tight, china, "grid_mw") == pytest.approx(saved, rel=1e-3)


def test_a_megawatt_hour_of_quota(china: Catalogue) -> None:
    def quota(mwh: float) -> Study:
        rule = QuotaRule(name="west", sites=("zhongwei",), mwh=mwh, since=2026, over_cny_per_kwh=None)
        return replace(TINY, sites=TINY.sites[:1], quotas=(rule,))

    saved = relaxed_cny(quota(3000.0), china) - relaxed_cny(quota(3001.0), china)
    assert saved > 0
    assert free_value(quota(3000.0), china, "quota") == pytest.approx(saved, rel=1e-3)


def test_a_point_of_green_share(china: Catalogue) -> None:
    def green(at_least: float) -> Study:
        rule = GreenRule(
            sites=("zhongwei",), at_least=at_least, since=2026, premium_cny_per_mwh=60.0, most_mwh=500.0
        )
        return replace(TINY, sites=TINY.sites[:1], green=(rule,))

    saved = (relaxed_cny(green(0.9), china) - relaxed_cny(green(0.8999), china)) / 0.01
    assert saved > 0
    assert free_value(green(0.9), china, "green_share") == pytest.approx(saved, rel=1e-2)


def test_a_yuan_of_budget(china: Catalogue) -> None:
    def budget(cny: float) -> Study:
        return replace(TINY, budgets=(BudgetRule(year=2026, cny=cny),))

    saved = (relaxed_cny(budget(50e6), china) - relaxed_cny(budget(50.1e6), china)) / 0.1e6
    assert saved > 0
    assert free_value(budget(50e6), china, "budget") == pytest.approx(saved, rel=1e-3)


def test_a_millisecond_is_worth_the_next_site(china: Catalogue) -> None:
    """Work near Shaoguan has no other hall until its limit lets it reach Zhongwei's."""
    near = with_demand(TINY, origin="guangzhou", rtt_ms_max=10.0)
    plan = expand(near, china, gap=0.0)
    value = next(each for each in plan.marginals if each.rule == "rtt_ms_max")
    far = with_demand(near, rtt_ms_max=60.0)
    courses = courses_of(far)
    held = solve_held(
        build_model(far, price_study(far, china), courses, [each.probability for each in courses]),
        plan.decision,
    )
    assert held is not None
    next_ms = float(value.where.rsplit(" ", 2)[-2])
    saved = plan.objective_cny - held.objective * MILLION
    assert value.held_cny * (next_ms - 10.0) == pytest.approx(saved, rel=1e-2)
    assert saved > 0
