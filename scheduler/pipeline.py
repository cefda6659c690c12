"""The pipeline: feasible -> price -> optimise -> explain."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from scheduler.case import Case, open_case
from scheduler.cost import CostParts
from scheduler.errors import JobError
from scheduler.job import Job
from scheduler.placement import Placement
from scheduler.plan import Plan, Rejection, Status, relative_gap
from scheduler.policy import Policy
from scheduler.references import check_references
from scheduler.screening import find_feasible
from scheduler.settlement import pv_saving, settle_placements, settle_rejections
from scheduler.shadow_prices import shadow_prices
from scheduler.world import World

if TYPE_CHECKING:
    from scheduler.decision import Decision, Effort
    from scheduler.optimizer import Progress
    from scheduler.promises import Promises

DEFAULT_POLICY = Policy()


def schedule(
    jobs: Sequence[Job],
    world: World,
    *,
    policy: Policy = DEFAULT_POLICY,
    time_limit_s: float = 60.0,
    gap: float = 1e-4,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    previous: Plan | None = None,
    started: Collection[str] = (),
    move_threshold: float = 0.01,
    passes: int | None = None,
    rounds: int | None = None,
) -> Plan:
    """Decide which job runs where and when.

    Args:
        jobs: the requests; their names differ.
        world: what may be seen.
        policy: how to plan.
        time_limit_s: stop searching by then with the best plan so far [s].
        gap: stop as soon as the relative gap is proven to be at most this.
        seed: of the random moves.
        progress: called with news of the search.
        cancelled: asked often; true stops the search with the best plan so far.
        previous: an earlier plan to begin from; what it promised moves only for a gain above the threshold.
        started: names of jobs of the earlier plan that run already: they stay. One that began before this horizon
            is a reservation of the world, not a job.
        move_threshold: share of what a job's place costs that a move must gain.
        passes: pricing passes of the search, or None: as many as the time limit is worth.
        rounds: rounds of improvement, or None likewise. With both given the plan is the same to the bit on every
            machine, as long as the time limit is not reached.

    Returns:
        A plan that answers every job once. Same input and seed give the same plan, unless time ran out.

    Raises:
        ReferenceFault: a job names a place or machine the catalogue does not have.
        JobError: two jobs share a name.
        WorldError: a threshold that is no share.
        OptimizerError: the instance is too large for memory.
    """
    # The optimizer loads compiled code and solvers; who only reads jobs and plans should not wait for them.
    from scheduler.decision import Effort  # noqa: PLC0415
    from scheduler.promises import Promises  # noqa: PLC0415

    began = time.perf_counter()
    check_references(jobs, world.catalogue)
    _check_names(jobs)
    if not jobs:
        return _nothing_to_do(world, policy)
    effort = Effort(
        time_limit_s=time_limit_s,
        gap=gap,
        seed=seed,
        progress=progress,
        cancelled=cancelled,
        passes=passes,
        rounds=rounds,
    )
    promises = None
    if previous is not None:
        promises = Promises(plan=previous, started=frozenset(started), threshold=move_threshold)
    return _decide(open_case(jobs, world), policy, effort, promises, began)


def _decide(case: Case, policy: Policy, effort: Effort, promises: Promises | None, began: float) -> Plan:
    from scheduler.decision import decide  # noqa: PLC0415
    from scheduler.formulation import formulate  # noqa: PLC0415
    from scheduler.promises import pledge  # noqa: PLC0415

    feasibility, limits = find_feasible(case)
    formulation = formulate(case, feasibility, limits, policy)
    given = None
    if promises is not None:
        given = pledge(case, formulation, promises, policy)
        formulation = given.formulation
    left_s = max(effort.time_limit_s - (time.perf_counter() - began), 0.0)
    decision = decide(case, formulation, policy, replace(effort, time_limit_s=left_s), given)
    placements = settle_placements(case, formulation, decision.assignment)
    rejections = settle_rejections(case, feasibility, placements, policy)
    return _write_plan(
        case=case,
        policy=policy,
        decision=decision,
        placements=placements,
        rejections=rejections,
        seconds=time.perf_counter() - began,
    )


def _write_plan(
    *,
    case: Case,
    policy: Policy,
    decision: Decision,
    placements: tuple[Placement, ...],
    rejections: tuple[Rejection, ...],
    seconds: float,
) -> Plan:
    value = {job.name: float(worth) for job, worth in zip(case.jobs, case.value_cny, strict=True)}
    cost = CostParts(
        energy_cny=math.fsum(placement.cost.energy_cny for placement in placements),
        carbon_cny=math.fsum(placement.cost.carbon_cny for placement in placements),
        network_cny=math.fsum(placement.cost.network_cny for placement in placements),
        rejected_value_cny=math.fsum(value[rejection.job] for rejection in rejections),
    )
    saving = pv_saving(case, placements)
    objective = policy.objective_cny(cost)
    if saving is not None:
        objective -= policy.energy_weight * saving.energy_cny + policy.carbon_weight * saving.carbon_cny
    return Plan(
        horizon=case.world.horizon,
        policy=policy,
        status=decision.status,
        objective_cny=objective,
        lower_bound_cny=min(decision.lower_bound_cny, objective),
        gap=relative_gap(objective, decision.lower_bound_cny),
        solve_seconds=seconds,
        cost=cost,
        carbon_kg=math.fsum(placement.carbon_kg for placement in placements),
        energy_kwh=math.fsum(placement.energy_kwh for placement in placements),
        placements=placements,
        rejections=rejections,
        shadow_prices=() if decision.prices is None else shadow_prices(case, decision.prices),
        pv_saving=saving,
    )


def _check_names(jobs: Sequence[Job]) -> None:
    """Check that names differ: they are the key of a job within a plan.

    Raises:
        JobError: two do not.
    """
    seen: set[str] = set()
    for job in jobs:
        if job.name in seen:
            raise JobError("name", job.name, "is taken by an earlier job; job names must differ")
        seen.add(job.name)


def _nothing_to_do(world: World, policy: Policy) -> Plan:
    return Plan(
        horizon=world.horizon,
        policy=policy,
        status=Status.OPTIMAL,
        objective_cny=0.0,
        lower_bound_cny=0.0,
        gap=0.0,
        solve_seconds=0.0,
        cost=CostParts(),
        carbon_kg=0.0,
        energy_kwh=0.0,
        placements=(),
        rejections=(),
        shadow_prices=(),
    )
