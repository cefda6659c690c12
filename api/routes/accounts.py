"""Accounts: usage as metered, the bill it makes, and its carbon."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.auth import Scope
from api.carbon_report import report_carbon
from api.ledger import Bill, bill_usage, write_csv
from api.loop import month_of
from api.quotes import quoted_cny
from api.routes.visit import GuardedRoute, Visit, Visiting, needs, refusals
from api.store import Committed, Job, Jobs, Many, Usage, every
from api.wire.accounts import BillLineView, BillView, CarbonReport, UsageList, UsageView

router = APIRouter(route_class=GuardedRoute, tags=["accounts"])

JOBS_PER_READ = 500

Month = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$",
        description="Month in China's time, such as 2026-07; this one when left out.",
    ),
]
Cursor = Annotated[str | None, Query(max_length=500)]


@router.get("/v1/usage", summary="List a month's metered usage", responses=refusals())
@needs(Scope.READ)
async def list_usage(
    visit: Visiting,
    month: Month = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> UsageList:
    """What bills are made of."""
    chosen = month or month_of(visit.now)
    where = {"tenant": visit.tenant, "month": chosen}
    page = await visit.service.store.read(Many(Usage, where, after=cursor, limit=limit))
    return UsageList(month=chosen, usage=[_view(usage) for usage in page.items], cursor=page.cursor)


@router.get(
    "/v1/bills",
    summary="Show a month's bill",
    response_model=BillView,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **refusals()},
)
@needs(Scope.READ)
async def show_bill(
    visit: Visiting, month: Month = None, format: Annotated[str, Query(pattern="^(json|csv)$")] = "json"
) -> Response | BillView:
    """One line a job with its parts, exact to the cent; made from the usage alone every time it is asked for."""
    chosen = month or month_of(visit.now)
    usages = await _usages(visit, chosen)
    names = dict.fromkeys((usage.job for usage in usages), "")
    ceilings: dict[str, Decimal] = {}
    async for job in _jobs(visit, tuple(names)):
        names[job.id] = job.name
        if job.quote and (left := await _ceiling(visit, job, chosen)) is not None:
            ceilings[job.id] = left
    bill = bill_usage(visit.tenant, chosen, usages, visit.service.rate_card, ceilings_cny=ceilings)
    if format == "csv":
        headers = {"Content-Disposition": f'attachment; filename="bill-{bill.month}.csv"'}
        return Response(write_csv(bill, names), 200, headers, "text/csv; charset=utf-8")
    return await _bill_view(visit, bill, names)


@router.get("/v1/carbon", summary="Report a month's carbon by site", responses=refusals())
@needs(Scope.READ)
async def show_carbon(visit: Visiting, month: Month = None) -> CarbonReport:
    """Location-based by the grid's mix, and market-based less the sites' green contracts."""
    return report_carbon(
        visit.tenant, month or month_of(visit.now), await _usages(visit, month or month_of(visit.now))
    )


async def _usages(visit: Visit, month: str) -> list[Usage]:
    where = {"tenant": visit.tenant, "month": month}
    return [usage async for usage in every(visit.service.store, Many(Usage, where, limit=5_000))]


async def _jobs(visit: Visit, names: Sequence[str]) -> AsyncIterator[Job]:
    """Yield the tenant's jobs of these ids, many at a time."""
    for begin in range(0, len(names), JOBS_PER_READ):
        some = tuple(names[begin : begin + JOBS_PER_READ])
        for job in (
            await visit.service.store.read(Jobs(ids=some, tenant=visit.tenant, limit=len(some)))
        ).items:
            yield job


async def _ceiling(visit: Visit, job: Job, month: str) -> Decimal | None:
    """Return what earlier months have left of a job's quoted price, None for a job without a quote."""
    quoted = await quoted_cny(visit.service.store, job)
    if quoted is None:
        return None
    usages = (await visit.service.store.read(Many(Usage, {"job": job.id}, limit=10_000))).items
    earlier = bill_usage(visit.tenant, "", (u for u in usages if u.month < month), visit.service.rate_card)
    return max(Decimal(0), quoted - earlier.total_cny)


async def _bill_view(visit: Visit, bill: Bill, names: dict[str, str]) -> BillView:
    tally = await visit.service.store.read(Committed(tenant=visit.tenant, period=bill.month))
    return BillView(
        tenant=bill.tenant,
        month=bill.month,
        total_cny=bill.total_cny,
        committed_cny=tally.committed_cny,
        budget_cny=visit.caller.tenant.budget_cny_per_month,
        lines=[
            BillLineView(
                job=line.job,
                name=names[line.job],
                parts_cny=line.parts_cny,
                total_cny=line.total_cny,
                energy_kwh=line.energy_kwh,
                carbon_kg=line.carbon_kg,
            )
            for line in bill.lines
        ],
    )


def _view(usage: Usage) -> UsageView:
    return UsageView(
        job=usage.job,
        attempt=usage.attempt,
        site=usage.site,
        started_at=usage.started_at,
        ended_at=usage.ended_at,
        energy_kwh=usage.energy_kwh,
        carbon_kg=usage.carbon_kg,
        carbon_market_kg=usage.carbon_market_kg,
        quantities=dict(usage.quantities),
        parts_cny=dict(usage.parts_cny),
    )
