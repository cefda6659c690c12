"""Formulation: a case as the array problem of the optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scheduler.arrays import Floats, Ints
from scheduler.carriage import price_carriage
from scheduler.case import Case
from scheduler.choice_rows import ChoiceRows, list_choice_rows
from scheduler.feasibility import Feasibility
from scheduler.haulage import Haulage
from scheduler.limits import Limits
from scheduler.optimizer import Problem, require_memory
from scheduler.policy import Policy
from scheduler.reach import transfer_slots
from scheduler.resumption import Resumption, price_resumption

POWER = -1  # IT power is the last resource
UNLIMITED_KW = 1e9


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Formulation:
    """The array problem and what its rows stand for.

    A job that no site can take has no choice, and no place in the problem.

    Attributes:
        problem: what the optimizer sees.
        jobs: [J] number in the case of every job of the problem.
        left_out_cny: value of the jobs that have no choice: part of every objective and of every bound.
        row_candidate: [C] candidate of every choice row.
        resumption: what pauses cost, by candidate.
    """

    problem: Problem
    jobs: Ints
    left_out_cny: float
    row_candidate: Ints
    resumption: Resumption


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
    rows = list_choice_rows(case, feasibility.eligible)
    chosen, job = rows.candidate, candidates.job[rows.candidate]
    with_choice, row_job = np.unique(job, return_inverse=True)
    carriage = price_carriage(haulage)
    pointer, links = _routes(haulage, len(carriage.price))
    slots = transfer_slots(haulage.size_gb[rows.transfer], rows.transfer_rate, horizon.hours_per_slot)
    duration = candidates.duration[chosen]
    deadline = np.minimum(candidates.last_start[chosen] + duration, horizon.slots)
    resumption = price_resumption(case)
    grid = base_price(case, policy)
    problem = Problem(
        base_price=_beside_sun(case, grid),
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
        **_pauses(resumption, chosen, policy),
        **_replicas(rows),
        **_quotas(case, job),
        **_supplies(case, grid),
    )
    left_out_cny = float(np.delete(case.value_cny, with_choice).sum())
    return Formulation(
        problem=problem,
        jobs=with_choice,
        left_out_cny=left_out_cny,
        row_candidate=chosen,
        resumption=resumption,
    )


def base_price(case: Case, policy: Policy) -> Floats:
    """Return [S, R, T]: only IT power has a price, of energy and carbon as the policy weighs them."""
    price = np.zeros(case.free.sites.shape)
    price[:, POWER, :] = (
        policy.energy_weight * case.unit.energy_cny + policy.carbon_weight * case.unit.carbon_cny
    )
    return price


def _pauses(resumption: Resumption, chosen: Ints, policy: Policy) -> dict[str, Any]:
    """Return the fields of interruptible rows; none where every row runs through."""
    if not resumption.min_run[chosen].any():
        return {}
    cost_cny = (
        policy.energy_weight * resumption.run.energy_cny
        + policy.carbon_weight * resumption.run.carbon_cny
        + policy.network_weight * resumption.network_cny
    )
    return {"min_run": resumption.min_run[chosen], "resume_cost": cost_cny[chosen]}


def _replicas(rows: ChoiceRows) -> dict[str, Any]:
    """Return the fields of rows that spread; none where no row does."""
    if not (rows.replicas > 1).any():
        return {}
    return {
        "replicas": rows.replicas,
        "spread_of": rows.family,
        "spread_pointer": rows.family_pointer,
        "spread_sites": rows.sets,
    }


def _quotas(case: Case, job: Ints) -> dict[str, Any]:
    """Return the fields of tenants' quotas and of the sites' energy quotas."""
    fields: dict[str, Any] = {}
    if case.tenancy.tenants:
        fields |= {"group_of": case.tenancy.of_job[job], "group_capacity": case.tenancy.free}
    quotas = case.free.energy
    if len(quotas.site):
        fields |= {
            "quota_site": quotas.site,
            "quota_resource": np.full(len(quotas.site), case.free.sites.shape[1] + POWER, dtype=np.int64),
            "quota_weight": quotas.weight,
            "quota_limit": case.free.energy_kwh,
        }
    return fields


def _beside_sun(case: Case, grid: Floats) -> Floats:
    """Return [S, R, T]: prices of what no supply pays for; where the sun gives power, the supply pays it all."""
    paid = grid.copy()
    paid[:, POWER, :][case.unit.sun_it_kw > 0] = 0.0
    return paid


def _supplies(case: Case, grid: Floats) -> dict[str, Any]:
    """Return the fields of supplies, sun before grid; none where no site has sun left."""
    sun = case.unit.sun_it_kw
    if not (sun > 0).any():
        return {}
    first = np.where(sun > 0, sun, UNLIMITED_KW)
    rest = np.where(sun > 0, UNLIMITED_KW, 0.0)
    return {
        "supply_resource": grid.shape[1] + POWER,
        "supply_price": np.stack([np.zeros_like(sun), np.where(sun > 0, grid[:, POWER, :], 0.0)], axis=1),
        "supply_size": np.stack([first, rest], axis=1),
    }


def _routes(haulage: Haulage, places: int) -> tuple[Ints, Ints]:
    """Return the routes of the reach, and none for the price rows of single jobs behind it."""
    pointer = haulage.reach.route_pointer
    cells = places * haulage.reach.rate_gbps.shape[1]
    return np.concatenate([pointer, np.full(cells + 1 - len(pointer), pointer[-1])]), haulage.reach.route_link
