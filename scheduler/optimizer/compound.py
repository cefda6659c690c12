"""Jobs with split or spread rows: priced, inserted and moved by kernels of their own, so that plain jobs stay fast."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.kernel import roomy_kernel, roomy_part
from scheduler.optimizer.occupancy import take_choice
from scheduler.optimizer.option import cheapest_start, least_price
from scheduler.optimizer.split import price_split, write_split
from scheduler.optimizer.spread import price_spread, write_spread
from scheduler.optimizer.table import BARRED, CHECKED, PLAIN, SPLIT, SPREAD


@roomy_part
def price_option(table, tariff, room, c, s, limit, fit, together, buf, full):
    """Cost and start of the cheapest option of row c at site s below `limit`; of a spread row, at any sites.

    `together` asks the runs or replicas to fit side by side on links, in groups and in quotas. Only the cheapest are
    looked at, so a price that proves a bound must be asked for without it.
    """
    if table.rows[c].kind == PLAIN:
        return cheapest_start(table, tariff, room, c, s, limit, fit, buf, full)
    if table.rows[c].kind == SPLIT:
        return price_split(table, tariff, room, c, s, limit, together)
    return price_spread(table, tariff, room, c, limit, together)


@roomy_part
def write_option(table, tariff, room, choice, j, c, s, start, together):
    """Make (row c, site s, start) the choice of job j; negative c leaves it out."""
    choice.row[j] = c
    choice.site[j] = s if c >= 0 else -1
    choice.start[j] = start if c >= 0 else -1
    choice.end[j] = start + table.rows[c].duration if c >= 0 else -1
    choice.run_site[choice.run_pointer[j] : choice.run_pointer[j + 1]] = -1
    if c >= 0 and table.rows[c].kind == SPLIT:
        write_split(table, tariff, room, choice, j, c, s)
    elif c >= 0 and table.rows[c].kind == SPREAD:
        write_spread(table, tariff, room, choice, j, c, start, together)


@roomy_part
def best_compound(table, tariff, room, j, limit, checked, buf, full):
    """The cheapest option of job j below `limit`: (cost, row, site, start); row -1 when there is none.

    `checked` asks every option to fit into `room`; without it, the price is a lower bound of what fits.
    """
    best, best_row, best_site, best_start = limit, -1, -1, -1
    for c in range(table.first_row[j], table.first_row[j + 1]):
        for s in range(table.fit.shape[1]):
            fit = table.fit[c, s]
            if fit == BARRED or (table.rows[c].kind != SPLIT and least_price(table, tariff, c, s) >= best):
                continue
            cost, start = price_option(
                table, tariff, room, c, s, best, CHECKED if checked else fit, checked, buf, full
            )
            if start >= 0:
                best, best_row, best_site, best_start = cost, c, s, start
            if table.rows[c].kind == SPREAD:
                break
    return best, best_row, best_site, best_start


@roomy_kernel
def price_compounds(table, tariff, room, jobs, begin, stop, checked, value, choice):
    """Write value[j] = min(penalty, cheapest option) and the choice behind it for jobs[begin:stop].

    `checked` as in `best_compound`: false where the value enters a bound, true where the option must fit.
    """
    slots = table.capacity.shape[2]
    buf = np.empty(slots + 1)
    full = np.empty(slots + 1, dtype=np.uint8)
    for i in range(begin, stop):
        j = jobs[i]
        cost, c, s, start = best_compound(table, tariff, room, j, table.penalty[j], checked, buf, full)
        value[j] = cost
        write_option(table, tariff, room, choice, j, c, s, start, checked)


@roomy_kernel
def move_compound(table, tariff, room, choice, j, limit):
    """Take job j out and put it where it is cheapest below `limit`; returns the change of the supply's cost [CNY]."""
    slots = table.capacity.shape[2]
    buf = np.empty(slots + 1)
    full = np.empty(slots + 1, dtype=np.uint8)
    supplied = take_choice(table, room, choice, j, -1.0)
    _, c, s, start = best_compound(table, tariff, room, j, limit, True, buf, full)
    write_option(table, tariff, room, choice, j, c, s, start, True)
    return supplied + take_choice(table, room, choice, j, 1.0)
