"""What our scheduler and engine make of a workload: carbon is all they are told to care about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from pricing import PriceBook
from scheduler import Demand, Interruptible, Job, Policy, Variant, World, schedule
from simulations.engine import Replay, simulate
from simulations.fidelity.queues import constant_prices, one_site
from simulations.fidelity.workload import Floats, Ints, Workload
from topology import Catalogue, Horizon, Network

YEAR = datetime(2023, 1, 1, tzinfo=UTC)
CORES_PER_UNIT = 1000
"""So large that a kilogram outweighs the 1e-6 a slot by which the greenest policy prefers what is early."""
WITHOUT_LIMIT = 100_000 * CORES_PER_UNIT
VALUE_CNY_PER_UNIT_MINUTE = 0.1
"""Some ten times what its carbon costs: enough that nothing is left out which has room."""
CARBON_CNY_PER_T = 100.0
DAY_MINUTES = 1440
PASSES = 12


def carbon_only(name: str) -> Policy:
    """Return a policy that cares for carbon alone."""
    return Policy(name=name, energy_weight=0.0, carbon_weight=1.0, network_weight=0.0)


def planned(
    work: Workload, curve: Floats, *, policy: str = "optimal", pausable: bool = False, batch: int
) -> Floats:
    """Return what one unit of every job emits as `schedule()` places it, on a site without limit, [J].

    Jobs whose earliest slots fall into one batch of slots are planned together. Emissions are added up here, from the
    runs of the plan.
    """
    emissions = np.full(work.jobs, np.nan)
    batches = work.earliest // batch
    site = one_site(WITHOUT_LIMIT)
    for number in np.unique(batches).tolist():
        rows = np.flatnonzero(batches == number)
        first, end = number * batch, int(work.due[rows].max())
        book = _prices(site, curve, first, end, work.slot_minutes)
        world = World(catalogue=site, network=Network(site), prices=book)
        jobs = [_job(work, row, pausable=pausable) for row in rows.tolist()]
        plan = schedule(jobs, world, policy=carbon_only(policy), passes=PASSES, rounds=0)
        for placement in plan.placements:
            runs = [
                (_slot(begin, work.slot_minutes), _slot(end, work.slot_minutes))
                for begin, end in placement.runs
            ]
            emissions[int(placement.job)] = sum(curve[begin:end].sum() for begin, end in runs)
    return emissions


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Replayed:
    """What a replay made of a workload.

    Attributes:
        starts: first slot of every job, -1 for one that was not run, [J].
        broken_laws: how many faults the auditor found.
    """

    starts: Ints
    broken_laws: int


def replayed(
    work: Workload, curve: Floats, *, policy: str, units: int | None = None, day_ahead: bool = True
) -> Replayed:
    """Replay a workload on a site with so many units (None: without limit).

    Args:
        work: jobs that run through.
        curve: carbon intensity [g/kWh] of every slot.
        policy: how to plan.
        units: of the site.
        day_ahead: plan once a day, all of the day's jobs known; or every slot, each job known when it comes, and what
            has not begun planned anew every hour.
    """
    site = one_site(WITHOUT_LIMIT if units is None else units * CORES_PER_UNIT)
    outcome = simulate(
        Replay(
            catalogue=site,
            jobs=[_job(work, row, pausable=False) for row in range(work.jobs)],
            actual=_prices(site, curve, 0, int(work.due.max()), work.slot_minutes),
            policy=carbon_only(policy),
            cadence_minutes=DAY_MINUTES if day_ahead else work.slot_minutes,
            notice_minutes=DAY_MINUTES if day_ahead else 0,
            replan_minutes=0 if day_ahead else 60,
            window_hours=168.0,
            passes=PASSES,
        )
    )
    names = outcome.column("jobs", "name")
    minutes = np.asarray(outcome.column("jobs", "start_minute"), dtype=np.float64)
    completed = np.asarray(outcome.column("jobs", "state")) == "completed"
    starts = np.full(work.jobs, -1, dtype=np.int64)
    rows = np.array([int(name) for name in names], dtype=np.int64)
    starts[rows[completed]] = np.rint(minutes[completed] / work.slot_minutes).astype(np.int64)
    return Replayed(starts=starts, broken_laws=len(outcome.faults))


def _job(work: Workload, row: int, *, pausable: bool) -> Job:
    units, length = int(work.units[row]), int(work.length[row])
    minutes = length * work.slot_minutes
    return Job(
        name=str(row),
        demand=Demand(cpu_cores=float(units * CORES_PER_UNIT)),
        variants=(Variant(runtime_minutes=float(minutes)),),
        release=_instant(int(work.earliest[row]), work.slot_minutes),
        deadline=_instant(int(work.due[row]), work.slot_minutes),
        interruptible=Interruptible(min_run_minutes=float(work.slot_minutes)) if pausable else None,
        value_cny=VALUE_CNY_PER_UNIT_MINUTE * units * minutes,
    )


def _prices(site: Catalogue, curve: Floats, first: int, end: int, slot_minutes: int) -> PriceBook:
    horizon = Horizon(start=_instant(first, slot_minutes), slots=end - first, slot_minutes=slot_minutes)
    return replace(
        constant_prices(site, horizon),
        carbon_g_per_kwh=curve[np.newaxis, first:end].copy(),
        carbon_cny_per_t=CARBON_CNY_PER_T,
    )


def _instant(slot: int, slot_minutes: int) -> datetime:
    return YEAR + timedelta(minutes=slot * slot_minutes)


def _slot(instant: datetime, slot_minutes: int) -> int:
    return round((instant - YEAR) / timedelta(minutes=slot_minutes))
