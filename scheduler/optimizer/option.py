"""One (row, site): its window, the price of each of its starts, and which of them fit.

Compiled; the innermost arithmetic of the optimizer. No fast-math: what is summed here enters the proven bound.
"""

from __future__ import annotations

from scheduler.optimizer.kernel import part
from scheduler.optimizer.table import FIT_TOLERANCE, FREE

NO_PRICE = 1e300  # above any cost, below inf


@part
def lead_of(table, c, s):
    """Slots that the longest leading transfer of row c to site s takes."""
    lead = 0
    for x in range(table.rows[c].transfer_begin, table.rows[c].transfer_end):
        if table.transfers[x].slots > lead:
            at = table.transfers[x].place * table.fit.shape[1] + s
            if table.route_pointer[at + 1] > table.route_pointer[at]:
                lead = table.transfers[x].slots
    return lead


@part
def price_links(table, tariff, c, s, first, count, buf):
    """Add the price of transfers to `buf`, for starts first .. first + count."""
    slots = table.capacity.shape[2]
    for x in range(table.rows[c].transfer_begin, table.rows[c].transfer_end):
        n = table.transfers[x].slots
        at = table.transfers[x].place * table.fit.shape[1] + s
        for k in range(table.route_pointer[at], table.route_pointer[at + 1]):
            link = table.route_link[k]
            if not tariff.link_priced[link]:
                continue
            row = tariff.link[link]
            rate = table.transfers[x].rate
            if n > 0:
                for t in range(count):
                    buf[t] += rate * (row[first + t] - row[first + t - n])
            else:
                end = first + table.rows[c].duration
                for t in range(count):
                    buf[t] += rate * (row[min(slots, end + t - n)] - row[end + t])


@part
def price_starts(table, tariff, c, s, first, count, buf):
    """Write the cost of row c at site s for starts first .. first + count into `buf` at the prices of the tariff."""
    d = table.rows[c].duration
    fixed = table.rows[c].place_weight * table.place_cost[table.rows[c].place, s]
    for t in range(count):
        buf[t] = fixed
    unpaid = 1.0 - table.rows[c].share
    group = table.rows[c].group
    for r in range(table.demand.shape[1]):
        q = table.demand[c, r]
        if q <= 0:
            continue
        ends = tariff.total[s, r, first + d : first + d + count]
        starts = tariff.total[s, r, first : first + count]
        for t in range(count):
            buf[t] += q * (ends[t] - starts[t])
        if unpaid > 0:
            last = table.base_price[s, r, first + d - 1 : first + d - 1 + count]
            for t in range(count):
                buf[t] -= unpaid * q * last[t]
        if group >= 0:
            row = tariff.group[group, r]
            for t in range(count):
                buf[t] += q * (row[first + d + t] - row[first + t])
    price_links(table, tariff, c, s, first, count, buf)
    late = table.rows[c].late_cost
    if late > 0:
        on_time = table.rows[c].due - d - first
        for t in range(max(0, on_time + 1), count):
            buf[t] += late * (t - on_time)


@part
def least_price(table, tariff, c, s):
    """A lower bound of every start's cost, in O(resources)."""
    d = table.rows[c].duration
    share = table.rows[c].share
    value = table.rows[c].place_weight * table.place_cost[table.rows[c].place, s]
    if share == 1.0:
        for r in range(table.demand.shape[1]):
            value += table.demand[c, r] * tariff.floor[s, d, r]
    else:
        for r in range(table.demand.shape[1]):
            value += table.demand[c, r] * (
                share * tariff.floor[s, d, r] + (1 - share) * tariff.floor[s, d - 1, r]
            )
    return value


@part
def mark_full(table, room, c, s, first, length, full):
    """Set full[k] where slot first + k has no room for row c at site s; say whether any has none."""
    for k in range(length):
        full[k] = 0
    group = table.rows[c].group
    for r in range(table.demand.shape[1]):
        q = table.demand[c, r]
        if q <= 0:
            continue
        q -= FIT_TOLERANCE * (1 + q)
        row = room.site[s, r, first : first + length]
        for k in range(length):
            full[k] |= row[k] < q
        if group >= 0:
            row = room.group[group, r, first : first + length]
            for k in range(length):
                full[k] |= row[k] < q


