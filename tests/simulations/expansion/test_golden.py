"""One hall, two quarters, worked by hand: docs/capacity.md shows the same sum."""

from dataclasses import replace
from datetime import datetime

import pytest

from pricing import build_price_book
from simulations.expansion import Quarter, expand
from simulations.expansion.study import Study
from tests.simulations.expansion.tiny import HALL, TINY, WORK, future, site
from topology import CHINA_TIME, Catalogue, Horizon, Network

# One site with a hall in it, and one more to be had a quarter later; demand of two halls throughout.
STUDY: Study = replace(
    TINY,
    end=Quarter(2026, 2),
    sites=(site("zhongwei", existing={"hall": 1}, most_per_quarter=1),),
    demand=(replace(WORK, pflops=640.0, growth_per_year=0.0),),
    futures=(future("only", 1.0, 1.0),),
    carbon_cny_per_t=100.0,
)
HOURS = (90 * 24, 91 * 24)
IT_KW = 1000 * 0.4 * 1.06  # accelerators, kW each, wall power over rated power
PFLOPS = 1000 * 320 / 1000  # accelerators, TFLOPS each


def energy_cny_per_kwh(china: Catalogue, month: int) -> tuple[float, float]:
    """Price of a kWh with its carbon, times PUE and by itself, in the mean of the month's day."""
    day = Horizon(start=datetime(2026, month, 15, tzinfo=CHINA_TIME), slots=24, slot_minutes=60)
    book = build_price_book(china, day)
    row = book.row("zhongwei")
    price = book.power_cny_per_kwh[row] + book.carbon_g_per_kwh[row] / 1e6 * 100
    return float((price * book.pue_marginal[row]).mean()), float(price.mean())


def test_a_hall_for_one_quarter_costs_what_the_sum_says(china: Catalogue) -> None:
    plan = expand(STUDY, china, gap=0.0)
    per_gb = Network(china).route("shanghai", "zhongwei").price_cny_per_gb
    now = (1.0, 1.05**-0.25, 1.05**-0.5)
    total = 100e6 - 100e6 * (1 - 0.5 / 5) * now[2]  # paid at once; half a year of five is gone at the end
    for quarter, halls in enumerate((1, 2)):
        with_pue, plain = energy_cny_per_kwh(china, 3 * quarter + 2)
        running = halls * 4e6 / 4
        work = halls * PFLOPS * HOURS[quarter]
        energy = halls * IT_KW * (with_pue + 0.05 * plain) * HOURS[quarter]
        unmet = (640 - halls * PFLOPS) * HOURS[quarter] * 40
        total += now[quarter] * (running + energy + work * 1.0 * per_gb + unmet)
    assert plan.decision.build == {("zhongwei", "hall", 0): 1}
    assert plan.objective_cny == pytest.approx(total, rel=1e-9)
    assert plan.solver_cny == pytest.approx(total, rel=1e-6)


def test_one_more_hall_is_worth_what_it_would_serve(china: Catalogue) -> None:
    """In the first quarter one PFLOPS more would save its unmet work less its own cost."""
    plan = expand(STUDY, china, gap=0.0)
    per_gb = Network(china).route("shanghai", "zhongwei").price_cny_per_gb
    with_pue, _ = energy_cny_per_kwh(china, 2)
    saving = HOURS[0] * (40 - IT_KW / PFLOPS * with_pue - per_gb)
    value = next(each for each in plan.marginals if each.rule == "halls")
    # In the second quarter everything is served by two full halls: one PFLOPS more has nothing to do, or all to do
    # at the edge of the demand, so its dual lies between 0 and the same saving there.
    assert saving * 0.999 <= value.held_cny <= saving * 2.2


def test_capital_is_left_out_when_it_would_come_too_late(china: Catalogue) -> None:
    late = replace(STUDY, modules=(replace(HALL, lead_quarters=2),))
    assert expand(late, china, gap=0.0).decision.build == {}
