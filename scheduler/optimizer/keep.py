"""Kernels that keep the choices of an old plan as long as they fit."""

from __future__ import annotations

from scheduler.optimizer.kernel import kernel, part
from scheduler.optimizer.occupancy import take_choice
from scheduler.optimizer.option import lead_of
from scheduler.optimizer.table import BARRED, FIT_TOLERANCE, PLAIN, SPREAD


@part
def run_allowed(table, c, s, start, end):
    """Whether row c may hold [start, end) at site s: eligible, inside its window, allowed by its mask."""
    row = table.rows[c]
    if not 0 <= s < table.fit.shape[1] or table.fit[c, s] == BARRED:
        return False
    if start - lead_of(table, c, s) < row.release or end > row.deadline or start >= end:
        return False
    return row.mask < 0 or table.masks[row.mask, s, start]


@part
def choice_allowed(table, choice, j):
    """Whether the choice of job j is one of its options at all."""
    c = choice.row[j]
    if not table.first_row[j] <= c < table.first_row[j + 1]:
        return False
    row = table.rows[c]
    if row.kind == PLAIN:
        return choice.end[j] - choice.start[j] == row.duration and run_allowed(
            table, c, choice.site[j], choice.start[j], choice.end[j]
        )
    worked, runs = 0, 0
    for k in range(choice.run_pointer[j], choice.run_pointer[j + 1]):
        s, start, end = choice.run_site[k], choice.run_start[k], choice.run_end[k]
        if s < 0:
            continue
        runs += 1
        worked += end - start
        if row.kind == SPREAD:
            if end - start != row.duration or not run_allowed(table, c, s, start, end):
                return False
        elif s != choice.site[j] or end - start < min(row.min_run, row.duration):
            return False
    if row.kind == SPREAD:
        return runs == row.replicas
    if worked != row.duration or table.fit[c, choice.site[j]] == BARRED or choice.end[j] > row.deadline:
        return False
    return choice.start[j] - lead_of(table, c, choice.site[j]) >= row.release


@part
def line_kept(values, begin, end):
    """Whether no free amount of a line is below zero in [begin, end)."""
    least = 0.0
    for t in range(begin, end):
        least = min(least, values[t])
    return least >= -FIT_TOLERANCE * 1e3


@part
def room_kept(table, room, choice, j):
    """Whether nothing that the choice of job j touches is exceeded."""
    slots = table.capacity.shape[2]
    c = choice.row[j]
    pool = choice.run_pointer[j + 1] - choice.run_pointer[j] if table.rows[c].kind != PLAIN else 0
    for k in range(-1, pool):
        s = choice.site[j] if k < 0 else choice.run_site[choice.run_pointer[j] + k]
        if s < 0:
            continue
        for r in range(room.site.shape[1]):
            if not line_kept(room.site[s, r], choice.start[j], choice.end[j]):
                return False
        for x in range(table.rows[c].transfer_begin, table.rows[c].transfer_end):
            at = table.transfers[x].place * table.fit.shape[1] + s
            for i in range(table.route_pointer[at], table.route_pointer[at + 1]):
                if not line_kept(room.link[table.route_link[i]], 0, slots):
                    return False
        for q in range(table.quotas.shape[0]):
            if table.quotas[q].site == s and room.quota[q] < -FIT_TOLERANCE * (1 + table.quotas[q].limit):
                return False
    if table.rows[c].group >= 0:
        for r in range(room.site.shape[1]):
            if not line_kept(room.group[table.rows[c].group, r], choice.start[j], choice.end[j]):
                return False
    return True


@kernel
def keep_choices(table, room, choice, order):
    """Take room for the choices of `order` one by one; leave out every job whose choice is not allowed or not kept."""
    for j in order:
        if choice.row[j] < 0:
            continue
        allowed = choice_allowed(table, choice, j)
        if allowed:
            take_choice(table, room, choice, j, 1.0)
            allowed = room_kept(table, room, choice, j)
            if not allowed:
                take_choice(table, room, choice, j, -1.0)
        if not allowed:
            choice.row[j], choice.site[j], choice.start[j], choice.end[j] = -1, -1, -1, -1
            for k in range(choice.run_pointer[j], choice.run_pointer[j + 1]):
                choice.run_site[k] = -1
