"""The board: what a plan leaves, laid out so that one job after another is priced against it in microseconds.

A job's options are (way, site, start). None is listed: sites are opened in order of the least they could cost, and
closed as soon as enough sites are known that cost less. The same parts say which starts fit and what their room is
worth where every option is wanted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scheduler.optimizer.fitting import (
    TOLERANCE,
    close_starts,
    energy_fits,
    links_fit,
    links_tight,
    mark_full,
    measure_moves,
    times,
)
from scheduler.optimizer.kernel import kernel, part
from scheduler.optimizer.problem import Bools, Floats, Ints

TIE = 1 - 1e-12  # what saves less than this is rounding: the earlier start stays
NO_PRICE = np.inf


class Board(NamedTuple):
    """Room, costs and worth of every (site, slot).

    `room` [S, R, T] units left, `least` and `most` [S, R] of them in any slot; `link_room` [L, T] Gbit/s and
    `link_least` [L]; `unit` [2, S, T] CNY of energy and kg of carbon of one kW of IT power (the last resource) held for
    a slot, and `unit_before` [2, S, T + 1] sums of them; `sunny` [S, T] slots that are paid whole; `floor` [K, T, S]
    the least a kW costs in slots t .. t + 2^k - 1 as the policy weighs it; `worth` [S, R, T + 1] and `link_worth`
    [L, T + 1] sums of shadow prices; `weight` of energy [CNY], carbon [kg] and network [CNY], and the carbon price
    [CNY/kg]; `quota_site` [Q], `quota_before` [Q, T + 1] sums of what one kW counts in an energy quota, and
    `quota_left` [Q].
    """

    room: Floats
    least: Floats
    most: Floats
    link_room: Floats
    link_least: Floats
    unit: Floats
    unit_before: Floats
    sunny: Bools
    floor: Floats
    worth: Floats
    link_worth: Floats
    weight: Floats
    quota_site: Ints
    quota_before: Floats
    quota_left: Floats


class Ask(NamedTuple):
    """One job: V ways to run it, X datasets it moves.

    `demand` [V, R] units; `run` [V] length [slots], inf where no site can; `first` slot in which it may start and `end`
    of the time it has [slots]; `allowed` [S]; `limit` most it may cost [CNY] and emit [kg];
    `quota` [0 or 1, R, T] units left to its tenant, of which it takes `replicas` times its demand;
    `move_row` [X] row of the reach, `move_gb` [X] and `move_in` [X]: before the start, or after the end; `gb_price`
    [P, S] CNY/GB and `rate` [P, S] Gbit/s of the reach (0 where there is no route, inf where data is there already),
    its links route_link[route_pointer[p * S + s] ..], and the hours of a slot.
    """

    demand: Floats
    run: Floats
    first: int
    end: float
    allowed: Bools
    limit: Floats
    quota: Floats
    replicas: int
    move_row: Ints
    move_gb: Floats
    move_in: Bools
    gb_price: Floats
    rate: Floats
    route_pointer: Ints
    route_link: Ints
    hours_per_slot: float


class Finds(NamedTuple):
    """The cheapest option of each of the best K sites: `pick` [K, 3] way, site and start (-1 behind the last);
    `paid` [K, 5] price, energy [CNY], carbon [kg], network [CNY] and worth of the room [CNY]."""

    pick: Ints
    paid: Floats


class Scratch(NamedTuple):
    """Working memory: `full` [T], `floor` [S], `slots` [X] of each transfer to the site in hand."""

    full: np.ndarray
    floor: Floats
    slots: Ints


@part
def network_cost(ask, s):
    """CNY to move the data of the job to and from a site; inf where there is no route."""
    cost = 0.0
    for x in range(ask.move_row.shape[0]):
        cost += ask.move_gb[x] * ask.gb_price[ask.move_row[x], s]
    return cost


@part
def room_worth(board, ask, v, s, start, end, slots):
    """CNY: what the plan's jobs would pay for the room of a run over [start, end)."""
    sites, last = board.room.shape[0], board.room.shape[2]
    worth = 0.0
    for r in range(ask.demand.shape[1]):
        if ask.demand[v, r] > 0 and board.worth[s, r, last] > 0:
            worth += ask.demand[v, r] * (board.worth[s, r, end] - board.worth[s, r, start])
    for x in range(ask.move_row.shape[0]):
        low, high = (start - slots[x], start) if ask.move_in[x] else (end, end + slots[x])
        low, high = max(0, low), min(last, high)
        at = ask.move_row[x] * sites + s
        for k in range(ask.route_pointer[at], ask.route_pointer[at + 1]):
            link = ask.route_link[k]
            if board.link_worth[link, last] > 0 and high > low:
                held = board.link_worth[link, high] - board.link_worth[link, low]
                worth += ask.rate[ask.move_row[x], s] * held
    return worth


