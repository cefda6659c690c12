"""How far prices fell from one pricing pass to the next: what was dear stays dear, and need not be priced again.

A floor is a cost that no start of a row at a site goes below. From pass to pass it is lowered by the most that any
window of the row's length fell there; only pairs whose floor is below the job's best option are priced anew.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scheduler.optimizer.kernel import kernel, part
from scheduler.optimizer.lanes import Lanes
from scheduler.optimizer.prices import Tariff
from scheduler.optimizer.problem import Floats
from scheduler.optimizer.table import Table

BELOW = 1 - 3e-7  # floors are kept in single precision, which rounds by less than this


class Fall(NamedTuple):
    """The most that prices fell, never negative [CNY]: `site` [T + 2, R, S] of holding a unit for d slots, `route`
    [P, S] of one unit of rate for a slot on all links of the route, `group` [G, R] of a unit for a slot."""

    site: Floats
    route: Floats
    group: Floats


@kernel
def fill_windows(old, new, begin, stop, out):
    """Fill out[d, r, s] of sites begin .. stop, zero before, with the most that holding a unit for d slots fell.

    Over all starts; `old` and `new` are prefix sums. Most prices of most passes are zero and stay it: no windows there.
    """
    _, resources, ends = old.shape
    for s in range(begin, stop):
        for r in range(resources):
            was, now = old[s, r], new[s, r]
            falls = False
            for t in range(1, ends):
                falls |= was[t] - was[t - 1] > now[t] - now[t - 1]
            if not falls:
                continue
            for d in range(1, ends):
                most = 0.0
                for t in range(ends - d):
                    most = max(most, (was[t + d] - was[t]) - (now[t + d] - now[t]))
                out[d, r, s] = most


@kernel
def fill_routes(fallen, route_pointer, route_link, out):
    """Fill out[p, s] with the sum of fallen [L] over the links of the route."""
    places, sites = out.shape
    for p in range(places):
        for s in range(sites):
            for k in range(route_pointer[p * sites + s], route_pointer[p * sites + s + 1]):
                out[p, s] += fallen[route_link[k]]


@part
def lower_floor(table, fall, c, floor):
    """Lower floor [S] of row c by what prices may have fallen."""
    row = table.rows[c]
    beside = 0.0
    for r in range(table.demand.shape[1]):
        q = table.demand[c, r]
        if q > 0:
            fell = fall.site[row.duration, r]
            for s in range(floor.shape[0]):
                floor[s] -= q * fell[s]
            if row.group >= 0:
                beside += q * row.duration * fall.group[row.group, r]
    for x in range(row.transfer_begin, row.transfer_end):
        moved = table.transfers[x].rate * abs(table.transfers[x].slots)
        fell = fall.route[table.transfers[x].place]
        for s in range(floor.shape[0]):
            floor[s] -= moved * fell[s]
    for s in range(floor.shape[0]):
        floor[s] = max(0.0, (floor[s] - beside) * BELOW)


def fall_of(table: Table, old: Tariff, new: Tariff, lanes: Lanes) -> Fall:
    """How far prices fell from `old` to `new`."""
    sites, resources, slots = table.capacity.shape
    site = np.zeros((slots + 2, resources, sites))  # rows longer than the horizon count slots + 1
    if old is not new:
        lanes.over_range(sites, lambda a, b: fill_windows(old.total, new.total, a, b, site))
    route = np.zeros((len(table.place_cost), sites))
    fallen = np.diff(old.link, axis=1) - np.diff(new.link, axis=1)
    if fallen.size:
        fill_routes(np.maximum(0.0, fallen.max(axis=1)), table.route_pointer, table.route_link, route)
    group = np.diff(old.group, axis=2) - np.diff(new.group, axis=2)
    return Fall(site, route, np.maximum(0.0, group.max(axis=2, initial=0.0)))
