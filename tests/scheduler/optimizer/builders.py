"""Small problems for tests: state only what matters."""

from __future__ import annotations

from typing import Any

import numpy as np

from scheduler.optimizer import Problem


def problem_with(
    *, jobs: int = 1, sites: int = 1, slots: int = 4, resources: int = 1, **fields: Any
) -> Problem:
    """A problem of one-slot unit jobs on sites of capacity one, with some fields given."""
    rows = len(fields.get("row_job", range(jobs)))
    places = len(fields.get("place_cost", np.zeros((1, sites))))
    arrays: dict[str, Any] = {
        "base_price": np.ones((sites, resources, slots)),
        "capacity": np.ones((sites, resources, slots)),
        "link_capacity": np.zeros((0, slots)),
        "penalty": np.full(jobs, 100.0),
        "row_job": np.arange(rows),
        "demand": np.ones((rows, resources)),
        "duration": np.ones(rows, dtype=np.int64),
        "last_slot_share": np.ones(rows),
        "release": np.zeros(rows, dtype=np.int64),
        "deadline": np.full(rows, slots),
        "due": np.full(rows, slots),
        "late_cost": np.zeros(rows),
        "eligible": np.ones((rows, sites), dtype=np.bool_),
        "place": np.zeros(rows, dtype=np.int64),
        "place_weight": np.zeros(rows),
        "place_cost": np.zeros((places, sites)),
        "transfer_pointer": np.zeros(rows + 1, dtype=np.int64),
        "transfer_place": np.zeros(0, dtype=np.int64),
        "transfer_rate": np.zeros(0),
        "transfer_slots": np.zeros(0, dtype=np.int64),
        "route_pointer": np.zeros(places * sites + 1, dtype=np.int64),
        "route_link": np.zeros(0, dtype=np.int64),
        "start_mask_of": np.full(rows, -1),
    }
    return Problem(
        **(arrays | {name: np.array(v) if isinstance(v, list) else v for name, v in fields.items()})
    )


def random_problem(seed: int, *, features: bool = True) -> Problem:
    """A tiny random problem, up to four jobs on three sites and six slots, with any mix of features."""
    rng = np.random.default_rng(seed)
    jobs, sites, slots, resources = (
        int(rng.integers(1, 5)),
        int(rng.integers(1, 4)),
        int(rng.integers(2, 7)),
        2,
    )
    row_job = np.repeat(np.arange(jobs), rng.integers(1, 3, jobs))
    rows, links, places = len(row_job), 2, 2
    moves = rng.random(rows) < 0.4
    has_route = rng.random(places * sites) < 0.6
    on = features and rng.random() < 0.7
    min_run = (
        np.where(rng.random(rows) < 0.3, rng.integers(1, 3, rows), 0) if on else np.zeros(0, dtype=np.int64)
    )
    free = (min_run == 0) if on else np.ones(rows, dtype=bool)
    replicas = (
        np.where((rng.random(rows) < 0.3) & free, 2, 1) if on and sites > 1 else np.zeros(0, dtype=np.int64)
    )
    quotas = int(rng.integers(0, 2)) if on else 0
    supply = on and rng.random() < 0.3
    price = rng.integers(0, 6, (sites, resources, slots)).astype(float)
    masks = rng.random((1, sites, slots)) < 0.7
    families = {
        "spread_of": np.where(rng.random(rows) < 0.5, 0, -1),
        "spread_pointer": np.array([0, 1]),
        "spread_sites": np.array([[0, sites - 1]]),
    }
    return problem_with(
        jobs=jobs, sites=sites, slots=slots, resources=resources, row_job=row_job,
        base_price=price,
        capacity=rng.integers(0, 5, (sites, resources, slots)).astype(float),
        link_capacity=rng.integers(0, 4, (links, slots)).astype(float),
        penalty=rng.integers(1, 60, jobs).astype(float),
        demand=rng.integers(0, 3, (rows, resources)).astype(float),
        duration=rng.integers(1, 4, rows),
        last_slot_share=rng.choice([0.5, 1.0], rows),
        release=rng.integers(0, 3, rows),
        deadline=rng.integers(1, slots + 2, rows),
        due=rng.integers(0, slots + 1, rows),
        late_cost=rng.integers(0, 3, rows).astype(float),
        eligible=rng.random((rows, sites)) < 0.8,
        place=rng.integers(0, places, rows),
        place_weight=rng.integers(0, 3, rows).astype(float),
        place_cost=rng.integers(0, 4, (places, sites)).astype(float),
        transfer_pointer=np.concatenate([[0], np.cumsum(moves)]),
        transfer_place=rng.integers(0, places, moves.sum()),
        transfer_rate=rng.integers(1, 3, moves.sum()).astype(float),
        transfer_slots=rng.choice([-1, 1, 2], moves.sum()),
        route_pointer=np.concatenate([[0], np.cumsum(has_route)]),
        route_link=rng.integers(0, links, has_route.sum()),
        start_masks=masks,
        start_mask_of=np.where((rng.random(rows) < 0.2) & free, 0, -1),
        min_run=min_run,
        resume_cost=rng.integers(0, 4, rows).astype(float) if on else np.zeros(0),
        replicas=replicas,
        **(families if replicas.size else {}),
        group_of=rng.integers(-1, 1, rows) if on else np.zeros(0, dtype=np.int64),
        group_capacity=rng.integers(1, 5, (1, resources, slots)).astype(float) if on else np.zeros((0, 0, 0)),
        quota_site=rng.integers(0, sites, quotas),
        quota_resource=rng.integers(0, resources, quotas),
        quota_weight=rng.integers(0, 2, (quotas, slots)).astype(float),
        quota_limit=rng.integers(0, 6, quotas).astype(float),
        supply_resource=1 if supply else -1,
        supply_price=rng.integers(0, 9, (sites, 2, slots)).astype(float) if supply else np.zeros((0, 0, 0)),
        supply_size=rng.integers(0, 4, (sites, 2, slots)).astype(float) if supply else np.zeros((0, 0, 0)),
    )  # fmt: skip