@part
def run_parts(board, ask, v, s, start, last):
    """(energy [CNY], carbon [kg]) of one run from slot `start` to slot `last`, of which a part may be paid."""
    share = 1.0 if board.sunny[s, last] else ask.run[v] - (last - start)
    kw = ask.demand[v, ask.demand.shape[1] - 1]
    energy = board.unit_before[0, s, last] - board.unit_before[0, s, start] + share * board.unit[0, s, last]
    carbon = board.unit_before[1, s, last] - board.unit_before[1, s, start] + share * board.unit[1, s, last]
    return kw * energy, kw * carbon


@part
def price_site(board, ask, s, limit, k, finds, spare):
    """Write the cheapest option of a site below `limit` into finds[k]; returns its price, inf where there is none."""
    network = network_cost(ask, s)
    lead = measure_moves(ask, s, spare.slots)
    if lead > most_slack(board, ask):
        return NO_PRICE
    tight, best, found = links_tight(board, ask, s), limit, False
    for v in range(ask.demand.shape[0]):
        duration, first, last = times(ask, v, board.room.shape[2])
        first += lead
        if first > last or not has_room(board, ask, v, s):
            continue
        level, slot = cover(first, last + duration)
        if least_cost(board, ask, v, s, first, level, slot, network) >= best:
            continue
        full = mark_full(board, ask, v, s, first, last + duration, spare.full)
        if full:
            close_starts(spare.full, first, last, duration)
        kw = ask.demand[v, ask.demand.shape[1] - 1]
        for t in range(first, last + 1):
            if full and spare.full[t]:
                continue
            energy, carbon = run_parts(board, ask, v, s, t, t + duration - 1)
            cost = board.weight[0] * energy + board.weight[1] * carbon + board.weight[2] * network
            if cost >= best * TIE:
                continue
            if energy + board.weight[3] * carbon + network > ask.limit[0] or carbon > ask.limit[1]:
                continue
            worth = room_worth(board, ask, v, s, t, t + duration, spare.slots)
            if cost + worth >= best * TIE or not energy_fits(board, kw, s, t, t + duration):
                continue
            if tight and not links_fit(board, ask, s, t, t + duration, spare.slots):
                continue
            best, found = cost + worth, True
            finds.pick[k, 0], finds.pick[k, 1], finds.pick[k, 2] = v, s, t
            finds.paid[k, 0], finds.paid[k, 1], finds.paid[k, 2] = best, energy, carbon
            finds.paid[k, 3], finds.paid[k, 4] = network, worth
    return best if found else NO_PRICE


@part
def most_slack(board, ask):
    """Slots by which the start of some way may be put off at most; negative where no way ends in time."""
    slack = -1
    for v in range(ask.run.shape[0]):
        _, first, last = times(ask, v, board.room.shape[2])
        slack = max(slack, last - first)
    return slack


@part
def has_room(board, ask, v, s):
    """Whether a site has the room of way v in some slot; without branches, for most sites are asked that."""
    short = False
    for r in range(ask.demand.shape[1]):
        short |= board.most[s, r] * (1 + TOLERANCE) < ask.demand[v, r]
    return not short


@part
def cover(first, end):
    """(k, slot): [first, first + 2^k) and [slot, slot + 2^k) together are the slots [first, end)."""
    level, span = 0, 1
    while first + 2 * span <= end:
        level, span = level + 1, 2 * span
    return level, end - span


@part
def least_cost(board, ask, v, s, first, level, slot, network):
    """CNY that no run of way v at a site costs less than, within the slots that `cover` says."""
    unit = min(board.floor[level, first, s], board.floor[level, slot, s])
    cost = board.weight[2] * network + ask.demand[v, ask.demand.shape[1] - 1] * ask.run[v] * unit
    return cost - abs(cost) * TOLERANCE


@part
def set_floors(board, ask, floor):
    """Write what no option of a site costs less than; inf where there is none."""
    floor[:] = NO_PRICE
    for v in range(ask.demand.shape[0]):
        duration, first, last = times(ask, v, board.room.shape[2])
        if first > last:
            continue
        level, slot = cover(first, last + duration)
        for s in range(floor.shape[0]):
            if ask.allowed[s] and has_room(board, ask, v, s):
                cost = least_cost(board, ask, v, s, first, level, slot, network_cost(ask, s))
                floor[s] = min(floor[s], cost)


@part
def move_find(finds, source, target):
    """Copy one row of the finds to another."""
    for i in range(finds.pick.shape[1]):
        finds.pick[target, i] = finds.pick[source, i]
    for i in range(finds.paid.shape[1]):
        finds.paid[target, i] = finds.paid[source, i]


