"""Greedy insertion: one job after the other takes its cheapest option that still fits."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.assignment import Assignment, copy_of, nothing_placed
from scheduler.optimizer.choice import Choice, choice_of
from scheduler.optimizer.compound import move_compound
from scheduler.optimizer.cost import base_tariff
from scheduler.optimizer.kernel import kernel, part, scratch
from scheduler.optimizer.occupancy import take_all, take_plain, write_plain
from scheduler.optimizer.option import cheapest_start, least_price
from scheduler.optimizer.prices import Prices, Tariff, tariff_of
from scheduler.optimizer.problem import Floats, Ints, Problem
from scheduler.optimizer.room import Room, empty_room
from scheduler.optimizer.table import BARRED, CHECKED, Table, table_of


@part
def best_option(table, tariff, room, j, limit, buf, full):
    """The cheapest option of job j that fits into `room` and costs less than `limit`: (cost, row, site, start)."""
    best, best_row, best_site, best_start = limit, -1, -1, -1
    for c in range(table.first_row[j], table.first_row[j + 1]):
        for s in range(table.fit.shape[1]):
            if table.fit[c, s] == BARRED or least_price(table, tariff, c, s) >= best:
                continue
            cost, start = cheapest_start(table, tariff, room, c, s, best, CHECKED, buf, full)
            if start >= 0:
                best, best_row, best_site, best_start = cost, c, s, start
    return best, best_row, best_site, best_start


@part
def best_listed(table, tariff, room, shortlist, lane, j, limit, buf, full):
    """`best_option` among the job's shortlist, at sites s with lane[s] != 0."""
    sites = table.fit.shape[1]
    best, best_row, best_site, best_start = limit, -1, -1, -1
    for k in range(shortlist.pair.shape[1]):
        pair = shortlist.pair[j, k]
        if pair < 0 or shortlist.least[j, k] >= best:
            break
        c, s = pair // sites, pair % sites
        if not lane[s]:
            continue
        cost, start = cheapest_start(table, tariff, room, c, s, best, CHECKED, buf, full)
        if start >= 0:
            best, best_row, best_site, best_start = cost, c, s, start
    return best, best_row, best_site, best_start


@kernel
def insert_jobs(table, tariff, room, choice, order, limit, buf, full):
    """Insert the jobs of `order` that are not placed; job j only below limit[j]."""
    for j in order:
        if choice.row[j] >= 0:
            continue
        _, c, s, start = best_option(table, tariff, room, j, limit[j], buf, full)
        if c >= 0:
            write_plain(table, choice, j, c, s, start)
            take_plain(table, room, choice, j, 1.0)


def insert_all(table: Table, tariff: Tariff, room: Room, choice: Choice, order: Ints, limit: Floats) -> None:
    """Insert the jobs of `order`, plain and compound alike, that are not placed; job j only below limit[j]."""
    cuts = np.flatnonzero(table.plain[order] == 0)
    slots = table.capacity.shape[2]
    begin = 0
    for cut in cuts.tolist():
        insert_jobs(table, tariff, room, choice, order[begin:cut], limit, *scratch(slots))
        if choice.row[order[cut]] < 0:
            move_compound(table, tariff, room, choice, order[cut], limit[order[cut]])
        begin = cut + 1
    insert_jobs(table, tariff, room, choice, order[begin:], limit, *scratch(slots))


def insert_in_order(
    problem: Problem, order: Ints, *, prices: Prices | None = None, warm_start: Assignment | None = None
) -> Assignment:
    """Insert jobs one by one, each at its cheapest option that still fits and costs less than its penalty.

    Args:
        problem: the instance.
        order: job numbers, first come first served; jobs not named stay out.
        prices: dual prices added to the base prices when options are compared; none by default.
        warm_start: a feasible assignment to add to; its jobs stay where they are.

    Returns:
        A feasible assignment.
    """
    order = np.asarray(order, dtype=np.int64)
    table = table_of(problem, order)
    assignment = copy_of(warm_start) if warm_start is not None else nothing_placed(problem)
    room, choice = empty_room(table), choice_of(assignment)
    take_all(table, room, choice)
    tariff = tariff_of(table, prices) if prices is not None else base_tariff(table)
    insert_all(table, tariff, room, choice, order, table.penalty)
    return assignment
