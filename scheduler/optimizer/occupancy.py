"""Taking and giving back room: the one place where a plan's choices meet the free capacity."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.kernel import kernel, part
from scheduler.optimizer.table import PLAIN, SPLIT, SPREAD


@part
def supply_cost(table, s, t, held):
    """Least cost of supplying `held` units at site s in slot t [CNY]; steps are sorted by price."""
    cost, left = 0.0, held
    for k in range(table.supply_price.shape[1]):
        drawn = min(left, table.supply_size[s, k, t])
        if drawn <= 0:
            continue
        cost += drawn * table.supply_price[s, k, t]
        left -= drawn
    return cost


@part
def take_run(table, room, c, s, start, end, sign):
    """Take (sign 1) or give back (-1) one run; returns the change of the supply's cost [CNY]."""
    group = table.rows[c].group
    supplied = 0.0
    for r in range(table.demand.shape[1]):
        q = sign * table.demand[c, r]
        if q == 0:
            continue
        row = room.site[s, r]
        if r == table.supply_resource:
            for t in range(start, end):
                held = table.capacity[s, r, t] - row[t]
                supplied += supply_cost(table, s, t, held + q) - supply_cost(table, s, t, held)
        for t in range(start, end):
            row[t] -= q
        if group >= 0:
            for t in range(start, end):
                room.group[group, r, t] -= q
    for k in range(table.quotas.shape[0]):
        if table.quotas[k].site == s:
            weight = table.quota_weight[k, start:end].sum()
            room.quota[k] -= sign * table.demand[c, table.quotas[k].resource] * weight
    return supplied


@part
def take_transfers(table, room, c, s, start, end, sign):
    """Take (sign 1) or give back (-1) the links that the transfers of a run hold."""
    slots = table.capacity.shape[2]
    for x in range(table.rows[c].transfer_begin, table.rows[c].transfer_end):
        n = table.transfers[x].slots
        low, high = (start - n, start) if n > 0 else (end, min(slots, end - n))
        at = table.transfers[x].place * table.fit.shape[1] + s
        for k in range(table.route_pointer[at], table.route_pointer[at + 1]):
            row = room.link[table.route_link[k]]
            for t in range(low, high):
                row[t] -= sign * table.transfers[x].rate


@part
def take_plain(table, room, choice, j, sign):
    """`take_choice` of a job of plain rows only."""
    c = choice.row[j]
    if c < 0:
        return 0.0
    take_transfers(table, room, c, choice.site[j], choice.start[j], choice.end[j], sign)
    return take_run(table, room, c, choice.site[j], choice.start[j], choice.end[j], sign)


@part
def write_plain(table, choice, j, c, s, start):
    """Make (row c, site s, start) the choice of a plain job; negative c leaves it out."""
    choice.row[j], choice.site[j], choice.start[j] = c, s, start
    choice.end[j] = start + table.rows[c].duration if c >= 0 else -1


@part
def take_choice(table, room, choice, j, sign):
    """Take (sign 1) or give back (-1) everything that job j holds; returns the change of the supply's cost [CNY]."""
    c = choice.row[j]
    if c < 0:
        return 0.0
    if table.rows[c].kind == PLAIN:
        take_transfers(table, room, c, choice.site[j], choice.start[j], choice.end[j], sign)
        return take_run(table, room, c, choice.site[j], choice.start[j], choice.end[j], sign)
    supplied = 0.0
    if table.rows[c].kind == SPLIT:
        take_transfers(table, room, c, choice.site[j], choice.start[j], choice.end[j], sign)
    for k in range(choice.run_pointer[j], choice.run_pointer[j + 1]):
        s = choice.run_site[k]
        if s < 0:
            continue
        supplied += take_run(table, room, c, s, choice.run_start[k], choice.run_end[k], sign)
        if table.rows[c].kind == SPREAD:
            take_transfers(table, room, c, s, choice.run_start[k], choice.run_end[k], sign)
    return supplied


@kernel
def take_all(table, room, choice):
    """Take the room of every placed job; returns the supply's cost [CNY]."""
    supplied = 0.0
    for j in range(choice.row.shape[0]):
        supplied += take_choice(table, room, choice, j, 1.0)
    return supplied


@kernel
def least_room(room):
    """The smallest free amount anywhere: below -tolerance, a capacity is exceeded."""
    least = np.inf
    for values in (room.site, room.group):
        for i in range(values.shape[0]):
            for j in range(values.shape[1]):
                for t in range(values.shape[2]):
                    least = min(least, values[i, j, t])
    for link in range(room.link.shape[0]):
        for t in range(room.link.shape[1]):
            least = min(least, room.link[link, t])
    for q in range(room.quota.shape[0]):
        least = min(least, room.quota[q])
    return least