@kernel
def find_cheapest(
    room, least, most, link_room, link_least, unit, unit_before, sunny, floor, worth, link_worth, weight,
    quota_site, quota_before, quota_left,
    demand, run, first, end, allowed, limit, quota, replicas, move_row, move_gb, move_in, gb_price, rate,
    route_pointer, route_link, hours_per_slot,
    pick, paid,
    full, floors, slots,
):  # fmt: skip
    """`search_sites` of board, ask, finds and scratch laid side by side: at each call the types of arrays in tuples are
    looked at for 4 us, those of arrays alone for .5 us."""
    board = Board(
        room, least, most, link_room, link_least, unit, unit_before, sunny, floor, worth, link_worth, weight,
        quota_site, quota_before, quota_left,
    )  # fmt: skip
    ask = Ask(
        demand, run, first, end, allowed, limit, quota, replicas, move_row, move_gb, move_in, gb_price, rate,
        route_pointer, route_link, hours_per_slot,
    )  # fmt: skip
    search_sites(board, ask, Finds(pick, paid), Scratch(full, floors, slots))


@part
def search_sites(board, ask, finds, spare):
    """Fill `finds` with the cheapest option of each of the cheapest sites, the cheapest first, ties by site."""
    sites, most = board.room.shape[0], finds.pick.shape[0] - 1  # the last row is where a site is priced
    for k in range(most + 1):
        finds.pick[k, 0] = -1
        finds.paid[k, 0] = NO_PRICE
    set_floors(board, ask, spare.floor)
    for _ in range(sites):
        s = int(np.argmin(spare.floor))
        limit = finds.paid[most - 1, 0]
        if spare.floor[s] >= NO_PRICE or spare.floor[s] > limit:
            return
        spare.floor[s] = NO_PRICE
        # A tie goes to the smaller site number, so a price equal to the last one kept must be seen too.
        price = price_site(board, ask, s, limit + abs(limit) * TOLERANCE, most, finds, spare)
        k = most
        while price < NO_PRICE and k > 0 and comes_before(price, s, finds, k - 1):
            if k < most:
                move_find(finds, k - 1, k)
            k -= 1
        if k < most:
            move_find(finds, most, k)


@part
def comes_before(price, s, finds, k):
    """Whether an option of site s at a price stands before the find in row k."""
    return price < finds.paid[k, 0] or (price == finds.paid[k, 0] and s < finds.pick[k, 1])


@kernel
def fill_starts(board, ask, fits, worth, spare):
    """Fill `fits` and `worth` [V, S, T]: every start with room for it, whatever rules say, and what that is worth."""
    slots = board.room.shape[2]
    for s in range(board.room.shape[0]):
        measure_moves(ask, s, spare.slots)
        tight = links_tight(board, ask, s)
        for v in range(ask.demand.shape[0]):
            for t in range(slots):
                fits[v, s, t], worth[v, s, t] = False, 0.0
            duration, _, _ = times(ask, v, slots)
            if duration > slots:
                continue
            mark_full(board, ask, v, s, 0, slots, spare.full)
            close_starts(spare.full, 0, slots - duration, duration)
            kw = ask.demand[v, ask.demand.shape[1] - 1]
            for t in range(slots - duration + 1):
                worth[v, s, t] = room_worth(board, ask, v, s, t, t + duration, spare.slots)
                if not spare.full[t] and energy_fits(board, kw, s, t, t + duration):
                    fits[v, s, t] = not tight or links_fit(board, ask, s, t, t + duration, spare.slots)


def least_ahead(values: Floats) -> Floats:
    """Return [K, T, S]: the least of 2^k values [S, T] from each slot on, as far as there are so many."""
    levels, slots = [np.ascontiguousarray(values.T)], values.shape[1]
    span = 1
    while 2 * span <= slots:
        known, longer = levels[-1], levels[-1].copy()
        longer[: slots - span] = np.minimum(known[: slots - span], known[span:])
        levels.append(longer)
        span *= 2
    return np.stack(levels)


def scratch_of(board: Board, ask: Ask) -> Scratch:
    """Return working memory for one job."""
    sites, _, slots = board.room.shape
    return Scratch(
        full=np.empty(slots + 1, dtype=np.uint8),
        floor=np.empty(sites),
        slots=np.empty(len(ask.move_row), dtype=np.int64),
    )


def cheapest_sites(board: Board, ask: Ask, most: int) -> Finds:
    """Return the cheapest option of each of the `most` cheapest sites, and one row more that says nothing."""
    finds = Finds(pick=np.empty((most + 1, 3), dtype=np.int64), paid=np.empty((most + 1, 5)))
    find_cheapest(*board, *ask, *finds, *scratch_of(board, ask))
    return finds


def fitting_starts(board: Board, ask: Ask) -> tuple[Bools, Floats]:
    """Return (starts [V, S, T] with room for the job, what that room is worth [V, S, T, CNY])."""
    sites, _, slots = board.room.shape
    shape = (len(ask.demand), sites, slots)
    fits, worth = np.empty(shape, dtype=np.bool_), np.empty(shape)
    fill_starts(board, ask, fits, worth, scratch_of(board, ask))
    return fits, worth
