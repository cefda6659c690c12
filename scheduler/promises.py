"""Promises: what an earlier plan said of the jobs, and what it costs to break it.

Every promise that can still be kept becomes a choice row of its own, pinned to its sites and slots. The other rows of
the job cost the threshold more: it moves only for a larger gain. A job that has started has no other row.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np

from scheduler.arrays import Bools, Floats, Ints
from scheduler.case import Case
from scheduler.errors import WorldError
from scheduler.formulation import Formulation
from scheduler.optimizer import Assignment, Prices, Problem, Solution, nothing_placed
from scheduler.placement import Placement
from scheduler.plan import Plan
from scheduler.policy import OPTIMAL, Policy
from scheduler.shadow_prices import earlier_prices

MOVE_THRESHOLD = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Promises:
    """What was promised.

    Attributes:
        plan: the earlier plan.
        started: names of jobs that run already, inside the new horizon; they stay where they are.
        threshold: a job moves only for a gain above this share of what its place costs.

    Raises:
        WorldError: a threshold that is no share.
    """

    plan: Plan
    started: Collection[str] = ()
    threshold: float = MOVE_THRESHOLD

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise WorldError(f"move threshold = {self.threshold}: must be a share from 0 to 1")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pledge:
    """A formulation with promises in it; J jobs of its problem.

    Attributes:
        formulation: with a row for each promise, and what breaking it costs.
        assignment: every promise kept.
        frozen: [J] jobs that have started.
        thresholds_cny: sum of what breaking costs; the true objective of any plan is at most this much less.
        prices: those the earlier plan proved, or None.
    """

    formulation: Formulation
    assignment: Assignment
    frozen: Bools
    thresholds_cny: float
    prices: Prices | None

    @property
    def started(self) -> Assignment:
        """The jobs that have started, and no other."""
        held = deepcopy(self.assignment)
        for values in (held.row, held.site, held.start, held.end):
            values[~self.frozen] = -1
        for job in np.flatnonzero(~self.frozen).tolist():
            held.run_site[held.run_pointer[job] : held.run_pointer[job + 1]] = -1
        return held

    @property
    def warm_start(self) -> Solution | Assignment:
        """What a search may begin from: every promise, with the earlier plan's prices where it has some."""
        if self.prices is None:
            return self.assignment
        return Solution(
            assignment=self.assignment,
            objective=math.inf,
            bound=-math.inf,
            prices=self.prices,
            status="feasible",
            seconds=0.0,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """One promise that can be kept: row to copy, its sites, and its runs as slots."""

    job: int
    row: int
    sites: tuple[int, ...]
    runs: tuple[tuple[int, int], ...]
    release: int
    threshold_cny: float
    started: bool


def pledge(case: Case, formulation: Formulation, promises: Promises, policy: Policy) -> Pledge:
    """Return the formulation in which promises are kept unless breaking one gains more than its threshold."""
    position = {case.jobs[number].name: index for index, number in enumerate(formulation.jobs.tolist())}
    kept = [
        found
        for placement in promises.plan.placements
        if placement.job in position
        and (
            found := _keep(
                case, formulation, position[placement.job], placement, promises=promises, policy=policy
            )
        )
    ]
    kept.sort(key=lambda each: each.job)
    problem, pinned, source = _with_rows(formulation.problem, kept)
    assignment = nothing_placed(problem)
    frozen = np.zeros(problem.jobs, dtype=np.bool_)
    for row, each in zip(pinned.tolist(), kept, strict=True):
        _write(assignment, row, each)
        frozen[each.job] = each.started
    return Pledge(
        formulation=replace(formulation, problem=problem, row_candidate=formulation.row_candidate[source]),
        assignment=assignment,
        frozen=frozen,
        thresholds_cny=float(sum(each.threshold_cny for each in kept)),
        prices=earlier_prices(case, promises.plan, problem),
    )


def _keep(
    case: Case,
    formulation: Formulation,
    job: int,
    placement: Placement,
    *,
    promises: Promises,
    policy: Policy,
) -> _Kept | None:
    """Return how a promise is kept, or None where rules, places or time have changed too much."""
    problem, horizon, names = formulation.problem, case.world.horizon, case.world.catalogue.site_ids
    number = int(formulation.jobs[job])
    if placement.variant >= len(case.jobs[number].variants) or not set(placement.sites) <= set(names):
        return None
    runs = tuple((horizon.slot_at(start), horizon.first_slot_from(end)) for start, end in placement.runs)
    on_slots = all(
        horizon.instant(run[0]) == start for run, (start, _) in zip(runs, placement.runs, strict=True)
    )
    sites = tuple(names.index(name) for name in placement.sites)
    candidate = int(case.candidates.pointer[number]) + placement.variant
    wanted = np.flatnonzero(formulation.row_candidate == candidate)
    started = placement.job in promises.started
    for row in wanted.tolist():
        release = runs[0][0] - max(_lead(problem, row, site) for site in sites)
        if (
            on_slots
            and problem.eligible[row, list(sites)].all()
            and release >= problem.release[row]
            and runs[-1][1] <= problem.deadline[row]
            and sum(end - start for start, end in runs) == problem.duration[row]
        ):
            share = promises.threshold if policy.name == OPTIMAL else 0.0
            threshold_cny = share * policy.objective_cny(placement.cost)
            return _Kept(
                job=job,
                row=row,
                sites=sites,
                runs=runs,
                release=release,
                threshold_cny=0.0 if started else threshold_cny,
                started=started,
            )
    return None


def _lead(problem: Problem, row: int, site: int) -> int:
    """Return the slots a row's inputs need before its start at a site."""
    lead = 0
    for x in range(problem.transfer_pointer[row], problem.transfer_pointer[row + 1]):
        cell = problem.transfer_place[x] * problem.sites + site
        if problem.route_pointer[cell + 1] > problem.route_pointer[cell]:
            lead = max(lead, int(problem.transfer_slots[x]))
    return lead


def _with_rows(problem: Problem, kept: list[_Kept]) -> tuple[Problem, Ints, Ints]:
    """Return the problem with a pinned row first in each promised job, those rows, and the sources of all rows."""
    first = np.searchsorted(problem.row_job, np.arange(problem.jobs + 1))
    promised = {each.job: each for each in kept}
    source: list[int] = []
    pinned: list[int] = []
    threshold_cny: list[float] = []
    for job in range(problem.jobs):
        each = promised.get(job)
        if each is not None:
            pinned.append(len(source))
            source.append(each.row)
            threshold_cny.append(0.0)
        if each is None or not each.started:
            rows = range(first[job], first[job + 1])
            source.extend(rows)
            threshold_cny.extend([0.0 if each is None else each.threshold_cny] * len(rows))
    chosen, pins = np.array(source, dtype=np.int64), np.array(pinned, dtype=np.int64)
    wider = _charged(_chosen_rows(problem, chosen), np.array(threshold_cny))
    for row, each in zip(pinned, kept, strict=True):
        wider.eligible[row] = False
        wider.eligible[row, list(each.sites)] = True
        wider.release[row], wider.deadline[row] = each.release, each.runs[-1][1]
        if wider.spread_of.size:
            wider.spread_of[row] = -1
        wider.penalty[each.job] += each.threshold_cny
    return wider, pins, chosen


def _chosen_rows(problem: Problem, rows: Ints) -> Problem:
    """Return a problem of some rows, repeated or left out, in fresh arrays."""
    counts = np.diff(problem.transfer_pointer)[rows]
    begins = problem.transfer_pointer[rows]
    pointer = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    moved = np.arange(pointer[-1]) + np.repeat(begins - pointer[:-1], counts)
    by_row = ("row_job demand duration last_slot_share release deadline due late_cost eligible place place_weight "
              "start_mask_of min_run resume_cost replicas spread_of group_of")  # fmt: skip
    fields = {name: getattr(problem, name) for name in by_row.split()}
    return replace(
        problem,
        penalty=problem.penalty.copy(),
        transfer_pointer=pointer,
        transfer_place=problem.transfer_place[moved],
        transfer_rate=problem.transfer_rate[moved],
        transfer_slots=problem.transfer_slots[moved],
        **{name: values[rows] for name, values in fields.items() if len(values)},
    )


def _charged(problem: Problem, extra_cny: Floats) -> Problem:
    """Return the problem with an extra cost of some rows; rows that carry one get prices of their own."""
    charged = np.flatnonzero(extra_cny > 0)
    if not len(charged):
        return problem
    replicas = problem.replicas[charged] if problem.replicas.size else np.ones(len(charged))
    own = (
        problem.place_weight[charged, np.newaxis] * problem.place_cost[problem.place[charged]]
        + (extra_cny[charged] / replicas)[:, np.newaxis]
    )
    place, weight = problem.place.copy(), problem.place_weight.copy()
    place[charged], weight[charged] = len(problem.place_cost) + np.arange(len(charged)), 1.0
    routes = problem.route_pointer
    return replace(
        problem,
        place=place,
        place_weight=weight,
        place_cost=np.vstack([problem.place_cost, own]),
        route_pointer=np.concatenate([routes, np.full(own.size, routes[-1])]),
    )


def _write(assignment: Assignment, row: int, kept: _Kept) -> None:
    """Write a promise into an assignment."""
    job, begin = kept.job, int(assignment.run_pointer[kept.job])
    assignment.row[job], assignment.site[job] = row, kept.sites[0]
    assignment.start[job], assignment.end[job] = kept.runs[0][0], kept.runs[-1][1]
    if assignment.run_pointer[job + 1] > begin:
        several = (
            [(kept.sites[0], *run) for run in kept.runs]
            if len(kept.sites) == 1
            else [(site, *kept.runs[0]) for site in kept.sites]
        )
        for offset, (site, start, end) in enumerate(several):
            assignment.run_site[begin + offset] = site
            assignment.run_start[begin + offset] = start
            assignment.run_end[begin + offset] = end
