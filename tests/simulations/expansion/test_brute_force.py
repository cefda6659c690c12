"""Every plan of a small study is tried, and run by a dispatcher that never met the solver."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from simulations.expansion import Decision, Operation, Quarter, Study
from simulations.expansion.audit import Auditor
from simulations.expansion.course import Course, courses_of
from simulations.expansion.model import MILLION
from simulations.expansion.study import BudgetRule, Risk
from tests.simulations.expansion.conftest import Solve
from tests.simulations.expansion.tiny import TINY, with_demand
from topology import Catalogue, Network


def every_decision(study: Study) -> Iterator[Decision]:
    """All builds that can be ready in time."""
    last = len(study.quarters) - study.modules[0].lead_quarters
    keys = [(offer.site, "hall", quarter) for offer in study.sites for quarter in range(last)]
    choices = [range(offer.most_per_quarter + 1) for offer in study.sites for _ in range(last)]
    openings = [[None, *range(last)] if offer.opening_cny else [None] for offer in study.sites]
    names = [offer.site for offer in study.sites]
    for counts in product(*choices):
        build = {key: count for key, count in zip(keys, counts, strict=True) if count}
        for quarters in product(*openings):
            opened = {site: at for site, at in zip(names, quarters, strict=True) if at is not None}
            yield Decision(build=build, opened=opened)


def run_cheapest_first(study: Study, auditor: Auditor, decision: Decision, course: Course) -> Operation:
    """One class, one block a quarter: fill the cheapest site first, as long as that beats leaving the work."""
    work, hall = study.demand[0], study.modules[0]
    network = Network(auditor.catalogue)
    flows = {}
    for quarter in range(len(study.quarters)):
        left = float(course.pflops[0, quarter])
        costs = []
        for offer in study.sites:
            power, carbon, pue = (part[quarter, 0] for part in auditor.hourly(offer.site, hall.cooling))
            kw = auditor.full_it_kw(hall) / auditor.full_pflops(hall)
            moving = work.gb_per_pflops_hour * network.route(work.origin, offer.site).price_cny_per_gb
            costs.append((float((pue * (power + carbon)).mean()) * kw + moving, offer))
        for cost, offer in sorted(costs, key=lambda each: each[0]):
            halls = offer.existing.get("hall", 0)
            for (at, _, start), count in decision.build.items():
                ready = start + hall.lead_quarters + course.delay_quarters.get(at, 0)
                halls += count if at == offer.site and ready <= quarter else 0
            if cost < work.unmet_cny_per_pflops_hour:
                placed = min(left, halls * auditor.full_pflops(hall))
                flows[quarter, 0, work.name, offer.site, "hall"] = placed
                left -= placed
    return Operation(flows=flows)


def cheapest_by_trial(study: Study, catalogue: Catalogue) -> float:
    """Least objective of all plans that break no rule [CNY]."""
    auditor, courses = Auditor(study, catalogue), courses_of(study)
    least = float("inf")
    for decision in every_decision(study):
        operations = [run_cheapest_first(study, auditor, decision, course) for course in courses]
        account = auditor.audit(decision, courses, operations)
        if not account.faults:
            least = min(least, account.objective_cny(study.risk))
    return least


SHORT = replace(TINY, end=Quarter(2026, 3))
SMALL = with_demand(
    replace(SHORT, sites=tuple(replace(offer, most_per_quarter=1) for offer in TINY.sites)), pflops=400.0
)
WIDE = replace(SHORT, sites=(replace(TINY.sites[0], most_per_quarter=3),))
NEW = with_demand(
    replace(
        TINY,
        sites=(
            replace(TINY.sites[0], most_per_quarter=0),
            replace(TINY.sites[1], most_per_quarter=1, opening_cny=3e6, opening_quarters=1),
        ),
    ),
    pflops=640.0,
)


@pytest.mark.parametrize(
    "study",
    [
        pytest.param(SMALL, id="two sites"),
        pytest.param(replace(WIDE, risk=Risk(alpha=0.7, weight=0.5)), id="half risk"),
        pytest.param(replace(WIDE, budgets=(BudgetRule(year=2026, cny=150e6),)), id="budget"),
        pytest.param(replace(WIDE, sites=(replace(WIDE.sites[0], grid_mw=1.6),)), id="grid"),
        pytest.param(WIDE, id="one site"),
        pytest.param(NEW, id="a site to open"),
        pytest.param(replace(SMALL, risk=Risk(alpha=0.5, weight=1.0)), id="all risk"),
        pytest.param(with_demand(SMALL, unmet_cny_per_pflops_hour=12.0), id="cheap to refuse"),
        pytest.param(replace(SMALL, end=Quarter(2026, 4)), id="a year", marks=pytest.mark.slow),
    ],
)
def test_the_best_plan_is_the_best_of_all_plans(study: Study, china: Catalogue, solve: Solve) -> None:
    best = solve(study)
    least = cheapest_by_trial(study, china)
    assert best.objective * MILLION == pytest.approx(least, rel=1e-6)
    assert best.bound * MILLION <= least * (1 + 1e-6)


def test_a_new_site_is_opened_before_its_first_hall(solve: Solve) -> None:
    decision = solve(NEW).decision
    assert min(quarter for _, _, quarter in decision.build) == decision.opened["shaoguan"] + 1
