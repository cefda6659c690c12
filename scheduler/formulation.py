"""Formulation: a case as the array problem of the optimizer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Bools, Floats, Ints
from scheduler.carriage import price_carriage
from scheduler.case import Case
from scheduler.feasibility import Feasibility
from scheduler.haulage import Haulage
from scheduler.limits import Limits
from scheduler.optimizer import Problem, require_memory
from scheduler.policy import Policy
from scheduler.reach import transfer_slots
from scheduler.transfer_classes import TransferClass, transfer_classes


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Formulation:
    """The array problem and what its rows stand for.

    A job that no site can take has no choice, and no place in the problem.

    Attributes:
        problem: what the optimizer sees.
        jobs: [J] number in the case of every job of the problem.
        left_out_cny: value of the jobs that have no choice: part of every objective and of every bound.
        row_candidate: [C] candidate of every choice row.
    """

    problem: Problem
    jobs: Ints
    left_out_cny: float
    row_candidate: Ints


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rows:
    """Choice rows: one per candidate and class of sites it is eligible at, in the order of the candidates."""

    candidate: Ints
    eligible: Bools
    transfer_pointer: Ints
    transfer: Ints
    transfer_rate: Floats


def formulate(case: Case, feasibility: Feasibility, limits: Limits, policy: Policy) -> Formulation:
    """Return the problem of a case: policy-weighted costs, capacities less reservations.

    Raises:
        ProblemTooLarge: it would not fit into memory.
    """
    candidates, haulage, horizon = case.candidates, case.haulage, case.world.horizon
    require_memory(
        jobs=len(case.jobs),
        rows=len(candidates.job),
        sites=case.free.sites.shape[0],
        resources=case.free.sites.shape[1],
        slots=horizon.slots,
        links=len(case.free.links),
        transfers=len(haulage.place),
    )
    rows = _choice_rows(case, feasibility)
    chosen, job = rows.candidate, candidates.job[rows.candidate]
    with_choice, row_job = np.unique(job, return_inverse=True)
    carriage = price_carriage(haulage)
    pointer, links = _routes(haulage, len(carriage.price))
    slots = transfer_slots(haulage.size_gb[rows.transfer], rows.transfer_rate, horizon.hours_per_slot)
    duration = candidates.duration[chosen]
    deadline = np.minimum(candidates.last_start[chosen] + duration, horizon.slots)
    problem = Problem(
        base_price=base_price(case, policy),
        capacity=case.free.sites,
        link_capacity=case.free.links,
        penalty=case.value_cny[with_choice],
        row_job=row_job.astype(np.int64),
        demand=candidates.demand[chosen],
        duration=duration,
        last_slot_share=candidates.last_slot_share[chosen],
        release=candidates.first_start[chosen],
        deadline=deadline,
        due=deadline,
        late_cost=np.zeros(len(chosen)),
        eligible=rows.eligible,
        place=carriage.place[job],
        place_weight=carriage.weight[job],
        place_cost=carriage.price * policy.network_weight,
        transfer_pointer=rows.transfer_pointer,
        transfer_place=haulage.place[rows.transfer],
        transfer_rate=rows.transfer_rate,
        transfer_slots=np.where(haulage.incoming[rows.transfer], slots, -slots),
        route_pointer=pointer,
        route_link=links,
        start_mask_of=limits.mask_of[chosen],
        start_masks=limits.masks,
    )
    left_out_cny = float(np.delete(case.value_cny, with_choice).sum())
    return Formulation(problem=problem, jobs=with_choice, left_out_cny=left_out_cny, row_candidate=chosen)


def base_price(case: Case, policy: Policy) -> Floats:
    """Return [S, R, T]: only IT power has a price, of energy and carbon as the policy weighs them."""
    price = np.zeros(case.free.sites.shape)
    price[:, -1, :] = (
        policy.energy_weight * case.unit.energy_cny + policy.carbon_weight * case.unit.carbon_cny
    )
    return price


def _choice_rows(case: Case, feasibility: Feasibility) -> _Rows:
    parts = [_rows_of_class(case, feasibility.eligible, each) for each in transfer_classes(case.haulage)]
    candidate = np.concatenate([part.candidate for part in parts])
    counts = np.concatenate([np.diff(part.transfer_pointer) for part in parts])
    order = np.argsort(candidate, kind="stable")
    moved = np.argsort(np.repeat(_rank(order), counts), kind="stable")
    return _Rows(
        candidate=candidate[order],
        eligible=np.concatenate([part.eligible for part in parts])[order],
        transfer_pointer=np.concatenate([[0], np.cumsum(counts[order])]).astype(np.int64),
        transfer=np.concatenate([part.transfer for part in parts])[moved],
        transfer_rate=np.concatenate([part.transfer_rate for part in parts])[moved],
    )


def _rank(order: Ints) -> Ints:
    """Return where every element went: the inverse of a permutation."""
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank


def _rows_of_class(case: Case, eligible: Bools, each: TransferClass) -> _Rows:
    pointer, haulage = case.candidates.pointer, case.haulage
    counts = pointer[each.jobs + 1] - pointer[each.jobs]
    candidate = _ranges(pointer[each.jobs], counts)
    allowed = eligible[candidate] & each.sites
    some = allowed.any(axis=1)
    candidate = candidate[some]
    first = haulage.pointer[case.candidates.job[candidate]]
    transfers = len(each.rates)
    return _Rows(
        candidate=candidate,
        eligible=allowed[some],
        transfer_pointer=np.arange(len(candidate) + 1, dtype=np.int64) * transfers,
        transfer=(first[:, np.newaxis] + np.arange(transfers)).reshape(-1),
        transfer_rate=np.tile(np.where(np.isfinite(each.rates), each.rates, 1.0), len(candidate)),
    )


def _ranges(first: Ints, counts: Ints) -> Ints:
    """Return first[0], first[0] + 1, ... (counts[0] of them), first[1], ... as one array."""
    ends = np.cumsum(counts)
    return np.asarray(np.arange(int(counts.sum())) + np.repeat(first - (ends - counts), counts))


def _routes(haulage: Haulage, places: int) -> tuple[Ints, Ints]:
    """Return the routes of the reach, and none for the price rows of single jobs behind it."""
    pointer = haulage.reach.route_pointer
    cells = places * haulage.reach.rate_gbps.shape[1]
    return np.concatenate([pointer, np.full(cells + 1 - len(pointer), pointer[-1])]), haulage.reach.route_link
