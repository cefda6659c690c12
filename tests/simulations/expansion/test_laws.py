"""What must hold of every study: more work is never cheaper, a tighter rule never is, and order means nothing."""

from dataclasses import replace

import pytest

from simulations.expansion import Study, expand
from simulations.expansion.account import worst_mean
from simulations.expansion.study import (
    BudgetRule,
    GreenRule,
    LinkOffer,
    PueRule,
    QuotaRule,
    Risk,
    UtilisationRule,
)
from tests.simulations.expansion.conftest import Solve
from tests.simulations.expansion.tiny import HALL, TINY, with_demand
from topology import Catalogue, Cooling, Network


def quota(mwh: float) -> Study:
    return replace(
        TINY,
        quotas=(QuotaRule(name="west", sites=("zhongwei",), mwh=mwh, since=2026, over_cny_per_kwh=None),),
    )


def test_more_demand_is_never_cheaper(solve: Solve) -> None:
    costs = [solve(with_demand(TINY, pflops=pflops)).objective for pflops in (100.0, 300.0, 500.0, 900.0)]
    assert costs == sorted(costs)


def test_a_tighter_quota_is_never_cheaper(solve: Solve) -> None:
    costs = [solve(quota(mwh)).objective for mwh in (1e6, 6000.0, 4500.0, 4000.0)]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_a_quota_that_may_be_bought_off_is_never_dearer_than_a_hard_one(solve: Solve) -> None:
    hard = quota(4000.0)
    soft = replace(hard, quotas=(replace(hard.quotas[0], over_cny_per_kwh=0.75),))
    assert solve(soft).objective <= solve(hard).objective


def test_a_tighter_budget_is_never_cheaper(solve: Solve) -> None:
    costs = [
        solve(replace(TINY, budgets=(BudgetRule(year=2026, cny=cny),))).objective for cny in (1e9, 250e6, 0.0)
    ]
    assert costs == sorted(costs)


def test_longer_leads_are_never_cheaper(solve: Solve) -> None:
    costs = [
        solve(replace(TINY, modules=(replace(HALL, lead_quarters=lead),))).objective for lead in (0, 1, 2, 4)
    ]
    assert costs == sorted(costs)


def test_work_that_may_shift_is_never_dearer_than_work_that_may_not(solve: Solve) -> None:
    day = tuple(2.0 if 8 <= hour < 20 else 0.0 for hour in range(24))
    fixed = with_demand(replace(TINY, block_hours=4), shape=day)
    assert solve(with_demand(fixed, shiftable=True)).objective < solve(fixed).objective


def test_a_shorter_reach_is_never_cheaper(solve: Solve) -> None:
    costs = [solve(with_demand(TINY, rtt_ms_max=rtt_ms)).objective for rtt_ms in (60.0, 30.0, 5.0)]
    assert costs == sorted(costs)


def test_residency_and_memory_are_kept(solve: Solve) -> None:
    free = solve(TINY).objective
    assert solve(with_demand(TINY, provinces=("guangdong",))).objective > free
    assert solve(with_demand(TINY, hubs=("ningxia",))).objective > free
    assert solve(with_demand(TINY, memory_gib_min=64.0)).objective == pytest.approx(free, rel=1e-9)


def test_a_narrow_link_is_widened_when_that_pays_and_only_then(china: Catalogue) -> None:
    """The work of one hall and a half moves 320 * 1.5 * 8 / 3600 = 1.07 Gbit/s; a step carries one hall's."""
    link = next(
        each for each in Network(china).route("shanghai", "zhongwei").links if each.endswith("zhongwei")
    )

    def asked(capital_cny: float) -> Study:
        offer = LinkOffer(
            link=link,
            existing_gbps=0.0,
            step_gbps=0.8,
            capital_cny=capital_cny,
            lead_quarters=0,
            most_steps=4,
            life_years=10,
        )
        return replace(TINY, sites=TINY.sites[:1], links=(offer,))

    cheap = expand(asked(1e6), china, gap=0.0)
    assert sum(cheap.decision.steps.values()) >= 2
    assert cheap.account.faults == ()
    dear = expand(asked(1e9), china, gap=0.0)
    assert dear.decision.steps == {}
    assert not any(each.flows for each in dear.operations)
    assert max(each.free_cny or 0.0 for each in dear.marginals if each.rule == "link") > 0


