"""Settling: a plan from soft capacities, whose walls rise where they stay exceeded.

Every job begins where the dual prices send it, all together over many capacities. Then, one at a time, jobs try their
best start at another site, judged by true cost plus the price of overflow, and move by the rule of annealing. After
every round the walls of what is still exceeded rise. A tight plan is reached through plans that do not quite fit,
where a search among plans that fit finds every door shut: on 10,000 jobs at 90 % load it ends at half the gap in half
the time.
"""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.chance import below, chance_state, unit
from scheduler.optimizer.choice import Choice
from scheduler.optimizer.kernel import kernel, scratch
from scheduler.optimizer.lanes import LANES
from scheduler.optimizer.occupancy import take_all, take_choice, take_plain, write_plain
from scheduler.optimizer.option import mark_full, price_starts, start_allowed
from scheduler.optimizer.overflow import NEVER, excess_beside, excess_of, soft_starts
from scheduler.optimizer.prices import Prices, Tariff, tariff_of
from scheduler.optimizer.problem import Floats, Ints
from scheduler.optimizer.room import Room, empty_room
from scheduler.optimizer.search import Search
from scheduler.optimizer.shortlist import Shortlist, shortlist_of
from scheduler.optimizer.table import FIT_TOLERANCE, FREE, Table

RISE = 1.3  # growth per round of a wall that is still exceeded


@kernel
def settle_jobs(
    table, base, whole, room, wall, choice, shortlist, listed, jobs, side, lane, moves, heat, cool, state, buf, extra,
    full,
):  # fmt: skip
    """Try `moves` moves of jobs to sites of the lane (side[s] == lane), temperature falling from heat to cool [CNY].

    `listed` [J] counts the pairs of each job's shortlist. Returns how many moved.
    """
    sites, moved, temperature = table.fit.shape[1], 0, heat
    for k in range(moves):
        if k % 256 == 0:
            temperature = heat * (cool / heat) ** (k / moves)
        j = jobs[below(state, jobs.shape[0])]
        draw = unit(state)
        pair = shortlist.pair[j, min(listed[j] - 1, int(listed[j] * draw * draw))]
        c, s = pair // sites, pair % sites
        if side[s] != lane:
            continue
        was, old = choice.row[j], table.penalty[j]
        if was >= 0:
            take_plain(table, room, choice, j, -1.0)
            price_starts(table, base, was, choice.site[j], choice.start[j], 1, buf)
            old = buf[0] + excess_of(table, room, wall, was, choice.site[j], choice.start[j])
        limit = old - temperature * np.log(1.0 - unit(state))
        first, count = soft_starts(table, base, whole, room, wall, c, s, buf, extra, full)
        best, start = NEVER, -1
        for t in range(count):
            if buf[t] < best:
                best, start = buf[t], first + t
        if start >= 0 and best < limit:
            best += excess_beside(table, room, wall, c, s, start)
            if table.fit[c, s] != FREE and not start_allowed(table, whole, c, s, start):
                best = NEVER
        if best < limit and best < table.penalty[j]:
            write_plain(table, choice, j, c, s, start)
            moved += 1
        elif was >= 0 and table.penalty[j] < limit:
            write_plain(table, choice, j, -1, -1, -1)
            moved += 1
        take_plain(table, room, choice, j, 1.0)
    return moved


@kernel
def drop_misfits(table, room, choice, order, fixed, full):
    """Take the jobs of `order` into `room` one by one, leaving out those that no longer fit, but for the first `fixed`.

    Returns how many were left out.
    """
    dropped = 0
    for i in range(order.shape[0]):
        j = order[i]
        if i < fixed:
            take_choice(table, room, choice, j, 1.0)
            continue
        c, s, start = choice.row[j], choice.site[j], choice.start[j]
        if c < 0:
            continue
        d = table.rows[c].duration
        mark_full(table, room, c, s, start, d, full)
        fits = start_allowed(table, room, c, s, start)
        for k in range(d):
            fits = fits and not full[k]
        if fits:
            take_plain(table, room, choice, j, 1.0)
        else:
            write_plain(table, choice, j, -1, -1, -1)
            dropped += 1
    return dropped


