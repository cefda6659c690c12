"""The capacity model: a mixed-integer program over all futures at once.

Sets: futures w, quarters q, blocks b of the representative days, classes of demand d, sites s, kinds of hall k,
links l, years y. Money is in million CNY, energy in GWh, work in PFLOPS.

First stage, the same in every future:
    build[s, k, q]  halls started                 opened[s, q]  whether a new site is started
    steps[l, q]     steps of a link started
Second stage:
    installed[w, s, k, q]  halls in use           width[w, l, q]  rate of a link
    place[w, q, b, d, s, k]  work                 unmet[w, q, b, d]  work not done
    energy[w, s, y]  facility energy              green[w, s, y]  green energy bought beyond own contracts
    over[w, quota, y]  energy above a quota       idle[w, s, y]  use that is missing from the target

Objective: capital less what is left of it at the end + expected (or, in part, worst-case) cost of the second
stage: running, energy, carbon, network, green premium, energy above quotas, missing use, work not done; all
discounted. The constraints are the functions of constraints.py and rules.py, one each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ortools.math_opt.python import mathopt

from simulations.expansion.capital import link_capital_cny, module_capital_cny, opening_capital_cny
from simulations.expansion.course import Course
from simulations.expansion.decision import Decision
from simulations.expansion.rates import Rates
from simulations.expansion.study import Study

Variable: TypeAlias = mathopt.Variable
MILLION = 1e6
HOURS_PER_YEAR = 8760.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RuleRow:
    """A row of the program that a planner could ask to have relaxed.

    Attributes:
        rule: what rules, as `grid`.
        where: what it holds for, as a site or a site and year.
        unit: one unit of relaxing, as `MW`.
        row: the row.
        room: what one unit adds to its slack.
        room_of: what one unit adds to its slack for each unit of a variable.
    """

    rule: str
    where: str
    unit: str
    row: mathopt.LinearConstraint
    room: float = 0.0
    room_of: Mapping[Variable, float] = field(default_factory=dict)


class ExpansionModel:
    """The program of a study over some courses. Constraints add themselves to it.

    Args:
        study: the question.
        rates: its prices.
        courses: the futures it plans for.
        weights: their probabilities.
    """

    def __init__(
        self, study: Study, rates: Rates, courses: Sequence[Course], weights: Sequence[float]
    ) -> None:
        self.study, self.rates = study, rates
        self.courses, self.weights = tuple(courses), tuple(weights)
        self.program = mathopt.Model(name="expansion")
        self.rows: list[RuleRow] = []
        self.quarters = range(len(study.quarters))
        self.blocks = range(len(rates.day_of_block))
        self.futures = range(len(self.courses))
        self._later: list[list[tuple[Variable, float]]] = [[] for _ in self.courses]
        self._first: list[tuple[Variable, float]] = []
        self._most: dict[Variable, int] = {}
        self._add_first_stage()
        self._add_installed()
        self._add_work()
        self._add_yearly()

    def whole(self, name: str, most: int) -> Variable:
        """A whole number of [0, most], of the first stage."""
        variable = self.program.add_integer_variable(lb=0, ub=most, name=name)
        self._most[variable] = most
        return variable

    def amount(self, name: str, most: float = float("inf")) -> Variable:
        """A number of [0, most]."""
        return self.program.add_variable(lb=0.0, ub=most, name=name)

    def row(
        self,
        terms: Mapping[Variable, float],
        low: float = float("-inf"),
        high: float = float("inf"),
        *,
        name: str,
    ) -> mathopt.LinearConstraint:
        """A row: low <= sum of terms <= high."""
        row = self.program.add_linear_constraint(lb=low, ub=high, name=name)
        for variable, coefficient in terms.items():
            row.set_coefficient(variable, coefficient)
        return row

    def later_cost(self, future: int, variable: Variable, million_cny: float) -> None:
        """Let a variable cost something in one future, in money of the first quarter."""
        if million_cny:
            self._later[future].append((variable, million_cny))

    def hours(self, quarter: int, block: int) -> float:
        """Hours a block stands for [h]."""
        return float(self.rates.block_weight_hours[quarter, block])

    def quarters_of(self, year: int) -> list[int]:
        """Indices of a year's quarters."""
        return [index for index, quarter in enumerate(self.study.quarters) if quarter.year == year]

    def demand_pflops(self, future: int, demand: int, quarter: int, block: int) -> float:
        """Work asked for [PFLOPS]."""
        return float(self.courses[future].pflops[demand, quarter] * self.rates.load[demand, block])

    def flows(self, future: int, quarter: int, block: int, demand: str) -> list[Variable]:
        """Everything that does work of a class."""
        return [
            self.place[future, quarter, block, demand, site, kind]
            for site in self.rates.reach.get(demand, ())
            for kind in self.rates.kinds[demand, site]
        ]

    def minimise(self) -> None:
        """Set the objective from all costs: the mean, or the mean and the worst futures' mean."""
        risk = self.study.risk
        objective = self.program.objective
        objective.is_maximize = False
        coefficients: dict[Variable, float] = {}
        for variable, cost in self._first:
            coefficients[variable] = coefficients.get(variable, 0.0) + cost
        for future, terms in enumerate(self._later):
            share = (1 - risk.weight) * self.weights[future]
            for variable, cost in terms:
                coefficients[variable] = coefficients.get(variable, 0.0) + share * cost
        if risk.weight:
            self._add_worst(coefficients)
        for variable, cost in coefficients.items():
            objective.set_linear_coefficient(variable, cost)

    def _add_worst(self, coefficients: dict[Variable, float]) -> None:
        """Mean of the worst futures: threshold + what exceeds it / (1 - alpha), as Rockafellar and Uryasev."""
        risk = self.study.risk
        threshold = self.program.add_variable(name="threshold")
        coefficients[threshold] = risk.weight
        for future, terms in enumerate(self._later):
            excess = self.amount(f"excess[{self.courses[future].name}]")
            coefficients[excess] = risk.weight * self.weights[future] / (1 - risk.alpha)
            row = {excess: 1.0, threshold: 1.0}
            for variable, cost in terms:
                row[variable] = row.get(variable, 0.0) - cost
            self.row(row, low=0.0, name=f"worst[{self.courses[future].name}]")

    def hold(self, decision: Decision) -> None:
        """Hold the first stage at a decision; the rest may still move."""
        for (site, kind, quarter), variable in self.build.items():
            _hold(variable, decision.build.get((site, kind, quarter), 0))
        for (site, quarter), variable in self.opened.items():
            _hold(variable, int(decision.opened.get(site) == quarter))
        for key, variable in self.steps.items():
            _hold(variable, decision.steps.get(key, 0))

    def release(self, *, whole: bool) -> None:
        """Let the first stage move again, in whole numbers or in fractions."""
        for variable, most in self._most.items():
            variable.lower_bound, variable.upper_bound = 0.0, float(most)
            variable.integer = whole

    def _add_first_stage(self) -> None:
        study, last = self.study, len(self.study.quarters)
        self.build: dict[tuple[str, str, int], Variable] = {}
        self.opened: dict[tuple[str, int], Variable] = {}
        self.steps: dict[tuple[str, int], Variable] = {}
        for offer in study.sites:
            for name in offer.modules:
                kind = study.module(name)
                for quarter in range(last - kind.lead_quarters):
                    variable = self.whole(f"build[{offer.site},{name},{quarter}]", offer.most_per_quarter)
                    self.build[offer.site, name, quarter] = variable
                    self._first.append((variable, module_capital_cny(study, kind, quarter) / MILLION))
            for quarter in range(last - offer.opening_quarters) if offer.opening_cny else ():
                variable = self.whole(f"opened[{offer.site},{quarter}]", 1)
                self.opened[offer.site, quarter] = variable
                self._first.append((variable, opening_capital_cny(study, offer, quarter) / MILLION))
        for link in study.links:
            for quarter in range(last - link.lead_quarters):
                variable = self.whole(f"steps[{link.link},{quarter}]", link.most_steps)
                self.steps[link.link, quarter] = variable
                self._first.append((variable, link_capital_cny(study, link, quarter) / MILLION))

    def _add_installed(self) -> None:
        """Halls in use, and what keeping them costs: running, and the power they draw when empty."""
        self.installed: dict[tuple[int, str, str, int], Variable] = {}
        self.width: dict[tuple[int, str, int], Variable] = {}
        for future in self.futures:
            for (site, name), hall in self.rates.halls.items():
                running = self.study.module(name).running_cny_per_year / 4
                for quarter in self.quarters:
                    variable = self.amount(f"installed[{future},{site},{name},{quarter}]")
                    self.installed[future, site, name, quarter] = variable
                    standing = sum(
                        self.hours(quarter, block) * hall.standing_cny[quarter, block]
                        for block in self.blocks
                    )
                    cost = (running + standing) * self.study.discount(quarter) / MILLION
                    self.later_cost(future, variable, float(cost))
            for link in self.study.links:
                for quarter in self.quarters:
                    self.width[future, link.link, quarter] = self.amount(
                        f"width[{future},{link.link},{quarter}]"
                    )

    def _add_work(self) -> None:
        self.place: dict[tuple[int, int, int, str, str, str], Variable] = {}
        self.unmet: dict[tuple[int, int, int, str], Variable] = {}
        for future in self.futures:
            for quarter in self.quarters:
                discount = self.study.discount(quarter) / MILLION
                for block in self.blocks:
                    factor = self.hours(quarter, block) * discount
                    self._add_work_of_block(future, quarter, block, factor)

    def _add_work_of_block(self, future: int, quarter: int, block: int, factor: float) -> None:
        for each in self.study.demand:
            lost = self.amount(f"unmet[{future},{quarter},{block},{each.name}]")
            self.unmet[future, quarter, block, each.name] = lost
            self.later_cost(future, lost, factor * each.unmet_cny_per_pflops_hour)
            for site in self.rates.reach.get(each.name, ()):
                moving = each.gb_per_pflops_hour * self.rates.network_cny_per_gb[each.name, site]
                for kind in self.rates.kinds[each.name, site]:
                    hall = self.rates.halls[site, kind]
                    flow = self.amount(f"place[{future},{quarter},{block},{each.name},{site},{kind}]")
                    self.place[future, quarter, block, each.name, site, kind] = flow
                    running = hall.energy_cny[quarter, block] + hall.carbon_cny[quarter, block] + moving
                    self.later_cost(future, flow, factor * float(running))

    def _add_yearly(self) -> None:
        """Facility energy of each site and year, which quotas and green shares are counted in."""
        self.energy: dict[tuple[int, str, int], Variable] = {}
        for future in self.futures:
            for offer in self.study.sites:
                for year in self.study.years:
                    self.energy[future, offer.site, year] = self.amount(
                        f"energy[{future},{offer.site},{year}]"
                    )


def _hold(variable: Variable, value: float) -> None:
    variable.integer = False
    variable.lower_bound = variable.upper_bound = float(value)
