"""Runs every kernel once on a toy instance, which compiles it into the cache on disk."""

from __future__ import annotations

import numpy as np

from scheduler.optimizer.board import Ask, Board, cheapest_sites, fitting_starts
from scheduler.optimizer.cost import job_costs
from scheduler.optimizer.gap import warm_gap
from scheduler.optimizer.insertion import insert_in_order
from scheduler.optimizer.market import Market
from scheduler.optimizer.problem import Problem
from scheduler.optimizer.solve import solve


def toy_problem() -> Problem:
    """Two sites, two slots, two plain jobs, one split and one spread; every feature present, nothing realistic."""
    jobs = 4
    one = np.ones(jobs, dtype=np.int64)
    return Problem(
        base_price=np.ones((2, 1, 4)),
        capacity=np.full((2, 1, 4), 2.0),
        link_capacity=np.ones((1, 4)),
        penalty=np.full(jobs, 9.0),
        row_job=np.arange(jobs),
        demand=np.ones((jobs, 1)),
        duration=one,
        last_slot_share=np.ones(jobs),
        release=0 * one,
        deadline=4 * one,
        due=4 * one,
        late_cost=np.zeros(jobs),
        eligible=np.ones((jobs, 2), dtype=np.bool_),
        place=0 * one,
        place_weight=np.zeros(jobs),
        place_cost=np.zeros((1, 2)),
        transfer_pointer=np.array([0, 1, 1, 1, 1]),
        transfer_place=np.zeros(1, dtype=np.int64),
        transfer_rate=np.ones(1),
        transfer_slots=np.ones(1, dtype=np.int64),
        route_pointer=np.array([0, 0, 1]),
        route_link=np.zeros(1, dtype=np.int64),
        start_mask_of=-one,
        min_run=np.array([0, 0, 1, 0]),
        resume_cost=np.zeros(jobs),
        replicas=np.array([1, 1, 1, 2]),
    )


def toy_board() -> tuple[Board, Ask]:
    """One site, one slot, one resource, one link and a job that moves nothing."""
    cube, flat, line, once = np.ones((1, 1, 1)), np.ones((1, 1)), np.ones(1), np.ones(1, dtype=np.bool_)
    board = Board(
        room=cube, least=flat, most=flat, link_room=flat, link_least=line, unit=np.ones((2, 1, 1)),
        unit_before=np.ones((2, 1, 2)), sunny=once[np.newaxis].copy(), floor=cube, worth=np.ones((1, 1, 2)),
        link_worth=np.ones((1, 2)), weight=np.ones(4), quota_site=np.zeros(0, dtype=np.int64),
        quota_before=np.zeros((0, 2)), quota_left=np.zeros(0),
    )  # fmt: skip
    ask = Ask(
        demand=flat, run=line, first=0, end=1.0, allowed=once, limit=np.ones(2),
        quota=np.zeros((0, 1, 1)), replicas=1, move_row=np.zeros(0, dtype=np.int64), move_gb=np.zeros(0),
        move_in=np.zeros(0, dtype=np.bool_), gb_price=flat, rate=flat, route_pointer=np.zeros(2, dtype=np.int64),
        route_link=np.zeros(0, dtype=np.int64), hours_per_slot=0.25,
    )  # fmt: skip
    return board, ask


def compile_kernels() -> None:
    """Compile (or load from the cache) everything that `solve` and its neighbours call."""
    warm_gap()
    problem = toy_problem()
    solution = solve(problem, time_limit_s=600.0, passes=3, rounds=1)
    insert_in_order(problem, np.arange(problem.jobs), prices=solution.prices)
    job_costs(problem, solution.assignment)
    # No gap is small enough here: a toy is soon solved, and what comes after must be compiled too.
    solve(problem, time_limit_s=600.0, passes=1, rounds=1, gap=-1.0, warm_start=solution)
    market = Market(problem, solution.assignment, solution.prices)
    for job in range(problem.jobs):
        market.price_job(job)
        market.price_sites(job)
    board, ask = toy_board()
    cheapest_sites(board, ask, 1)
    fitting_starts(board, ask)