def first_walls(table: Table, prices: Prices, value: Floats, share: float) -> Room:
    """Walls to begin with: dual prices plus a share of what jobs typically pay for a unit and slot."""
    paid = value[table.rows["job"]] / np.maximum(table.rows["duration"], 1)
    worth = np.zeros(table.demand.shape[1])
    for r in range(len(worth)):
        asks = table.demand[:, r] > 0
        if asks.any():
            worth[r] = share * float(np.median(paid[asks] / table.demand[asks, r]))
    moves = table.transfers["rate"] > 0
    carried = table.transfers["rate"][moves] * np.abs(table.transfers["slots"][moves])
    typical = share * float(np.median(value)) if len(value) else 0.0
    link = typical / max(1e-9, float(np.median(carried))) if moves.any() else typical
    counted = table.quota_weight.mean(axis=1) if len(table.quotas) else np.zeros(0)
    return Room(
        prices.site + worth[None, :, None] + 1e-12,
        prices.link + link + 1e-12,
        prices.group + worth[None, :, None] + 1e-12,
        prices.quota + worth[table.quotas["resource"]] / np.maximum(counted, 1e-9) + 1e-12,
    )


class Settler:
    """Settles the plain movable jobs of a search; the same seed and the same rounds give the same plan."""

    def __init__(
        self, search: Search, prices: Prices, value: Floats, dual: Choice, *, seed: int, worth: float
    ) -> None:
        """Begin with every job where it is placed, or else where it is in `dual`, its choice at the dual prices.

        Args:
            search: an empty plan, one of compound jobs alone, or an older plan to begin from.
            prices: dual prices.
            value: [J] what each job pays at them [CNY].
            dual: what each job would choose at them.
            seed: of the random moves.
            worth: first walls, as a share of what jobs typically pay for a unit and slot.
        """
        table = search.table
        self.search, self.seed, self.round = search, seed, 0
        self.jobs: Ints = np.flatnonzero((table.plain == 1) & search.movable)
        self.wall = first_walls(table, prices, value, worth)
        self.base: Tariff = search.base
        self.shortlist: Shortlist = shortlist_of(
            table, tariff_of(table, prices), search.whole, self.jobs, search.lanes
        )
        self.listed = np.count_nonzero(self.shortlist.pair >= 0, axis=1)
        self.jobs = self.jobs[self.listed[self.jobs] > 0]
        idle = self.jobs[search.choice.row[self.jobs] < 0]
        for mine, theirs in zip(search.choice[:4], dual[:4], strict=True):
            mine[idle] = theirs[idle]
        self.room = empty_room(table)
        take_all(table, self.room, search.choice)

    def run(self, moves: int, heat: float, cool: float, rise: float = RISE) -> int:
        """One round of `moves` moves a lane, then walls `rise` times as high; returns how many jobs moved."""
        search, choice, room = self.search, self.search.choice, self.room
        chance = np.random.default_rng([self.seed & 0xFFFFFFFF, 2, self.round])
        sites, slots = search.table.fit.shape[1], search.table.capacity.shape[2]
        lanes = LANES if sites >= 2 * LANES else 1
        side = (chance.permutation(sites) % lanes).astype(np.uint8)
        idle_side = chance.integers(0, lanes, size=len(self.jobs))
        of_job = np.where(choice.row[self.jobs] >= 0, side[choice.site[self.jobs]], idle_side)
        rooms = [Room(room.site, room.link.copy(), room.group.copy(), room.quota) for _ in range(lanes)]
        tasks = [
            lambda k=k, own=own: settle_jobs(
                search.table, self.base, search.whole, own, self.wall, choice, self.shortlist, self.listed,
                self.jobs[of_job == k], side, k, moves, heat, cool, chance_state(self.seed, 2, self.round, k),
                np.empty(slots + 1), *scratch(slots),
            )
            for k, own in enumerate(rooms) if (of_job == k).any()
        ]  # fmt: skip
        moved = search.lanes.side_by_side(tasks)
        # Recomputed, so that rounding cannot drift and the lanes' shares of links and groups meet.
        self.room = empty_room(search.table)
        take_all(search.table, self.room, choice)
        self.raise_walls(rise)
        self.round += 1
        return int(np.sum(moved))

    def raise_walls(self, rise: float) -> None:
        """Make what is still exceeded dearer."""
        for wall, room, whole in zip(self.wall, self.room, self.search.whole, strict=True):
            wall[room < -FIT_TOLERANCE * (1 + whole)] *= rise

    def mend(self) -> Ints:
        """Leave out jobs that do not fit, of least penalty first; returns them, those of greatest penalty first."""
        search, table = self.search, self.search.table
        order = self.jobs[np.argsort(-table.penalty[self.jobs], kind="stable")]
        others = np.ones(len(table.penalty), dtype=np.bool_)
        others[order] = False
        before = search.choice.row[order] >= 0
        search.room = empty_room(table)
        fixed = np.flatnonzero(others & (search.choice.row >= 0))
        full = np.empty(table.capacity.shape[2] + 1, dtype=np.uint8)
        drop_misfits(table, search.room, search.choice, np.concatenate([fixed, order]), len(fixed), full)
        return order[before & (search.choice.row[order] < 0)]
