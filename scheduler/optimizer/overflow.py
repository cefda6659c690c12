"""Soft capacities: what it costs to exceed them, so that a search may pass through plans that do not quite fit.

A *wall* is a price per unit and slot above a capacity, in the shape of `Room`. Free room may be negative here.
"""

from __future__ import annotations

from scheduler.optimizer.kernel import part
from scheduler.optimizer.option import lead_of, mark_full, price_starts
from scheduler.optimizer.table import FREE

NEVER = 1e300  # cost of a start that does not even fit alone


@part
def excess_in(row, wall, q, begin, end):
    """What holding q more units in slots begin .. end adds to the cost of overflow of one capacity [CNY]."""
    total = 0.0
    for t in range(begin, end):
        total += wall[t] * (max(0.0, q - row[t]) - max(0.0, -row[t]))
    return total


@part
def excess_beside(table, room, wall, c, s, start):
    """The same for what a run of row c holds beside its site: links, its group and energy quotas."""
    slots, end = table.capacity.shape[2], start + table.rows[c].duration
    total = 0.0
    for x in range(table.rows[c].transfer_begin, table.rows[c].transfer_end):
        n = table.transfers[x].slots
        low, high = (start - n, start) if n > 0 else (end, min(slots, end - n))
        at = table.transfers[x].place * table.fit.shape[1] + s
        for k in range(table.route_pointer[at], table.route_pointer[at + 1]):
            link = table.route_link[k]
            total += excess_in(room.link[link], wall.link[link], table.transfers[x].rate, low, high)
    group = table.rows[c].group
    if group >= 0:
        for r in range(table.demand.shape[1]):
            if table.demand[c, r] > 0:
                total += excess_in(room.group[group, r], wall.group[group, r], table.demand[c, r], start, end)
    for k in range(table.quotas.shape[0]):
        if table.quotas[k].site == s:
            need = table.demand[c, table.quotas[k].resource] * table.quota_weight[k, start:end].sum()
            total += wall.quota[k] * (max(0.0, need - room.quota[k]) - max(0.0, -room.quota[k]))
    return total


@part
def excess_of(table, room, wall, c, s, start):
    """What a run of row c at site s adds to the cost of overflow, everywhere [CNY]."""
    total = excess_beside(table, room, wall, c, s, start)
    for r in range(table.demand.shape[1]):
        q = table.demand[c, r]
        if q > 0:
            total += excess_in(room.site[s, r], wall.site[s, r], q, start, start + table.rows[c].duration)
    return total


@part
def soft_starts(table, base, whole, room, wall, c, s, buf, extra, full):
    """Price every start of plain row c at site s with its overflow there into `buf`; returns (first start, count).

    `whole` is the room of an empty plan: a start that does not fit into that costs NEVER. `extra` and `full` are
    scratch [T + 1].
    """
    d = table.rows[c].duration
    first = table.rows[c].release + lead_of(table, c, s)
    count = table.rows[c].deadline - d - first + 1
    if count <= 0:
        return first, 0
    price_starts(table, base, c, s, first, count, buf)
    length = count + d - 1
    exceeds = False
    for t in range(length):
        extra[t] = 0.0
    for r in range(table.demand.shape[1]):
        q = table.demand[c, r]
        if q <= 0:
            continue
        row = room.site[s, r, first : first + length]
        least = row[0]
        for t in range(1, length):
            least = min(least, row[t])
        if least >= q:
            continue
        exceeds = True
        price = wall.site[s, r, first : first + length]
        for t in range(length):
            extra[t] += price[t] * (max(0.0, q - row[t]) - max(0.0, -row[t]))
    if exceeds:
        held = 0.0
        for t in range(d):
            held += extra[t]
        buf[0] += held
        for t in range(1, count):
            held += extra[t + d - 1] - extra[t - 1]
            buf[t] += held
    if table.fit[c, s] != FREE:
        mark_full(table, whole, c, s, first, length, full)
        clear = 0
        for k in range(length - 1, -1, -1):
            clear = 0 if full[k] else clear + 1
            if k < count and clear < d:
                buf[k] = NEVER
    return first, count
