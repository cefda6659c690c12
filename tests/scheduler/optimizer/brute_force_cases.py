"""Tiny random problems with windows, transfers, masks, variants and forced jobs: small enough to enumerate."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer import Problem


def tiny_problem(seed: int, *, jobs: int = 4, sites: int = 2, slots: int = 5, resources: int = 2) -> Problem:
    """A random instance; whole demands and capacities, so that nothing hangs on a tolerance."""
    rng = np.random.default_rng(seed)
    row_job = np.repeat(np.arange(jobs), rng.integers(1, 3, jobs))
    rows = len(row_job)
    duration = rng.integers(1, 4, rows)
    release = rng.integers(0, 3, rows)
    moved = rng.integers(0, 3, rows)
    transfers = int(moved.sum())
    links = 2
    routes = [
        [] if p == s else [int(x) for x in rng.permutation(links)[: rng.integers(0, links + 1)]]
        for p in range(sites)
        for s in range(sites)
    ]
    penalty = rng.uniform(5, 60, jobs)
    penalty[rng.random(jobs) < 0.2] = np.inf
    return Problem(
        base_price=rng.uniform(0, 3, (sites, resources, slots)),
        capacity=rng.integers(1, 6, (sites, resources, slots)).astype(float),
        link_capacity=rng.integers(1, 4, (links, slots)).astype(float),
        penalty=penalty,
        row_job=row_job,
        demand=rng.integers(0, 4, (rows, resources)).astype(float),
        duration=duration,
        last_slot_share=rng.choice([1.0, 0.5], rows),
        release=release,
        deadline=np.minimum(slots, release + duration + rng.integers(0, 4, rows)),
        due=release + duration,
        late_cost=rng.uniform(0, 2, rows),
        eligible=rng.random((rows, sites)) < 0.8,
        place=rng.integers(0, sites, rows),
        place_weight=rng.uniform(0, 2, rows),
        place_cost=rng.uniform(0, 4, (sites, sites)),
        transfer_pointer=np.concatenate([[0], np.cumsum(moved)]),
        transfer_place=rng.integers(0, sites, transfers),
        transfer_rate=rng.integers(1, 3, transfers).astype(float),
        transfer_slots=rng.choice([-2, -1, 1, 2], transfers),
        route_pointer=np.concatenate([[0], np.cumsum([len(route) for route in routes])]).astype(np.int64),
        route_link=np.array([link for route in routes for link in route], dtype=np.int64),
        start_mask_of=np.where(rng.random(rows) < 0.3, 0, -1),
        start_masks=rng.random((1, sites, slots)) < 0.7,
    )


def tiny_gap(seed: int, *, jobs: int = 6, agents: int = 3, forced: bool = True) -> Problem:
    """A random generalised assignment, a row per pair, tight enough that the cheapest agents do not all fit."""
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 10, (jobs, agents)).astype(float)
    return gap_problem(
        cost=rng.integers(1, 30, (jobs, agents)).astype(float),
        weight=weight,
        capacity=np.ceil(weight.mean(axis=1).sum() / agents * rng.uniform(0.8, 1.2, agents)),
        penalty=np.full(jobs, np.inf) if forced else rng.integers(5, 40, jobs).astype(float),
    )


def gap_problem(
    *, cost: np.ndarray, weight: np.ndarray, capacity: np.ndarray, penalty: np.ndarray
) -> Problem:
    """A generalised assignment of cost and weight [J, A], a row per pair."""
    jobs, agents = cost.shape
    rows = jobs * agents
    one, zero = np.ones(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    return Problem(
        base_price=np.zeros((agents, 1, 1)),
        capacity=np.ascontiguousarray(capacity[:, None, None]),
        link_capacity=np.zeros((0, 1)),
        penalty=penalty,
        row_job=np.repeat(np.arange(jobs), agents),
        demand=weight.reshape(rows, 1).copy(),
        duration=one,
        last_slot_share=np.ones(rows),
        release=zero,
        deadline=one,
        due=one,
        late_cost=np.zeros(rows),
        eligible=np.tile(np.eye(agents, dtype=np.bool_), (jobs, 1)),
        place=np.repeat(np.arange(jobs), agents),
        place_weight=np.ones(rows),
        place_cost=np.ascontiguousarray(cost),
        transfer_pointer=np.zeros(rows + 1, dtype=np.int64),
        transfer_place=none,
        transfer_rate=np.zeros(0),
        transfer_slots=none,
        route_pointer=np.zeros(jobs * agents + 1, dtype=np.int64),
        route_link=none,
        start_mask_of=-one,
    )
