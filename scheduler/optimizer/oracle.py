"""The pricing oracle: every job alone chooses its cheapest option at given prices, and what they would use together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scheduler.optimizer.choice import Choice
from scheduler.optimizer.compound import price_compounds
from scheduler.optimizer.fall import BELOW, Fall, lower_floor
from scheduler.optimizer.kernel import kernel, part, scratch
from scheduler.optimizer.lanes import Lanes
from scheduler.optimizer.option import least_start
from scheduler.optimizer.prices import Tariff
from scheduler.optimizer.problem import Floats, Ints
from scheduler.optimizer.room import Room
from scheduler.optimizer.table import BARRED, PLAIN, SPLIT, SPREAD, Table


class Use(NamedTuple):
    """What choices hold together: `site` [S, R, T + 1], `link` [L, T + 1], `group` [G, R, T + 1]; last slot 0."""

    site: Floats
    link: Floats
    group: Floats


@kernel
def price_jobs(table, tariff, room, fall, jobs, begin, stop, value, choice, floor, buf, full):
    """Write value[j] = min(penalty, cheapest option) and the choice behind it for the plain jobs of jobs[begin:stop].

    The choice of the pass before, still in `choice`, is priced first: at nearly the same prices it prunes most sites.
    `floor` [C, S] is what no start costs less than at the prices of the pass before, and is brought up to date.
    """
    for i in range(begin, stop):
        j = jobs[i]
        if not table.plain[j]:
            continue
        best, best_row, best_site, best_start = table.penalty[j], -1, -1, -1
        for c in range(table.first_row[j], table.first_row[j + 1]):
            lower_floor(table, fall, c, floor[c])
        hint, at = choice.row[j], choice.site[j]
        if hint >= 0:
            low, cost, start = least_start(
                table, tariff, room, hint, at, best, table.fit[hint, at], buf, full
            )
            floor[hint, at] = low * BELOW
            if start >= 0:
                best, best_row, best_site, best_start = cost, hint, at, start
        for c in range(table.first_row[j], table.first_row[j + 1]):
            for s in range(table.fit.shape[1]):
                if floor[c, s] >= best or table.fit[c, s] == BARRED or (c == hint and s == at):
                    continue
                low, cost, start = least_start(table, tariff, room, c, s, best, table.fit[c, s], buf, full)
                floor[c, s] = low * BELOW
                if start >= 0:
                    best, best_row, best_site, best_start = cost, c, s, start
        value[j] = best
        choice.row[j], choice.site[j], choice.start[j] = best_row, best_site, best_start
        choice.end[j] = best_start + table.rows[best_row].duration if best_row >= 0 else -1


@part
def add_run(table, use, c, s, start, end, weight):
    """Add one run of row c, `weight` times, to the differences in `use`."""
    group = table.rows[c].group
    for r in range(table.demand.shape[1]):
        q = weight * table.demand[c, r]
        if q == 0:
            continue
        use.site[s, r, start] += q
        use.site[s, r, end] -= q
        if group >= 0:
            use.group[group, r, start] += q
            use.group[group, r, end] -= q


@part
def add_transfers(table, use, c, s, start, end, weight):
    """Add the transfers of row c, `weight` times, to the differences in `use`."""
    slots = table.capacity.shape[2]
    for x in range(table.rows[c].transfer_begin, table.rows[c].transfer_end):
        n = table.transfers[x].slots
        low, high = (start - n, start) if n > 0 else (end, min(slots, end - n))
        at = table.transfers[x].place * table.fit.shape[1] + s
        for k in range(table.route_pointer[at], table.route_pointer[at + 1]):
            use.link[table.route_link[k], low] += weight * table.transfers[x].rate
            use.link[table.route_link[k], high] -= weight * table.transfers[x].rate


@kernel
def add_choices(table, choice, jobs, weight, use):
    """Fill `use` with what the choices of `jobs` hold; job jobs[i] counts weight[i] times."""
    for i in range(jobs.shape[0]):
        j = jobs[i]
        c = choice.row[j]
        if c < 0:
            continue
        if table.rows[c].kind == PLAIN:
            add_run(table, use, c, choice.site[j], choice.start[j], choice.end[j], weight[i])
            add_transfers(table, use, c, choice.site[j], choice.start[j], choice.end[j], weight[i])
            continue
        if table.rows[c].kind == SPLIT:
            add_transfers(table, use, c, choice.site[j], choice.start[j], choice.end[j], weight[i])
        for k in range(choice.run_pointer[j], choice.run_pointer[j + 1]):
            if choice.run_site[k] >= 0:
                add_run(table, use, c, choice.run_site[k], choice.run_start[k], choice.run_end[k], weight[i])
                if table.rows[c].kind == SPREAD:
                    add_transfers(
                        table, use, c, choice.run_site[k], choice.run_start[k], choice.run_end[k], weight[i]
                    )
    for s in range(use.site.shape[0]):
        for r in range(use.site.shape[1]):
            for t in range(1, use.site.shape[2]):
                use.site[s, r, t] += use.site[s, r, t - 1]
    for link in range(use.link.shape[0]):
        for t in range(1, use.link.shape[1]):
            use.link[link, t] += use.link[link, t - 1]
    for g in range(use.group.shape[0]):
        for r in range(use.group.shape[1]):
            for t in range(1, use.group.shape[2]):
                use.group[g, r, t] += use.group[g, r, t - 1]


def use_of(table: Table, choice: Choice, jobs: Ints, weight: Floats) -> Use:
    """What the choices of `jobs` hold together, job jobs[i] counted weight[i] times."""
    sites, resources, slots = table.capacity.shape
    use = Use(
        np.zeros((sites, resources, slots + 1)),
        np.zeros((len(table.link_capacity), slots + 1)),
        np.zeros((len(table.group_capacity), resources, slots + 1)),
    )
    add_choices(table, choice, jobs, weight, use)
    return use


def price_all(
    table: Table, tariff: Tariff, room: Room, fall: Fall, jobs: Ints, value: Floats, choice: Choice, floor: np.ndarray,
    lanes: Lanes,
) -> None:  # fmt: skip
    """`price_jobs` over all of `jobs` on every lane; the result does not depend on the number of threads."""
    slots = table.capacity.shape[2]
    lanes.over_range(
        len(jobs),
        lambda a, b: price_jobs(table, tariff, room, fall, jobs, a, b, value, choice, floor, *scratch(slots)),
    )
    compounds = jobs[table.plain[jobs] == 0]
    if len(compounds):
        lanes.over_range(
            len(compounds),
            lambda a, b: price_compounds(table, tariff, room, compounds, a, b, False, value, choice),
        )
