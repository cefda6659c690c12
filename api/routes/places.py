"""Places: sites and their state, links, prices, and the latest plan."""

from __future__ import annotations

import asyncio
import json
import math
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic_core import to_json
from starlette.responses import Response

from api.auth import Scope
from api.errors import InvalidFieldError, NotFoundError
from api.routes.visit import GuardedRoute, Visit, Visiting, needs, refusals
from api.store import Job, Jobs, Many, Plan, SiteState, every
from api.wire.places import LinkList, LinkView, PlanView, PriceList, PriceSeries, SiteList, SiteView
from pricing import PriceBook
from scheduler.lifecycle import LIVE_JOB_STATES
from topology import Horizon, Site

router = APIRouter(route_class=GuardedRoute, tags=["network"])

HOURS_MAX = 168
_SLOT_MINUTES = 15


@router.get("/v1/sites", summary="List sites and their state", responses=refusals())
@needs(Scope.READ)
async def list_sites(visit: Visiting) -> SiteList:
    """What each holds, and whether it takes work now."""
    states = {state.site: state for state in (await visit.service.store.read(Many(SiteState))).items}
    return SiteList(sites=[_site(site, states.get(site.id)) for site in visit.service.catalogue.sites])


@router.get("/v1/links", summary="List links", responses=refusals())
@needs(Scope.READ)
async def list_links(visit: Visiting) -> LinkList:
    """Latency one way, capacity each way."""
    return LinkList(
        links=[
            LinkView(
                id=link.id,
                a=link.a,
                b=link.b,
                length_km=link.length_km,
                latency_ms=link.latency_ms,
                capacity_gbps=link.capacity_gbps,
                price_cny_per_gb=link.price_cny_per_gb,
                directed=link.directed,
            )
            for link in visit.service.catalogue.links
        ]
    )


@router.get("/v1/prices", summary="Show power price, carbon and PUE by slot", responses=refusals())
@needs(Scope.READ)
async def list_prices(
    visit: Visiting,
    site: Annotated[str | None, Query(max_length=200, description="Only this site.")] = None,
    start: Annotated[
        datetime | None, Query(description="First instant, with an offset; now when left out.")
    ] = None,
    hours: Annotated[float, Query(gt=0, le=HOURS_MAX)] = 24,
) -> PriceList:
    """As the planner sees them, with what is estimated said beside them."""
    catalogue = visit.service.catalogue
    wanted = catalogue.site_ids if site is None else (catalogue.site(site).id,)
    book = await visit.service.quotes.watch.feed.prices(_horizon(start or visit.now, hours))
    return PriceList(carbon_cny_per_t=book.carbon_cny_per_t, prices=[_series(book, each) for each in wanted])


@router.get(
    "/v1/plans/latest",
    summary="Show the latest plan",
    responses={200: {"model": PlanView}, **refusals(404)},
)
@needs(Scope.READ)
async def show_plan(visit: Visiting) -> Response:
    """Its proof, its shadow prices, and the placements of the caller's own live jobs."""
    plans = (await visit.service.store.read(Many(Plan, limit=1, newest_first=True))).items
    if not plans:
        raise NotFoundError("plan", "latest")
    placements = await _placements(visit)
    answer = await asyncio.to_thread(_write_plan, plans[0], placements)
    return Response(answer, media_type="application/json")


def _write_plan(plan: Plan, placements: list[bytes]) -> bytes:
    """Return a PlanView as JSON: plans and placements are large, and are JSON already."""
    head = to_json({name: getattr(plan, name) for name in PlanView.model_fields if hasattr(plan, name)})
    prices = to_json(json.loads(plan.document).get("shadow_prices", []))
    return b"".join(
        (head[:-1], b',"placements":[', b",".join(placements), b'],"shadow_prices":', prices, b"}")
    )


async def _placements(visit: Visit) -> list[bytes]:
    states = tuple(state.value for state in LIVE_JOB_STATES)
    jobs = every(visit.service.store, Jobs(tenant=visit.tenant, states=states, limit=500))
    return [_placement(job) async for job in jobs if job.placement]


def _placement(job: Job) -> bytes:
    """Return a job's placement, which names the job by its id."""
    text = job.placement
    named = text.startswith(f'{{"job": "{job.id}"')
    return text.encode() if named else to_json({**json.loads(text), "job": job.id})


def _horizon(start: datetime, hours: float) -> Horizon:
    if start.utcoffset() is None:
        raise InvalidFieldError("start", "start has no time zone; write an offset, such as +08:00 or Z")
    if not 2000 <= start.year <= 2100:
        raise InvalidFieldError("start", f"start is in {start.year}; prices are known from 2000 to 2100")
    start = start.astimezone(UTC)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    slot = timedelta(minutes=_SLOT_MINUTES)
    slots = math.ceil(hours * 60 / _SLOT_MINUTES)
    return Horizon(
        start=midnight + (start - midnight) // slot * slot, slots=slots, slot_minutes=_SLOT_MINUTES
    )


def _series(book: PriceBook, site: str) -> PriceSeries:
    row = book.row(site)
    source = book.provenance[row]
    return PriceSeries(
        site=site,
        start=book.horizon.start,
        slot_minutes=book.horizon.slot_minutes,
        power_cny_per_kwh=book.power_cny_per_kwh[row].tolist(),
        carbon_g_per_kwh=book.carbon_g_per_kwh[row].tolist(),
        pue_marginal=book.pue_marginal[row].tolist(),
        estimated=source.estimated,
        source=f"{source.power}; {source.carbon}; {source.pue}",
    )


def _site(site: Site, state: SiteState | None) -> SiteView:
    return SiteView(
        id=site.id,
        name_en=site.name_en,
        name_zh=site.name_zh,
        kind=site.kind.value,
        hub=site.hub,
        province=site.province,
        grid_area=site.grid_area,
        latitude_deg=site.latitude_deg,
        longitude_deg=site.longitude_deg,
        tags=sorted(site.tags),
        cpu_cores=site.capacity.cpu_cores,
        memory_gib=site.capacity.memory_gib,
        accelerators=dict(site.capacity.accelerators),
        power_limit_kw=site.power_limit_kw,
        cooling=site.cooling.value,
        green_share=site.green_share,
        cordoned=state is not None and state.cordoned,
        draining=state is not None and state.draining,
        answering=state is None or state.answering,
        detail="" if state is None else state.detail,
    )
