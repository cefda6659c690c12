"""Carriage: the cost of moving a job's data, as (row of a price table) times (gigabytes)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Floats, Ints
from scheduler.haulage import Haulage
from scheduler.reach import NOWHERE


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Carriage:
    """Network costs, shared between jobs where they can be.

    Attributes:
        place: [J] row of `price`.
        weight: [J] gigabytes, or 1 where the row holds the whole cost of the job.
        price: [P, S] the rows of the reach, then rows of single jobs; 0 where there is no route.
    """

    place: Ints
    weight: Floats
    price: Floats


def price_carriage(haulage: Haulage) -> Carriage:
    """Return the network cost of every job: weight * price[place] equals its sum over transfers."""
    reach_price = np.where(np.isfinite(haulage.reach.price_cny_per_gb), haulage.reach.price_cny_per_gb, 0.0)
    alike: dict[bytes, int] = {}
    first_alike = [
        alike.setdefault(row.tobytes(), index) for index, row in enumerate(haulage.reach.price_cny_per_gb)
    ]
    jobs = len(haulage.pointer) - 1
    place = np.full(jobs, NOWHERE, dtype=np.int64)
    weight = np.zeros(jobs)
    own_rows: dict[tuple[tuple[int, float], ...], int] = {}
    own_jobs: list[int] = []
    pointer, places, sizes = haulage.pointer.tolist(), haulage.place.tolist(), haulage.size_gb.tolist()
    for job in range(jobs):
        moves = [(first_alike[places[x]], sizes[x]) for x in range(pointer[job], pointer[job + 1])]
        if len({row for row, _ in moves}) == 1:
            place[job], weight[job] = moves[0][0], sum(size for _, size in moves)
        elif moves:
            row = own_rows.setdefault(tuple(moves), len(own_rows))
            if row == len(own_jobs):
                own_jobs.append(job)
            place[job], weight[job] = len(reach_price) + row, 1.0
    own = haulage.network_cny[own_jobs]
    return Carriage(
        place=place, weight=weight, price=np.vstack([reach_price, np.where(np.isfinite(own), own, 0.0)])
    )
