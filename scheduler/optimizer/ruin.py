"""Ruin and recreate: take out jobs that are near each other in site and time, put them back in another order.

A change is kept when the true cost falls, or by the rule of simulated annealing. One call works on one lane: a set of
sites and of jobs that no other lane touches, with its own share of what lanes have in common (links, groups).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scheduler.optimizer.chance import below, unit
from scheduler.optimizer.kernel import kernel, part, scratch
from scheduler.optimizer.occupancy import take_plain, write_plain
from scheduler.optimizer.option import cheapest_start, price_starts
from scheduler.optimizer.problem import Floats, Ints
from scheduler.optimizer.table import BARRED, CHECKED

IDLE_FIRST = 0.3  # how often a ruin begins at a job that is left out
IDLE_NEXT = 0.12  # how often a job that is left out joins
SAME_SITE = 0.65  # how often the next job comes from the same site
NEAR_SLOTS = 8  # how long before the first job a neighbour may start


class Lane(NamedTuple):
    """Sites and jobs of one lane for one round.

    `site` [S] says which sites are its own; `here` are its placed jobs in order of (site, start), those of site s from
    slot t on beginning at `offset`[s * T + t]; `idle` are its movable jobs left out.
    """

    site: np.ndarray
    sites: Ints
    here: Ints
    offset: Ints
    idle: Ints


class Rubble(NamedTuple):
    """Scratch of one lane: the jobs taken out and where they were."""

    job: Ints
    row: Ints
    at: Ints
    start: Ints
    rank: Floats
    marked: np.ndarray
    buf: Floats
    full: np.ndarray


def rubble(jobs: int, slots: int, most: int) -> Rubble:
    """Scratch for ruins of at most `most` jobs."""
    job, row, at, start = (np.zeros(most, dtype=np.int64) for _ in range(4))
    marked = np.zeros(jobs, dtype=np.uint8)
    return Rubble(job, row, at, start, np.zeros(most), marked, *scratch(slots))


@part
def best_noisy(table, tariff, room, shortlist, lane, j, noise, state, buf, full):
    """The job's cheapest option of its shortlist on the lane's sites, each site's price raised by chance."""
    sites = table.fit.shape[1]
    best, best_row, best_site, best_start = table.penalty[j], -1, -1, -1
    for k in range(shortlist.pair.shape[1]):
        pair = shortlist.pair[j, k]
        if pair < 0 or shortlist.least[j, k] >= best:
            break
        c, s = pair // sites, pair % sites
        if not lane.site[s]:
            continue
        factor = 1.0 + noise * unit(state)
        cost, start = cheapest_start(table, tariff, room, c, s, best / factor, CHECKED, buf, full)
        if start >= 0:
            best, best_row, best_site, best_start = cost * factor, c, s, start
    return best_row, best_site, best_start


@part
def plain_cost(table, base, choice, j, buf):
    """True cost of a plain job's choice [CNY], without the supply's steps."""
    c = choice.row[j]
    if c < 0:
        return table.penalty[j]
    price_starts(table, base, c, choice.site[j], choice.start[j], 1, buf)
    return buf[0]


@part
def first_victim(table, choice, shortlist, lane, state):
    """A job to begin the ruin at, with the site and slot around which to ruin; site -1 when it has none here."""
    idle = lane.idle.shape[0]
    if idle and (lane.here.shape[0] == 0 or unit(state) < IDLE_FIRST):
        j = lane.idle[below(state, idle)]
    else:
        j = lane.here[below(state, lane.here.shape[0])]
    if choice.row[j] >= 0:
        return j, choice.site[j], choice.start[j]
    listed = 0
    while listed < shortlist.pair.shape[1] and shortlist.pair[j, listed] >= 0:
        listed += 1
    for _ in range(4 if listed else 0):
        pair = shortlist.pair[j, below(state, listed)]
        c, s = pair // table.fit.shape[1], pair % table.fit.shape[1]
        if lane.site[s]:
            row = table.rows[c]
            return j, s, row.release + below(state, max(1, row.deadline - row.duration - row.release + 1))
    return j, -1, -1


