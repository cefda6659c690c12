"""Fitting: whether the run of a job has room beside a plan, as `board` lays both out: at its site, in the quota of its
tenant, on the links its data takes and in the energy quotas of the site."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.kernel import part

TOLERANCE = 1e-9  # relative; float sums may miss a full capacity by rounding


@part
def times(ask, v, slots):
    """(duration, first start, last start) of way v, of so many slots; where the last is before the first, no time."""
    run = ask.run[v]
    if run >= slots + 1:
        return slots + 1, 0, -1
    duration = max(int(np.ceil(run - TOLERANCE)), 1)
    return duration, ask.first, min(int(np.floor(ask.end - run + TOLERANCE)), slots - duration)


@part
def measure_moves(ask, s, slots):
    """Write the slots of every transfer to or from a site; returns those of the slowest input."""
    lead = 0
    for x in range(ask.move_row.shape[0]):
        rate = ask.rate[ask.move_row[x], s]
        slots[x] = 0
        if rate < np.inf:
            hours = ask.move_gb[x] * 8 / rate / 3600
            slots[x] = np.int64(min(2.0**31, np.ceil(hours / ask.hours_per_slot - TOLERANCE)))
        if ask.move_in[x]:
            lead = max(lead, slots[x])
    return lead


@part
def links_tight(board, ask, s):
    """Whether a link that all transfers together might cross has less room in any slot than they need."""
    most = 0.0
    for x in range(ask.move_row.shape[0]):
        rate = ask.rate[ask.move_row[x], s]
        if rate < np.inf:
            most += rate
    for x in range(ask.move_row.shape[0]):
        at = ask.move_row[x] * board.room.shape[0] + s
        for k in range(ask.route_pointer[at], ask.route_pointer[at + 1]):
            if board.link_least[ask.route_link[k]] < most:
                return True
    return False


@part
def crossing_rate(ask, s, sites, link, before, offset, slots):
    """Gbit/s of all transfers that hold a link so many slots before the start, or after the end."""
    rate = 0.0
    for x in range(ask.move_row.shape[0]):
        if ask.move_in[x] != before or slots[x] <= offset:
            continue
        at = ask.move_row[x] * sites + s
        for k in range(ask.route_pointer[at], ask.route_pointer[at + 1]):
            if ask.route_link[k] == link:
                rate += ask.rate[ask.move_row[x], s]
    return rate


@part
def links_fit(board, ask, s, start, end, slots):
    """Whether every link has room for all transfers of a run over [start, end) that cross it at once."""
    sites, last = board.room.shape[0], board.room.shape[2]
    for x in range(ask.move_row.shape[0]):
        at = ask.move_row[x] * sites + s
        before = ask.move_in[x]
        for offset in range(slots[x]):
            slot = start - 1 - offset if before else end + offset
            if not 0 <= slot < last:
                break
            for k in range(ask.route_pointer[at], ask.route_pointer[at + 1]):
                link = ask.route_link[k]
                rate = crossing_rate(ask, s, sites, link, before, offset, slots)
                if board.link_room[link, slot] * (1 + TOLERANCE) < rate:
                    return False
    return True


@part
def energy_fits(board, kw, s, start, end):
    """Whether the energy quotas of a site have room for a run of so many kW over [start, end)."""
    for q in range(board.quota_site.shape[0]):
        if board.quota_site[q] == s:
            need = kw * (board.quota_before[q, end] - board.quota_before[q, start])
            if need > board.quota_left[q] * (1 + TOLERANCE):
                return False
    return True


@part
def mark_full(board, ask, v, s, begin, end, full):
    """Set full[t] in slots [begin, end) in which site or quota have no room for way v; say whether any has none."""
    some = False
    for t in range(begin, end):
        full[t] = 0
    for r in range(ask.demand.shape[1]):
        q = ask.demand[v, r]
        if q <= 0:
            continue
        if board.least[s, r] * (1 + TOLERANCE) < q:
            some = True
            for t in range(begin, end):
                full[t] |= board.room[s, r, t] * (1 + TOLERANCE) < q
        for g in range(ask.quota.shape[0]):
            for t in range(begin, end):
                short = ask.quota[g, r, t] * (1 + TOLERANCE) < ask.replicas * q
                some |= short
                full[t] |= short
    return some


@part
def close_starts(full, first, last, duration):
    """Turn marks of full slots into marks of starts [first, last] whose run meets one."""
    clear = 0
    for t in range(last + duration - 1, first - 1, -1):
        clear = 0 if full[t] else clear + 1
        full[t] = clear < duration
