"""Annealing on two lanes: each round deals the sites into two halves and improves both at once."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.chance import chance_state
from scheduler.optimizer.lanes import LANES
from scheduler.optimizer.prices import Prices, tariff_of
from scheduler.optimizer.problem import Floats
from scheduler.optimizer.room import Room
from scheduler.optimizer.ruin import Lane, Rubble, rubble, ruin_and_recreate
from scheduler.optimizer.search import Search
from scheduler.optimizer.shortlist import shortlist_of

MOST_RUINED = 20
NOISE = 0.05


def deal_lanes(search: Search, chance: np.random.Generator) -> list[Lane]:
    """Deal sites, and the movable plain jobs on them, into lanes; jobs left out go to either."""
    table, choice = search.table, search.choice
    sites, slots = table.fit.shape[1], table.capacity.shape[2]
    side = chance.permutation(sites) % (LANES if sites >= 2 * LANES else 1)
    free = search.movable & (table.plain == 1)
    placed = np.flatnonzero(free & (choice.row >= 0))
    placed = placed[np.argsort(choice.site[placed] * slots + choice.start[placed], kind="stable")]
    idle = np.flatnonzero(free & (choice.row < 0))
    idle_side = chance.integers(0, side.max() + 1, size=len(idle))
    lanes = []
    for k in range(int(side.max()) + 1):
        here = placed[side[choice.site[placed]] == k]
        counts = np.bincount(choice.site[here] * slots + choice.start[here], minlength=sites * slots)
        offset = np.concatenate([[0], np.cumsum(counts)])
        mine = side == k
        lanes.append(Lane(mine.astype(np.uint8), np.flatnonzero(mine), here, offset, idle[idle_side == k]))
    return lanes


def split_room(room: Room, parts: int) -> list[Room]:
    """One room per lane: sites and quotas are shared (lanes touch their own), free links and groups are divided."""
    return [Room(room.site, room.link / parts, room.group / parts, room.quota) for _ in range(parts)]


def join_rooms(room: Room, parts: list[Room]) -> None:
    """Put what the lanes left of links and groups back together into `room`."""
    room.link[:] = sum(part.link for part in parts)
    room.group[:] = sum(part.group for part in parts)


class Annealer:
    """Improves a search round by round; the same seed and the same rounds give the same plan."""

    def __init__(
        self, search: Search, prices: Prices, value: Floats, *, seed: int, share: float = 0.8
    ) -> None:
        """Prepare shortlists at base prices plus `share` of the dual prices; `value` [J] is what a job pays at them."""
        table = search.table
        self.search, self.seed = search, seed
        self.tariff = tariff_of(table, prices.scaled(share))
        plain = np.flatnonzero((table.plain == 1) & search.movable)
        self.shortlist = shortlist_of(table, self.tariff, search.whole, plain, search.lanes)
        # What a job would pay at the dual prices says how much scarce room it needs: such jobs return first.
        self.key = np.log(np.maximum(value, 1e-12))
        jobs, slots = len(table.penalty), table.capacity.shape[2]
        self.scraps: list[Rubble] = [
            rubble(jobs, slots, min(MOST_RUINED, max(2, jobs))) for _ in range(LANES)
        ]
        self.round = 0

    def run(self, moves: int, heat: float, cool: float) -> float:
        """One round of `moves` ruins per lane; returns the change of the true cost [CNY]."""
        search = self.search
        lanes = deal_lanes(search, np.random.default_rng([self.seed & 0xFFFFFFFF, self.round]))
        rooms = split_room(search.room, len(lanes))
        tasks = [
            lambda lane=lane, room=room, scrap=scrap, k=k: ruin_and_recreate(
                search.table, self.tariff, search.base, room, search.choice, self.shortlist, lane, self.key,
                scrap, moves, heat, cool, NOISE, chance_state(self.seed, self.round, k),
            )
            for k, (lane, room, scrap) in enumerate(zip(lanes, rooms, self.scraps, strict=False))
        ]  # fmt: skip
        changes = search.lanes.side_by_side(tasks)
        join_rooms(search.room, rooms)
        self.round += 1
        return float(np.sum(changes))
