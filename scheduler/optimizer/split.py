"""Interruptible rows: the cheapest set of runs at one site, by an exact dynamic programme over time.

idle[t, k]     least cost with k slots worked before slot t and no run open
running[t, k]  the same with a run open that has already lasted its minimum
A run opens over its first min_run slots at once; a later run pays the resume cost. The last worked slot is paid by its
share. Leading transfers sit just before the first run, trailing ones just after the last.
"""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.kernel import roomy_part
from scheduler.optimizer.option import NO_PRICE, lead_of, links_fit, mark_full
from scheduler.optimizer.table import FIT_TOLERANCE

IDLE, OPENED, KEPT = 0, 1, 2  # how a state was reached


@roomy_part
def slot_prices(table, tariff, room, c, s, low, high, price, rebate):
    """Fill the price of working each slot (NO_PRICE where it does not fit) and what a last slot does not pay."""
    slots = table.capacity.shape[2]
    full = np.empty(slots + 1, dtype=np.uint8)
    mark_full(table, room, c, s, low, high - low, full)
    group = table.rows[c].group
    unpaid = 1.0 - table.rows[c].share
    for t in range(low, high):
        price[t] = NO_PRICE if full[t - low] else 0.0
        rebate[t] = 0.0
        for r in range(table.demand.shape[1]):
            q = table.demand[c, r]
            if q > 0:
                price[t] += q * (tariff.total[s, r, t + 1] - tariff.total[s, r, t])
                rebate[t] += unpaid * q * table.base_price[s, r, t]
                if group >= 0:
                    price[t] += q * (tariff.group[group, r, t + 1] - tariff.group[group, r, t])


@roomy_part
def edge_prices(table, tariff, room, c, s, low, high, before, after):
    """Fill what a first run from slot t pays for leading transfers, and a last run to t for trailing ones and lateness.

    NO_PRICE where a link has no room for one of them.
    """
    slots, width = table.capacity.shape[2], table.fit.shape[1]
    for t in range(low, high + 1):
        before[t] = 0.0
        after[t] = table.rows[c].late_cost * max(0, t - table.rows[c].due)
        for x in range(table.rows[c].transfer_begin, table.rows[c].transfer_end):
            n = table.transfers[x].slots
            begin, end = (t - n, t) if n > 0 else (t, min(slots, t - n))
            at = table.transfers[x].place * width + s
            cost = 0.0
            for k in range(table.route_pointer[at], table.route_pointer[at + 1]):
                link = table.route_link[k]
                cost += table.transfers[x].rate * (tariff.link[link, end] - tariff.link[link, max(0, begin)])
                for slot in range(max(0, begin), end):
                    if room.link[link, slot] < table.transfers[x].rate * (1 - FIT_TOLERANCE) - FIT_TOLERANCE:
                        cost = NO_PRICE
            if n > 0:
                before[t] += cost
            else:
                after[t] += cost


