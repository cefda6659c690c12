"""Spread rows: several replicas at distinct sites, all from the same start; all of them run or none."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.kernel import roomy_part
from scheduler.optimizer.option import NO_PRICE, lead_of, mark_full, price_starts, start_allowed
from scheduler.optimizer.table import BARRED


@roomy_part
def replica_prices(table, tariff, room, c, low, high):
    """[S, T + 1] cost of one replica of row c per site and start in [low, high); NO_PRICE where it does not fit."""
    sites, slots = table.fit.shape[1], table.capacity.shape[2]
    prices = np.full((sites, slots + 1), NO_PRICE)
    buf = np.empty(slots + 1)
    full = np.empty(slots + 1, dtype=np.uint8)
    d = table.rows[c].duration
    for s in range(sites):
        if table.fit[c, s] == BARRED:
            continue
        first = max(low, table.rows[c].release + lead_of(table, c, s))
        count = min(high, table.rows[c].deadline - d + 1) - first
        if count <= 0:
            continue
        price_starts(table, tariff, c, s, first, count, buf)
        length = count + d - 1
        mark_full(table, room, c, s, first, length, full)
        clear = 0
        for k in range(length - 1, -1, -1):
            clear = 0 if full[k] else clear + 1
            if k < count and clear >= d and start_allowed(table, room, c, s, first + k):
                prices[s, first + k] = buf[k]
    return prices


@roomy_part
def shared_room(table, room, c, sites, start):
    """Whether groups and links have room for all replicas together (each alone is known to fit)."""
    n = sites.shape[0]
    group, end = table.rows[c].group, start + table.rows[c].duration
    if group >= 0:
        for r in range(table.demand.shape[1]):
            need = n * table.demand[c, r]
            if need > 0 and room.group[group, r, start:end].min() < need - 1e-9 * (1 + need):
                return False
    return table.rows[c].transfer_end == table.rows[c].transfer_begin or shared_links(
        table, room, c, sites, start
    )


@roomy_part
def shared_links(table, room, c, sites, start):
    """Whether the links have room for the transfers of all replicas together."""
    slots, width = table.capacity.shape[2], table.fit.shape[1]
    held = np.zeros(room.link.shape)
    end = start + table.rows[c].duration
    for s in sites:
        for x in range(table.rows[c].transfer_begin, table.rows[c].transfer_end):
            n = table.transfers[x].slots
            low, high = (start - n, start) if n > 0 else (end, min(slots, end - n))
            at = table.transfers[x].place * width + s
            for k in range(table.route_pointer[at], table.route_pointer[at + 1]):
                link = table.route_link[k]
                for slot in range(low, high):
                    held[link, slot] += table.transfers[x].rate
                    if held[link, slot] > room.link[link, slot] + 1e-9 * (1 + held[link, slot]):
                        return False
    return True


@roomy_part
def cheapest_sites(table, prices, c, start, together, room, sites):
    """Cheapest allowed set of sites for a start, written into `sites`; NO_PRICE when there is none.

    With `together`, sets whose replicas do not fit side by side on links and in groups are passed over.
    """
    n = table.rows[c].replicas
    best = NO_PRICE
    family = table.rows[c].spread
    if family < 0:
        order = np.argsort(prices[:, start], kind="mergesort")
        if n > order.shape[0]:
            return best
        total = 0.0
        for k in range(n):
            total += prices[order[k], start]
        if total < NO_PRICE and (not together or shared_room(table, room, c, order[:n], start)):
            sites[:n] = order[:n]
            best = total
        return best
    for k in range(table.spread_pointer[family], table.spread_pointer[family + 1]):
        group = table.spread_sites[k, :n]
        total = 0.0
        for s in group:
            total += prices[s, start] if s >= 0 else NO_PRICE
        if total < best and (not together or shared_room(table, room, c, group, start)):
            best = total
            sites[:n] = group
    return best


@roomy_part
def price_spread(table, tariff, room, c, limit, together):
    """Cost and start of the cheapest start of spread row c below `limit`, (limit, -1) when there is none.

    Each replica must fit alone; that they fit together is asked only with `together`.
    """
    slots = table.capacity.shape[2]
    prices = replica_prices(table, tariff, room, c, 0, slots)
    sites = np.empty(table.rows[c].replicas, dtype=np.int64)
    best, best_start = limit, -1
    for start in range(table.rows[c].release, table.rows[c].deadline - table.rows[c].duration + 1):
        cost = cheapest_sites(table, prices, c, start, together, room, sites)
        if cost < best:
            best, best_start = cost, start
    return best, best_start


@roomy_part
def write_spread(table, tariff, room, choice, j, c, start, together):
    """Write the runs of job j for the cheapest sites at `start` into the pool of `choice`."""
    prices = replica_prices(table, tariff, room, c, start, start + 1)
    sites = np.empty(table.rows[c].replicas, dtype=np.int64)
    cheapest_sites(table, prices, c, start, together, room, sites)
    begin = choice.run_pointer[j]
    for k in range(sites.shape[0]):
        choice.run_site[begin + k] = sites[k]
        choice.run_start[begin + k] = start
        choice.run_end[begin + k] = start + table.rows[c].duration
    choice.site[j] = sites[0]
