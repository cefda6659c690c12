"""Sweeps: every plain job is taken out and put back where it is cheapest now."""

from __future__ import annotations

from scheduler.optimizer.insertion import best_listed
from scheduler.optimizer.kernel import kernel
from scheduler.optimizer.occupancy import take_plain, write_plain


@kernel
def sweep_jobs(table, tariff, room, choice, shortlist, order, lane, buf, full):
    """Re-insert each job of `order` at its cheapest option; returns how many moved.

    A job goes back to where it was when nothing that fits is cheaper: an odd rounding can never lose it.
    """
    moved = 0
    for j in order:
        row, site, start = choice.row[j], choice.site[j], choice.start[j]
        take_plain(table, room, choice, j, -1.0)
        limit = table.penalty[j]
        _, c, s, t = best_listed(table, tariff, room, shortlist, lane, j, limit, buf, full)
        if c == row and s == site and t == start:
            take_plain(table, room, choice, j, 1.0)
            continue
        write_plain(table, choice, j, c, s, t)
        take_plain(table, room, choice, j, 1.0)
        moved += 1
    return moved