@roomy_part
def run_programme(table, tariff, room, c, s):
    """Solve the programme; return (cost, end, low, first step of every state)."""
    slots, d = table.capacity.shape[2], table.rows[c].duration
    shortest = min(table.rows[c].min_run, d)
    low = table.rows[c].release + lead_of(table, c, s)
    high = table.rows[c].deadline
    idle = np.full((slots + 2, d + 1), NO_PRICE)
    running = np.full((slots + 2, d + 1), NO_PRICE)
    kept = np.zeros((slots + 2, d + 1), dtype=np.uint8)
    if high - low < d:
        return NO_PRICE, -1, low, idle, running, kept
    price, rebate = np.empty(slots + 1), np.empty(slots + 1)
    before, after = np.empty(slots + 1), np.empty(slots + 1)
    slot_prices(table, tariff, room, c, s, low, high, price, rebate)
    edge_prices(table, tariff, room, c, s, low, high, before, after)
    best, best_end = NO_PRICE, -1
    for t in range(low, high + 1):
        idle[t, 0] = 0.0
        for k in range(shortest, d):
            if t > low:
                idle[t, k] = min(idle[t - 1, k], running[t, k])
        # A run that is open may close here, or last one slot more.
        if t < high:
            for k in range(shortest, d):
                cost = running[t, k] + price[t]
                if k + 1 == d:
                    cost -= rebate[t]
                if cost < running[t + 1, k + 1]:
                    running[t + 1, k + 1] = cost
                    kept[t + 1, k + 1] = KEPT
        if t + shortest <= high:
            opening = price[t : t + shortest].sum()
            last = rebate[t + shortest - 1]
            for k in range(d - shortest + 1):
                if k > 0 and (k < shortest or idle[t, k] >= NO_PRICE):
                    continue
                cost = opening + (before[t] if k == 0 else idle[t, k] + table.rows[c].resume_cost)
                if k + shortest == d:
                    cost -= last
                if cost < running[t + shortest, k + shortest]:
                    running[t + shortest, k + shortest] = cost
                    kept[t + shortest, k + shortest] = OPENED
        if running[t, d] + after[t] < best:
            best, best_end = running[t, d] + after[t], t
    best += table.rows[c].place_weight * table.place_cost[table.rows[c].place, s]
    return best, best_end, low, idle, running, kept


@roomy_part
def trace_runs(table, c, end, low, idle, running, kept, starts, ends):
    """Runs behind the programme's optimum, latest first; returns their number."""
    d = table.rows[c].duration
    shortest = min(table.rows[c].min_run, d)
    n, t, k = 0, end, d
    while k > 0:
        ends[n] = t
        while kept[t, k] == KEPT:
            t -= 1
            k -= 1
        t -= shortest
        k -= shortest
        starts[n] = t
        n += 1
        if k > 0:
            while idle[t, k] < running[t, k] and t > low:
                t -= 1
    return n


@roomy_part
def quotas_have_room(table, room, c, s, starts, ends, n):
    """Whether the energy quotas of the site have room for all runs together."""
    for q in range(table.quotas.shape[0]):
        if table.quotas[q].site == s:
            need = 0.0
            for k in range(n):
                need += table.quota_weight[q, starts[k] : ends[k]].sum()
            need *= table.demand[c, table.quotas[q].resource]
            if need > room.quota[q] + FIT_TOLERANCE * (1 + need):
                return False
    return True


@roomy_part
def price_split(table, tariff, room, c, s, limit, together):
    """Cost and first slot of the cheapest set of runs of row c at site s below `limit`, else (limit, -1).

    With `together`, transfers and quotas of the whole set are checked once it is found: a set that breaks them counts
    as none. That may pass over a dearer set that fits, so a bound must be priced without.
    """
    cost, end, low, idle, running, kept = run_programme(table, tariff, room, c, s)
    if not cost < limit:
        return limit, -1
    most = table.rows[c].duration // min(table.rows[c].min_run, table.rows[c].duration) + 1
    starts, ends = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    n = trace_runs(table, c, end, low, idle, running, kept, starts, ends)
    if not together:
        return cost, starts[n - 1]
    if not links_fit(table, room, c, s, starts[n - 1], ends[0]) or not quotas_have_room(
        table, room, c, s, starts, ends, n
    ):
        return limit, -1
    return cost, starts[n - 1]


@roomy_part
def write_split(table, tariff, room, choice, j, c, s):
    """Write the cheapest runs of job j at site s into the pool of `choice`, earliest first."""
    _, end, low, idle, running, kept = run_programme(table, tariff, room, c, s)
    begin = choice.run_pointer[j]
    most = choice.run_pointer[j + 1] - begin
    starts, ends = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    n = trace_runs(table, c, end, low, idle, running, kept, starts, ends)
    for k in range(n):
        choice.run_site[begin + k] = s
        choice.run_start[begin + k] = starts[n - 1 - k]
        choice.run_end[begin + k] = ends[n - 1 - k]
    choice.start[j] = starts[n - 1]
    choice.end[j] = ends[0]