@part
def rate_with_siblings(table, c, s, link, slot, start, end):
    """Gbit/s that all transfers of row c put on a link in a slot."""
    total = 0.0
    for y in range(table.rows[c].transfer_begin, table.rows[c].transfer_end):
        n = table.transfers[y].slots
        if (n > 0 and start - n <= slot < start) or (n < 0 and end <= slot < end - n):
            at = table.transfers[y].place * table.fit.shape[1] + s
            for k in range(table.route_pointer[at], table.route_pointer[at + 1]):
                if table.route_link[k] == link:
                    total += table.transfers[y].rate
    return total


@part
def links_fit(table, room, c, s, start, end):
    """Whether every transfer of row c finds room on every link of its route."""
    begin, stop = table.rows[c].transfer_begin, table.rows[c].transfer_end
    slots = table.capacity.shape[2]
    for x in range(begin, stop):
        n = table.transfers[x].slots
        low, high = (start - n, start) if n > 0 else (end, min(slots, end - n))
        at = table.transfers[x].place * table.fit.shape[1] + s
        for k in range(table.route_pointer[at], table.route_pointer[at + 1]):
            link = table.route_link[k]
            for slot in range(low, high):
                rate = table.transfers[x].rate
                if stop - begin > 1:
                    rate = rate_with_siblings(table, c, s, link, slot, start, end)
                if room.link[link, slot] < rate * (1 - FIT_TOLERANCE) - FIT_TOLERANCE:
                    return False
    return True


@part
def quotas_fit(table, room, c, s, start, end):
    """Whether the energy quotas of the site have room for a run of row c over [start, end)."""
    for q in range(table.quotas.shape[0]):
        if table.quotas[q].site == s:
            need = table.demand[c, table.quotas[q].resource] * table.quota_weight[q, start:end].sum()
            if need > room.quota[q] + FIT_TOLERANCE * (1 + need):
                return False
    return True


@part
def start_allowed(table, room, c, s, start):
    """Whether a start that fits the site's capacities also fits its mask, links and quotas."""
    mask = table.rows[c].mask
    if mask >= 0 and not table.masks[mask, s, start]:
        return False
    end = start + table.rows[c].duration
    if table.rows[c].transfer_end > table.rows[c].transfer_begin and not links_fit(
        table, room, c, s, start, end
    ):
        return False
    return table.quotas.shape[0] == 0 or quotas_fit(table, room, c, s, start, end)


@part
def least_start(table, tariff, room, c, s, limit, fit, buf, full):
    """The cheapest start of a plain row c at site s that costs less than `limit`, and what none there is below.

    With `fit` FREE every start of the window is priced, with anything else only those for which `room` has space.
    `buf` and `full` are scratch [T + 1]. Returns (floor, cost, start), or (floor, limit, -1); the earliest of equal
    starts. No start costs less than the floor.
    """
    d = table.rows[c].duration
    first = table.rows[c].release + lead_of(table, c, s)
    count = table.rows[c].deadline - d - first + 1
    if count <= 0:
        return NO_PRICE, limit, -1
    price_starts(table, tariff, c, s, first, count, buf)
    least = buf[0]
    for t in range(1, count):
        least = min(least, buf[t])
    if not least < limit:
        return least, limit, -1
    if fit == FREE:
        for t in range(count):
            if buf[t] == least:
                return least, least, first + t
    length = count + d - 1
    mark_full(table, room, c, s, first, length, full)
    best, best_start, clear = limit, -1, 0
    for k in range(length - 1, -1, -1):
        clear = 0 if full[k] else clear + 1
        if k >= count or clear < d or buf[k] > best or (buf[k] == best and best_start < 0):
            continue
        if start_allowed(table, room, c, s, first + k):
            best, best_start = buf[k], first + k
    return best, best, best_start


@part
def cheapest_start(table, tariff, room, c, s, limit, fit, buf, full):
    """`least_start` without its floor: (cost, start), or (limit, -1)."""
    _, cost, start = least_start(table, tariff, room, c, s, limit, fit, buf, full)
    return cost, start
