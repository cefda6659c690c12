"""Explaining one stored job against the market: what it got, what else there is, and what would help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter

from api.feeds import Feed
from api.holding import Hold
from api.quotes_market import Market, horizon_at, slots_of
from api.store import Job as JobRecord
from scheduler import (
    CostParts,
    Explanation,
    Job,
    Placement,
    Plan,
    Policy,
    Rejection,
    Reservation,
    World,
    explain,
)
from scheduler.document import job_adapter
from scheduler.plan import Status
from topology import Resources


@cache
def _placement_adapter() -> TypeAdapter[Placement]:
    return TypeAdapter(Placement)


async def world_of(job: JobRecord, market: Market, feed: Feed, *, hours: float) -> World:
    """Return the market's world, or one that begins with the job where that began earlier."""
    if job.starts_at is None or job.starts_at >= market.world.horizon.start:
        return market.world
    return replace(market.world, prices=await feed.prices(horizon_at(job.starts_at, hours)))


def explain_job(job: JobRecord, market: Market, world: World) -> Explanation:
    """Return why a job is where it is, if every other job stays where it is now."""
    request: Job = replace(job_adapter().validate_json(job.document), name=job.id)
    placement = _placement_adapter().validate_json(job.placement) if job.placement else None
    held = tuple(
        reservation
        for name, hold in market.holds.items()
        if name != job.id
        for reservation in _reservations(hold, market, world)
    )
    plan = _plan_of(job, placement, world)
    return explain(job.id, [request], plan, replace(world, reserved=held))


def _plan_of(job: JobRecord, placement: Placement | None, world: World) -> Plan:
    """Return a plan that says only what became of this job."""
    rejection = Rejection(job=job.id, reasons=dict(job.reasons))
    return Plan(
        horizon=world.horizon,
        policy=Policy(),
        status=Status.FEASIBLE,
        objective_cny=0.0,
        lower_bound_cny=0.0,
        gap=0.0,
        solve_seconds=0.0,
        cost=CostParts(),
        carbon_kg=0.0,
        energy_kwh=0.0,
        placements=() if placement is None else (placement,),
        rejections=(rejection,) if placement is None else (),
        shadow_prices=(),
    )


def _reservations(hold: Hold, market: Market, world: World) -> Iterator[Reservation]:
    first, last = slots_of(world.horizon, hold.start, hold.end)
    if first >= last:
        return
    amounts = dict(zip(market.whole.resources, hold.demand.tolist(), strict=True))
    it_kw = amounts.pop("it_kw")
    resources = Resources(
        cpu_cores=amounts.pop("cpu_cores"),
        memory_gib=amounts.pop("memory_gib"),
        accelerators={model: count for model, count in amounts.items() if count},
    )
    for row in hold.sites:
        site = world.catalogue.sites[row].id
        yield Reservation(site=site, start_slot=first, end_slot=last, resources=resources, it_kw=it_kw)