@part
def next_victim(table, choice, lane, s0, t0, t1, state):
    """A job near (s0, t0 .. t1), or -1."""
    slots = table.capacity.shape[2]
    draw = unit(state)
    if draw < IDLE_NEXT:
        if lane.idle.shape[0] == 0:
            return -1
        j = lane.idle[below(state, lane.idle.shape[0])]
        row = table.rows[table.first_row[j]]
        if (
            choice.row[j] >= 0
            or table.fit[table.first_row[j], s0] == BARRED
            or row.release > t1
            or row.deadline < t0
        ):
            return -1
        return j
    s = (
        s0
        if draw < IDLE_NEXT + (1 - IDLE_NEXT) * SAME_SITE
        else lane.sites[below(state, lane.sites.shape[0])]
    )
    low = lane.offset[s * slots + max(0, t0 - NEAR_SLOTS)]
    high = lane.offset[s * slots + min(slots - 1, t1 + 1)]
    if high <= low:
        return -1
    j = lane.here[low + below(state, high - low)]
    if choice.row[j] >= 0 and (choice.start[j] > t1 + 2 or choice.end[j] < t0 - 2):
        return -1
    return j


@part
def gather(table, choice, shortlist, lane, scrap, state):
    """Choose the jobs to take out; returns their number."""
    j0, s0, t0 = first_victim(table, choice, shortlist, lane, state)
    if s0 < 0:
        return 0
    scrap.job[0] = j0
    scrap.marked[j0] = 1
    t1 = t0 + table.rows[table.first_row[j0]].duration
    wanted = 2 + below(state, scrap.job.shape[0] - 1)
    n = 1
    for _ in range(4 * wanted):
        if n >= wanted:
            break
        j = next_victim(table, choice, lane, s0, t0, t1, state)
        if j >= 0 and not scrap.marked[j]:
            scrap.job[n] = j
            scrap.marked[j] = 1
            n += 1
    for i in range(n):
        scrap.marked[scrap.job[i]] = 0
    return n


@part
def shuffle_ranked(key, scrap, n, state):
    """Order the jobs taken out by their key, blurred by chance; now and then wholly by chance."""
    blind = unit(state) < 0.33
    for i in range(n):
        blur = unit(state) + unit(state) + unit(state) - 1.5
        scrap.rank[i] = unit(state) if blind else key[scrap.job[i]] + blur
    for i in range(1, n):
        k = i
        rank, job = scrap.rank[i], scrap.job[i]
        while k > 0 and scrap.rank[k - 1] < rank:
            scrap.rank[k], scrap.job[k] = scrap.rank[k - 1], scrap.job[k - 1]
            k -= 1
        scrap.rank[k], scrap.job[k] = rank, job


@part
def put_back(table, room, choice, scrap, n):
    """Undo a ruin: every job returns to where it was."""
    for i in range(n):
        take_plain(table, room, choice, scrap.job[i], -1.0)
    for i in range(n):
        write_plain(table, choice, scrap.job[i], scrap.row[i], scrap.at[i], scrap.start[i])
        take_plain(table, room, choice, scrap.job[i], 1.0)


@kernel
def ruin_and_recreate(
    table, tariff, base, room, choice, shortlist, lane, key, scrap, rounds, heat, cool, noise, state
):
    """Ruin and recreate `rounds` times on a lane, temperature falling from `heat` to `cool` [CNY].

    Options are compared at the prices of `tariff`, each site's raised by chance by at most the share `noise`; a change
    is judged at `base`. Jobs return in order of `key` [J], the greatest first, blurred by about 0.5. Returns the
    change of the true cost [CNY].
    """
    if lane.here.shape[0] + lane.idle.shape[0] == 0:
        return 0.0
    changed = 0.0
    for k in range(rounds):
        temperature = heat * (cool / heat) ** (k / rounds)
        n = gather(table, choice, shortlist, lane, scrap, state)
        shuffle_ranked(key, scrap, n, state)
        delta = 0.0
        for i in range(n):
            j = scrap.job[i]
            scrap.row[i], scrap.at[i], scrap.start[i] = choice.row[j], choice.site[j], choice.start[j]
            delta -= plain_cost(table, base, choice, j, scrap.buf)
            delta += take_plain(table, room, choice, j, -1.0)
        for i in range(n):
            j = scrap.job[i]
            c, s, t = best_noisy(table, tariff, room, shortlist, lane, j, noise, state, scrap.buf, scrap.full)
            write_plain(table, choice, j, c, s, t)
            delta += plain_cost(table, base, choice, j, scrap.buf)
            delta += take_plain(table, room, choice, j, 1.0)
        if delta <= -temperature * np.log(1.0 - unit(state)):
            changed += delta
        else:
            put_back(table, room, choice, scrap, n)
    return changed
