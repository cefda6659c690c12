"""What a plan truly costs: base prices only, no dual prices."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.assignment import Assignment
from scheduler.optimizer.choice import choice_of
from scheduler.optimizer.kernel import kernel, part
from scheduler.optimizer.occupancy import take_all
from scheduler.optimizer.option import price_starts
from scheduler.optimizer.prices import Tariff, tariff_of, zero_prices
from scheduler.optimizer.problem import Floats, Problem
from scheduler.optimizer.room import empty_room
from scheduler.optimizer.table import PLAIN, SPLIT, Table, table_of


@part
def run_cost(table, tariff, c, s, start, end, last):
    """Cost of holding row c over one run of a split job; its last run pays the last slot by its share."""
    cost = 0.0
    for r in range(table.demand.shape[1]):
        q = table.demand[c, r]
        if q > 0:
            cost += q * (tariff.total[s, r, end] - tariff.total[s, r, start])
            if last:
                cost -= (1.0 - table.rows[c].share) * q * table.base_price[s, r, end - 1]
    return cost


@part
def choice_cost(table, base, choice, j, buf):
    """Cost of job j's choice at base prices, or its penalty [CNY]; the supply's steps are counted elsewhere."""
    c = choice.row[j]
    if c < 0:
        return table.penalty[j]
    if table.rows[c].kind == PLAIN:
        price_starts(table, base, c, choice.site[j], choice.start[j], 1, buf)
        return buf[0]
    cost, runs = 0.0, 0
    for k in range(choice.run_pointer[j], choice.run_pointer[j + 1]):
        s = choice.run_site[k]
        if s < 0:
            continue
        if table.rows[c].kind == SPLIT:
            last = choice.run_end[k] == choice.end[j]
            cost += run_cost(table, base, c, s, choice.run_start[k], choice.run_end[k], last)
            runs += 1
        else:
            price_starts(table, base, c, s, choice.run_start[k], 1, buf)
            cost += buf[0]
    if table.rows[c].kind == SPLIT:
        cost += table.rows[c].place_weight * table.place_cost[table.rows[c].place, choice.site[j]]
        cost += table.rows[c].late_cost * max(0, choice.end[j] - table.rows[c].due) + table.rows[
            c
        ].resume_cost * (runs - 1)
    return cost


@kernel
def choice_costs(table, base, choice, out, buf):
    """`choice_cost` of every job into `out` [J]."""
    for j in range(out.shape[0]):
        out[j] = choice_cost(table, base, choice, j, buf)


def base_tariff(table: Table) -> Tariff:
    """The tariff of base prices alone (a convex supply is not in it)."""
    free = zero_prices(table)
    if free.supply.size:
        free.supply[:] = 0.0
    return tariff_of(table, free)


def job_costs(problem: Problem, assignment: Assignment) -> Floats:
    """Cost of every job's choice, or its penalty where it is not placed [J, CNY].

    A convex supply is shared between jobs and not in here: see `supply_cost_of`.
    """
    table = table_of(problem)
    return costs_at(table, base_tariff(table), problem, assignment)


def costs_at(table: Table, base: Tariff, problem: Problem, assignment: Assignment) -> Floats:
    """`job_costs` of a problem whose table and base tariff are known."""
    out = np.empty(problem.jobs)
    choice_costs(table, base, choice_of(assignment), out, np.empty(1))
    out[assignment.row < 0] = problem.penalty[assignment.row < 0]
    return out


def supply_cost_of(problem: Problem, assignment: Assignment) -> float:
    """What drawing the supply steps costs under the plan [CNY]; 0 without a convex supply."""
    table = table_of(problem)
    return float(take_all(table, empty_room(table), choice_of(assignment)))
