"""Survey: what the latest plan means for sites, links and cities over time, and how plans went before."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query

from api.auth import Scope
from api.holding import Hold, Spent
from api.quotes_market import Market
from api.routes.visit import GuardedRoute, Visit, Visiting, needs, refusals
from api.store import Many, Plan
from api.store.queries import read_cursor, write_cursor
from api.survey import Survey, Window, open_window, survey_of, used_shares
from api.wire.survey import (
    Bar,
    FlowTable,
    FlowView,
    Frame,
    LinkLoad,
    LinkLoads,
    LinkScarcity,
    PlanHistory,
    PlanSummary,
    SavingsView,
    ScarcityTable,
    SiteScarcity,
    SiteUse,
    SpentView,
    Timeline,
    Utilisation,
)
from scheduler.shadow_prices import BINDING_CNY

router = APIRouter(route_class=GuardedRoute, tags=["plan over time"])

Start = Annotated[datetime | None, Query(description="First instant, with an offset; now when left out.")]
Hours = Annotated[float, Query(gt=0, le=72)]
Step = Annotated[int, Query(ge=15, le=1440, description="Length of a step; a multiple of the slot.")]
Everyone = Annotated[bool, Query(description="Jobs of all tenants; needs the scope operate.")]
SiteId = Annotated[str | None, Query(max_length=200, description="Only this site.")]


@dataclass(frozen=True, slots=True)
class _Look:
    """A market, a stretch of it, and whose jobs are looked at."""

    market: Market
    window: Window
    tenant: str | None

    @property
    def moment(self) -> dict[str, Any]:
        return {"plan": self.market.plan, "as_of": self.market.drawn_at}

    @property
    def steps(self) -> dict[str, Any]:
        horizon = self.market.world.horizon
        minutes = self.window.slots_per_step * horizon.slot_minutes
        return {**self.moment, "start": horizon.instant(self.window.first), "step_minutes": minutes}

    async def survey(self) -> Survey:
        return await asyncio.to_thread(survey_of, self.market, self.tenant)


async def _look(
    visit: Visit,
    start: datetime | None = None,
    hours: float = 24.0,
    step_minutes: int = 60,
    *,
    everyone: bool = False,
) -> _Look:
    if everyone:
        visit.caller.require(Scope.OPERATE)
    market = await visit.service.quotes.watch.now(visit.now)
    window = open_window(market.world.horizon, start or visit.now, hours, step_minutes)
    return _Look(market, window, None if everyone else visit.tenant)


@router.get("/v1/plans", summary="List plans, newest first", responses=refusals())
@needs(Scope.READ)
async def list_plans(
    visit: Visiting,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> PlanHistory:
    """Objective, bound and gap of each: how close to the best possible the planner came."""
    query = Many(Plan, after=cursor, limit=limit, newest_first=True, without=("document",))
    page = await visit.service.store.read(query)
    return PlanHistory(plans=[_summary(plan) for plan in page.items], cursor=page.cursor)


@router.get("/v1/plans/latest/timeline", summary="List placed jobs in time", responses=refusals(403, 404))
@needs(Scope.READ)
async def list_bars(  # noqa: PLR0917  (a query parameter each)
    visit: Visiting,
    site: SiteId = None,
    start: Start = None,
    hours: Hours = 24.0,
    everyone: Everyone = False,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=2000)] = 1000,
) -> Timeline:
    """What runs or will run in the window, by start: a Gantt chart's bars, one for each site a job is at."""
    look = await _look(visit, start, hours, everyone=everyone)
    where = None if site is None else visit.service.catalogue.site(site).id
    survey = await look.survey()
    after = None if cursor is None else read_cursor(cursor, (int, str, int))
    bars = (bar for bar in survey.bars(look.window, where) if after is None or _place(*bar) > after)
    shown = [bar for bar, _ in zip(bars, range(limit + 1), strict=False)]
    more = write_cursor(_place(*shown[limit - 1])) if len(shown) > limit else None
    sites = look.market.world.catalogue.site_ids
    return Timeline(**look.moment, bars=[_bar(hold, sites[row]) for hold, row in shown[:limit]], cursor=more)


@router.get("/v1/plans/latest/utilisation", summary="Show how full sites are", responses=refusals(404))
@needs(Scope.READ)
async def show_utilisation(
    visit: Visiting, site: SiteId = None, start: Start = None, hours: Hours = 24.0, step_minutes: Step = 60
) -> Utilisation:
    """What all tenants' placed jobs hold of every site, step by step: a heat map's cells."""
    look = await _look(visit, start, hours, step_minutes)
    rows = _rows(look, site, visit)
    means = look.window.means(used_shares(look.market)[rows])
    names, ids = look.market.whole.resources, look.market.world.catalogue.site_ids
    return Utilisation(
        **look.steps,
        sites=[
            SiteUse(
                site=ids[row],
                used=_rounded(used.max(axis=0)),
                resources={name: _rounded(part) for name, part in zip(names, used, strict=True)}
                if site
                else {},
            )
            for row, used in zip(rows, means, strict=True)
        ],
    )


