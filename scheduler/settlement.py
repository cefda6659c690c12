"""Settlement: an assignment of the array problem as placements and rejections, with what they truly cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from scheduler.arrays import Floats, Ints
from scheduler.case import Case
from scheduler.cost import CostParts
from scheduler.feasibility import PASSES, Codes, Feasibility, count_reasons
from scheduler.options import price_options
from scheduler.placement import Placement
from scheduler.plan import Rejection
from scheduler.policy import Policy
from scheduler.quota_room import left_to_tenants, quota_has_room
from scheduler.reason import Reason
from scheduler.sunlight import PvSaving

if TYPE_CHECKING:
    from scheduler.formulation import Formulation
    from scheduler.optimizer import Assignment

Run = tuple[int, int, int]  # site, first slot, exclusive end slot


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Ledger:
    """What each placed job costs, [N] in the order of the jobs."""

    job: Ints
    energy_cny: Floats
    carbon_cny: Floats
    network_cny: Floats
    carbon_kg: Floats
    energy_kwh: Floats


def settle_placements(case: Case, formulation: Formulation, assignment: Assignment) -> tuple[Placement, ...]:
    """Return the placement of every placed job, in the order of the jobs."""
    placed = np.flatnonzero(assignment.placed)
    candidate = formulation.row_candidate[assignment.row[placed]]
    runs = _runs(assignment, placed)
    ledger = _ledger(case, formulation, placed, candidate, runs)
    instants, site_ids = case.world.horizon.instants(), case.world.catalogue.site_ids
    slot_minutes = case.world.horizon.slot_minutes
    placements = []
    for number, variant, its_runs, emitted_kg, energy_kwh, *cny in zip(
        ledger.job.tolist(),
        case.candidates.variant[candidate].tolist(),
        runs,
        ledger.carbon_kg.tolist(),
        ledger.energy_kwh.tolist(),
        ledger.energy_cny.tolist(),
        ledger.carbon_cny.tolist(),
        ledger.network_cny.tolist(),
        strict=True,
    ):
        job = case.jobs[number]
        spreads = job.spread is not None
        intervals = _intervals(
            slot_minutes,
            instants,
            its_runs[:1] if spreads else its_runs,
            job.variants[variant].runtime_minutes,
        )
        sites = tuple([site_ids[site] for site, *_ in its_runs])
        placements.append(
            Placement(
                job=job.name,
                site=sites[0],
                variant=variant,
                start=intervals[0][0],
                end=intervals[-1][1],
                runs=intervals,
                cost=CostParts(energy_cny=cny[0], carbon_cny=cny[1], network_cny=cny[2]),
                carbon_kg=emitted_kg,
                energy_kwh=energy_kwh,
                replicas=sites if spreads else (),
            )
        )
    return tuple(placements)


def _runs(assignment: Assignment, placed: Ints) -> list[tuple[Run, ...]]:
    """Return the runs of every placed job; most have one, which is no entry of the pool."""
    plain = assignment.run_pointer[placed] == assignment.run_pointer[placed + 1]
    return [
        ((site, start, end),) if single else _joined(assignment.runs_of(job))
        for job, single, site, start, end in zip(
            placed.tolist(),
            plain.tolist(),
            assignment.site[placed].tolist(),
            assignment.start[placed].tolist(),
            assignment.end[placed].tolist(),
            strict=True,
        )
    ]


def _joined(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return runs with those that follow each other at one site without a pause made one."""
    joined: list[Run] = []
    for site, start, end in runs:
        follows = bool(joined) and joined[-1][0] == site and joined[-1][2] == start
        joined.append((site, joined.pop()[1] if follows else start, end))
    return tuple(joined)


def _ledger(
    case: Case, formulation: Formulation, placed: Ints, candidate: Ints, runs: list[tuple[Run, ...]]
) -> _Ledger:
    counts = np.array([len(each) for each in runs], dtype=np.int64)
    owner = np.repeat(np.arange(len(runs)), counts)
    flat = np.array([run for each in runs for run in each], dtype=np.int64).reshape(-1, 3)
    jobs, rows = formulation.jobs[placed], case.candidates
    spreads = np.array([case.jobs[job].spread is not None for job in jobs.tolist()], dtype=np.bool_)
    # Runs of a split job end with their slots, but for its last; replicas all end alike.
    pays_share = spreads[owner]
    pays_share[np.cumsum(counts) - 1] = True
    cost = case.unit.of_runs(
        rows.it_kw[candidate][owner],
        flat[:, 0],
        flat[:, 1],
        flat[:, 2] - flat[:, 1],
        np.where(pays_share, rows.last_slot_share[candidate][owner], 1.0),
    )
    # Data is moved once for every replica; a job resumes where it paused.
    moves = spreads[owner]
    moves[np.cumsum(counts) - counts] = True
    network_cny = np.where(moves, case.haulage.network_cny[jobs][owner, flat[:, 0]], 0.0)
    resumes, each = np.where(spreads, 0, counts - 1), formulation.resumption

    def total(part: Floats, of_resume: Floats) -> Floats:
        sums = np.bincount(owner, weights=part, minlength=len(runs))
        return np.asarray(sums + resumes * of_resume[candidate], dtype=np.float64)

    return _Ledger(
        job=jobs,
        energy_cny=total(cost.energy_cny, each.run.energy_cny),
        carbon_cny=total(cost.carbon_cny, each.run.carbon_cny),
        network_cny=total(network_cny, each.network_cny),
        carbon_kg=total(cost.carbon_kg, each.run.carbon_kg),
        energy_kwh=total(cost.energy_kwh, each.run.energy_kwh),
    )


