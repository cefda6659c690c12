"""Case: jobs against one world, as arrays; opened once, asked by every step of the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pricing import load_price_catalogue, value_cny
from scheduler.arrays import Floats
from scheduler.candidates import Candidates, list_candidates
from scheduler.haulage import Haulage, plan_haulage
from scheduler.job import Job
from scheduler.room import Room, empty_room, free_room
from scheduler.tenancy import Tenancy, open_tenancy
from scheduler.unit_cost import UnitCost, unit_cost
from scheduler.world import World


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Case:
    """What the steps need to know; J jobs, C candidates.

    Attributes:
        jobs: the jobs, in their order.
        world: what they are decided in.
        candidates: their variants.
        haulage: the data they move.
        unit: what a kilowatt costs.
        whole: room of empty sites.
        free: room beside the reservations.
        value_cny: [J] what running each job is worth.
        tenancy: what tenants may hold.
    """

    jobs: tuple[Job, ...]
    world: World
    candidates: Candidates
    haulage: Haulage
    unit: UnitCost
    whole: Room
    free: Room
    value_cny: Floats
    tenancy: Tenancy = field(default_factory=Tenancy)


def open_case(jobs: Sequence[Job], world: World) -> Case:
    """Return the case of jobs whose references have been checked."""
    whole = empty_room(world)
    free = free_room(world, whole)
    return Case(
        jobs=tuple(jobs),
        world=world,
        candidates=list_candidates(jobs, world, whole.resources),
        haulage=plan_haulage(jobs, world),
        unit=unit_cost(world),
        whole=whole,
        free=free,
        value_cny=np.array([job_value_cny(job) for job in jobs], dtype=np.float64),
        tenancy=open_tenancy(jobs, whole, free),
    )


def job_value_cny(job: Job) -> float:
    """Return what running a job is worth [CNY]: as stated, or its rate-card price times 10 ** priority.

    Raises:
        UnknownPrice: it states none, and the rate card knows no price of its accelerator.
    """
    if job.value_cny is not None:
        return job.value_cny
    card = load_price_catalogue().rate_card
    prices = [
        card.price_cny(
            tasks=job.tasks,
            cpu_cores=job.demand.cpu_cores,
            memory_gib=job.demand.memory_gib,
            runtime_minutes=variant.runtime_minutes,
            accelerator=variant.accelerator or "",
            count=variant.count,
        )
        for variant in job.variants
    ]
    return value_cny(prices, job.priority)