@router.get(
    "/v1/plans/latest/shadow-prices", summary="Show what scarce room is worth", responses=refusals(404)
)
@needs(Scope.READ)
async def show_shadow_prices(
    visit: Visiting, site: SiteId = None, start: Start = None, hours: Hours = 24.0, step_minutes: Step = 60
) -> ScarcityTable:
    """What one more unit of each full resource would save, by the latest plan's duals."""
    look = await _look(visit, start, hours, step_minutes)
    rows, market = _rows(look, site, visit), look.market
    if market.prices is None:
        return ScarcityTable(**look.steps, sites=[], links=[])
    by_site, by_link = (look.window.means(each) for each in market.prices.on(market.world.horizon))
    ids, links = market.world.catalogue.site_ids, market.world.catalogue.links
    scarce = [(row, _priced(market.whole.resources, by_site[row])) for row in rows]
    return ScarcityTable(
        **look.steps,
        sites=[SiteScarcity(site=ids[row], resources=prices) for row, prices in scarce if prices],
        links=[
            LinkScarcity(link=links[row].id, cny_per_gbps_hour=by_link[row].tolist())
            for row in np.flatnonzero(by_link.max(axis=1) > BINDING_CNY).tolist()
            if site is None
        ],
    )


@router.get(
    "/v1/plans/latest/flows", summary="Show where work comes from and goes to", responses=refusals(403)
)
@needs(Scope.READ)
async def show_flows(  # noqa: PLR0917  (a query parameter each)
    visit: Visiting,
    start: Start = None,
    hours: Hours = 24.0,
    step_minutes: Step = 60,
    everyone: Everyone = False,
    largest: Annotated[
        int | None, Query(ge=1, le=10_000, description="Only so many of each step, by IT power.")
    ] = None,
) -> FlowTable:
    """What is placed at the first instant of every step, by origin and site: a map's curves.

    `jobs` and `it_kw` of a step count all jobs, those that serve no origin too.
    """
    look = await _look(visit, start, hours, step_minutes, everyone=everyone)
    survey = await look.survey()
    instants = await asyncio.to_thread(lambda: list(survey.frames(look.window, largest)))
    return FlowTable(
        **look.moment,
        frames=[
            Frame(
                at=each.at,
                jobs=each.jobs,
                it_kw=each.it_kw,
                flows=[FlowView.model_construct(**_fields(flow)) for flow in each.flows],
            )
            for each in instants
        ],
    )


@router.get("/v1/plans/latest/links", summary="Show the load of links", responses=refusals(403))
@needs(Scope.READ)
async def show_link_loads(
    visit: Visiting,
    start: Start = None,
    hours: Hours = 24.0,
    step_minutes: Step = 60,
    everyone: Everyone = False,
) -> LinkLoads:
    """What the transfers of placed jobs take of the links they cross; links without any are left out."""
    look = await _look(visit, start, hours, step_minutes, everyone=everyone)
    survey = await look.survey()
    peaks = look.window.peaks(await asyncio.to_thread(lambda: survey.link_gbps))
    links = look.market.world.catalogue.links
    return LinkLoads(
        **look.steps,
        links=[
            LinkLoad(link=links[row].id, capacity_gbps=links[row].capacity_gbps, gbps=_rounded(peaks[row]))
            for row in np.flatnonzero(peaks.max(axis=1) > 0).tolist()
        ],
    )


@router.get("/v1/plans/latest/savings", summary="Compare with staying near", responses=refusals(403))
@needs(Scope.READ)
async def show_savings(visit: Visiting, everyone: Everyone = False) -> SavingsView:
    """What placed jobs cost where they are, and would cost near their origins."""
    look = await _look(visit, everyone=everyone)
    survey = await look.survey()
    found = await asyncio.to_thread(lambda: survey.savings)
    planned, stay = _spent(found.planned), _spent(found.stay)
    saving = stay.total_cny - planned.total_cny
    return SavingsView(
        **look.moment,
        jobs=found.jobs,
        planned=planned,
        stay=stay,
        saving_cny=saving,
        saving_share=saving / stay.total_cny if stay.total_cny else 0.0,
        carbon_saving_kg=stay.carbon_kg - planned.carbon_kg,
        unpriced=found.unpriced,
    )


def _rows(look: _Look, site: str | None, visit: Visit) -> list[int]:
    ids = look.market.world.catalogue.site_ids
    return list(range(len(ids))) if site is None else [ids.index(visit.service.catalogue.site(site).id)]


def _rounded(figures: Any) -> list[float]:
    """Return figures with as many digits as a chart can show."""
    return [float(x) for x in np.round(figures, 4).tolist()]


def _priced(names: tuple[str, ...], prices: Any) -> dict[str, list[float]]:
    return {
        name: price.tolist() for name, price in zip(names, prices, strict=True) if price.max() > BINDING_CNY
    }


def _fields(flow: Any) -> dict[str, Any]:
    return {name: getattr(flow, name) for name in FlowView.model_fields}


def _summary(plan: Plan) -> PlanSummary:
    return PlanSummary(**{name: getattr(plan, name) for name in PlanSummary.model_fields})


def _place(hold: Hold, row: int) -> tuple[int, str, int]:
    return int(hold.start.timestamp() * 1e6), hold.job, row


def _bar(hold: Hold, site: str) -> Bar:
    return Bar(
        job=hold.job,
        name=hold.name,
        tenant=hold.tenant,
        state=hold.state,
        site=site,
        start=hold.start,
        end=hold.end,
        variant=hold.variant,
        accelerator=hold.accelerator,
        cpu_cores=float(hold.demand[0]),
        memory_gib=float(hold.demand[1]),
        accelerators=float(hold.demand[2:-1].sum()),
        it_kw=float(hold.demand[-1]),
    )


def _spent(spent: Spent) -> SpentView:
    return SpentView(
        energy_cny=spent.energy_cny,
        carbon_cny=spent.carbon_cny,
        network_cny=spent.network_cny,
        total_cny=spent.energy_cny + spent.carbon_cny + spent.network_cny,
        carbon_kg=spent.carbon_kg,
        energy_kwh=spent.energy_kwh,
    )