def _intervals(
    slot_minutes: int, instants: tuple[datetime, ...], runs: tuple[Run, ...], runtime_minutes: float
) -> tuple[tuple[datetime, datetime], ...]:
    """Return [start, end) of every run; the last one ends by the minute, the others with their slot."""
    left, intervals = runtime_minutes, []
    for _, first, end in runs:
        minutes = min(left, float((end - first) * slot_minutes))
        left -= minutes
        start = instants[first]
        intervals.append((start, start + timedelta(minutes=minutes)))
    return tuple(intervals)


def pv_saving(case: Case, placements: Sequence[Placement]) -> PvSaving | None:
    """Return what the sun saves under all placements together; None where no site has any."""
    sun, unit, horizon = case.unit.sun_it_kw, case.unit, case.world.horizon
    if not (sun > 0).any():
        return None
    held = np.zeros_like(sun)
    number = {job.name: index for index, job in enumerate(case.jobs)}
    row = {name: index for index, name in enumerate(case.world.catalogue.site_ids)}
    for placement in placements:
        it_kw = case.candidates.it_kw[case.candidates.pointer[number[placement.job]] + placement.variant]
        for start, end in placement.runs:
            slots = slice(horizon.slot_at(start), horizon.first_slot_from(end))
            for site in placement.sites:
                held[row[site], slots] += it_kw
    energy_cny, carbon_kg, energy_kwh = (np.minimum(held, sun) * unit.per_slot).sum(axis=(1, 2)).tolist()
    return PvSaving(
        energy_cny=energy_cny,
        carbon_cny=carbon_kg * unit.carbon_cny_per_kg,
        carbon_kg=carbon_kg,
        energy_kwh=energy_kwh,
    )


def settle_rejections(
    case: Case, feasibility: Feasibility, placements: Sequence[Placement], policy: Policy
) -> tuple[Rejection, ...]:
    """Return the rejection of every job that is not placed, with its counted reasons."""
    furthest = feasibility.furthest(case.candidates.pointer)
    placed = {placement.job for placement in placements}
    left = left_to_tenants(case, placements)
    unit = policy.energy_weight * case.unit.energy_cny + policy.carbon_weight * case.unit.carbon_cny
    dearest = unit.max(axis=1)
    return tuple(
        Rejection(
            job=job.name,
            reasons=_reasons(
                case, feasibility, number, furthest[number], policy=policy, left=left, dearest=dearest
            ),
        )
        for number, job in enumerate(case.jobs)
        if job.name not in placed
    )


def _reasons(
    case: Case,
    feasibility: Feasibility,
    job: int,
    furthest: Codes,
    *,
    policy: Policy,
    left: Floats,
    dearest: Floats,
) -> Counter[str]:
    """Count each site once; one that breaks no rule had no room in time, or none in the quota, or was not worth it."""
    reasons = count_reasons(furthest)
    open_sites = furthest == PASSES
    if open_sites.any():
        worthless = int((open_sites & ~_worth_it(case, feasibility, job, policy, dearest)).sum())
        for reason, count in (
            (
                Reason.NO_ROOM_IN_TIME if quota_has_room(case, job, left) else Reason.OVER_QUOTA,
                int(open_sites.sum()) - worthless,
            ),
            (Reason.NOT_WORTH_IT, worthless),
        ):
            if count:
                reasons[reason.value] = count
    return reasons


def _worth_it(
    case: Case, feasibility: Feasibility, job: int, policy: Policy, dearest: Floats
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return [S]: whether some option in time, were the site empty, costs less than the job is worth.

    Each replica must cost less than its part of the value. Where even the dearest slots [S, CNY/kW] cost less, no
    option needs to be priced: a site that breaks no rule has one in time.
    """
    worth = np.zeros(len(case.world.catalogue.sites), dtype=np.bool_)
    value_cny = case.value_cny[job] / case.jobs[job].replicas
    network_cny = policy.network_weight * case.haulage.network_cny[job]
    for candidate in range(case.candidates.pointer[job], case.candidates.pointer[job + 1]):
        passes = feasibility.broken[candidate] == PASSES
        most = case.candidates.it_kw[candidate] * case.candidates.duration[candidate] * dearest
        if (most + network_cny < value_cny)[passes].all():
            worth |= passes
            continue
        options = price_options(case, candidate)
        cheap = options.weighted_cny(policy) < value_cny
        worth |= (cheap & options.in_time).any(axis=1) & passes
    return worth
