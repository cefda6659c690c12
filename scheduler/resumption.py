"""Resumption: into how many runs an interruptible job may be cut, and what each resume costs.

A job resumes at the site where it paused. Each resume moves its checkpoint out of the machines and back, at the mean
price of the catalogue's links, and repeats its restart minutes, at the mean cost of power over all sites and slots.
Both are money, and energy; neither takes slots.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scheduler.arrays import Floats, Ints
from scheduler.case import Case
from scheduler.unit_cost import RunCost

CHECKPOINT_WAYS = 2  # out at the pause, back at the resume
RUNS_THROUGH = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Resumption:
    """Per candidate; C of them.

    Attributes:
        min_run: [C] least slots of a run, RUNS_THROUGH where the candidate cannot be cut.
        run: [C] energy, carbon and emissions of one resume.
        network_cny: [C] data moved at one resume.
    """

    min_run: Ints
    run: RunCost
    network_cny: Floats


def price_resumption(case: Case) -> Resumption:
    """Return how every candidate may be cut. A job that spreads, or has limits of its own, runs through."""
    rows, horizon = case.candidates, case.world.horizon
    pauses = [None if job.spread is not None or job.limited else job.interruptible for job in case.jobs]
    shortest = np.array(
        [0 if each is None else run_slots(each.min_run_minutes, horizon.slot_minutes) for each in pauses]
    )[rows.job]
    restart_h = np.array([0.0 if each is None else each.restart_minutes / 60 for each in pauses])[rows.job]
    checkpoint_gb = np.array([0.0 if each is None else each.checkpoint_gb for each in pauses])[rows.job]
    mean = case.unit.per_slot.mean(axis=(1, 2)) / horizon.hours_per_slot
    per_resume = mean[:, np.newaxis] * rows.it_kw * restart_h
    links = case.world.catalogue.links
    cny_per_gb = sum(link.price_cny_per_gb for link in links) / len(links) if links else 0.0
    return Resumption(
        min_run=np.where(rows.duration >= 2 * shortest, shortest, RUNS_THROUGH).astype(np.int64),
        run=RunCost(
            energy_cny=per_resume[0],
            carbon_cny=per_resume[1] * case.unit.carbon_cny_per_kg,
            carbon_kg=per_resume[1],
            energy_kwh=per_resume[2],
        ),
        network_cny=CHECKPOINT_WAYS * checkpoint_gb * cny_per_gb,
    )


def run_slots(min_run_minutes: float, slot_minutes: int) -> int:
    """Return the whole slots that a run of at least so many minutes holds."""
    return max(int(np.ceil(min_run_minutes / slot_minutes - 1e-9)), 1)