def test_the_order_of_futures_and_sites_changes_nothing(solve: Solve) -> None:
    turned = replace(TINY, futures=TINY.futures[::-1], sites=TINY.sites[::-1])
    assert solve(turned).objective == pytest.approx(solve(TINY).objective, rel=1e-7)


def test_a_future_cut_in_two_equal_halves_changes_nothing(solve: Solve) -> None:
    low, high = TINY.futures
    halves = (replace(low, probability=0.3), replace(low, name="again", probability=0.3), high)
    assert solve(replace(TINY, futures=halves)).objective == pytest.approx(solve(TINY).objective, rel=1e-7)


def test_minding_the_worst_futures_lowers_them_and_raises_the_mean(china: Catalogue) -> None:
    neutral = expand(TINY, china, gap=0.0).account
    careful = expand(replace(TINY, risk=Risk(alpha=0.6, weight=1.0)), china, gap=0.0).account
    assert careful.worst_cny(0.6) <= neutral.worst_cny(0.6) * (1 + 1e-9)
    assert careful.expected_cny >= neutral.expected_cny * (1 - 1e-9)


def test_the_mean_of_the_worst_takes_part_of_a_future() -> None:
    # The worst 30 %: all of the dearest 20 %, and 10 % of the next.
    assert worst_mean([10.0, 40.0, 100.0], [0.5, 0.3, 0.2], 0.7) == pytest.approx((20 + 4) / 0.3)


def test_free_air_is_ruled_out_where_its_design_pue_is_too_high(solve: Solve) -> None:
    warm = replace(
        TINY,
        sites=TINY.sites[1:],
        utilisation=UtilisationRule(at_least=0.5, since=2027, penalty_cny_per_pflops_hour=None),
    )
    assert solve(warm).decision.build
    assert not solve(replace(warm, pue=(PueRule(sites=("shaoguan",), at_most=1.1),))).decision.build


def test_better_cooling_is_bought_where_the_rule_asks_for_it(solve: Solve) -> None:
    """The rule holds for a site's halls together: a liquid hall makes room for one cooled by air."""
    liquid = replace(HALL, name="liquid", cooling=Cooling.IMMERSION, capital_cny=HALL.capital_cny * 1.05)
    free = replace(TINY, modules=(HALL, liquid), sites=(replace(TINY.sites[1], modules=("hall", "liquid")),))
    ruled = replace(free, pue=(PueRule(sites=("shaoguan",), at_most=1.16),))
    assert {kind for _, kind, _ in solve(free).decision.build} == {"hall"}
    assert "liquid" in {kind for _, kind, _ in solve(ruled).decision.build}
    assert solve(ruled).objective > solve(free).objective


def test_green_energy_that_cannot_be_bought_limits_the_work(solve: Solve) -> None:
    def green(most_mwh: float) -> Study:
        rule = GreenRule(
            sites=("zhongwei",), at_least=0.9, since=2026, premium_cny_per_mwh=6.0, most_mwh=most_mwh
        )
        return replace(TINY, green=(rule,))

    costs = [solve(green(most)).objective for most in (1e6, 1000.0, 600.0)]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_knowing_the_future_and_planning_for_all_of_them_are_never_worth_less_than_nothing(
    china: Catalogue,
) -> None:
    regret = expand(TINY, china, gap=0.0).regret
    assert (regret.regret_cny >= 0).all()
    assert regret.perfect_information_cny >= 0
    assert regret.stochastic_solution_cny >= 0
    assert regret.plans == ("stochastic", "mean", "low", "high")
