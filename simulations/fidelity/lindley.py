"""Lindley's recursion: the wait of every single customer of one server, first come, first served.

    wait(n + 1) = max(0, wait(n) + service(n) - (arrival(n + 1) - arrival(n)))

It has no mean and no interval: on the same arrivals and run times the engine has to agree customer by customer.
"""

from __future__ import annotations

import math

import numpy as np

from simulations.fidelity.queues import DAY_MINUTES, Queue, waits_of
from simulations.fidelity.row import Row
from simulations.fidelity.terms import Terms
from simulations.fidelity.workload import Floats, Ints

SEED = 7
DAYS, QUICK_DAYS = 60, 5


def lindley_waits(arrival_minutes: Ints, service_minutes: Ints) -> Floats:
    """Return the wait of every customer, in order of arrival [min]."""
    waits = np.zeros(len(arrival_minutes))
    for customer in range(1, len(waits)):
        between = arrival_minutes[customer] - arrival_minutes[customer - 1]
        waits[customer] = max(0.0, waits[customer - 1] + service_minutes[customer - 1] - between)
    return waits


def single_server_path(terms: Terms) -> tuple[Row, ...]:
    """How far any customer's wait is from Lindley's."""
    days = QUICK_DAYS if terms.quick else DAYS
    queue = Queue(name="M/G/1", servers=1, load=0.8, mean_minutes=11.2, draw=_four_or_forty)
    rng = np.random.Generator(np.random.PCG64(SEED))  # as waits_of draws: arrivals first, then run times
    count = math.ceil(queue.arrivals_per_minute * days * DAY_MINUTES)
    arrivals = np.ceil(np.cumsum(rng.exponential(1 / queue.arrivals_per_minute, count))).astype(np.int64)
    expected = lindley_waits(arrivals, queue.draw(rng, count))
    measured = waits_of(queue, days=days, seed=SEED)
    row = Row(
        name="M/G/1, load 0.8: largest error of any wait",
        source="Lindley",
        unit="min",
        expected=0.0,
        measured=float(np.abs(measured - expected).max()),
        tolerance=1e-9,
        note=f"{count} customers, mean wait {expected.mean():.2f} min, longest {expected.max():.0f}",
    )
    return (row,)


def _four_or_forty(rng: np.random.Generator, count: int) -> Ints:
    return np.where(rng.random(count) < 0.2, 40, 4).astype(np.int64)
