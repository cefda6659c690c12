"""Small worlds and jobs for tests: each builder lets a test state only what matters to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from pricing import PriceBook, Provenance
from scheduler import (
    Demand,
    EnergyQuota,
    Input,
    Job,
    Output,
    Plan,
    Reservation,
    Residency,
    Variant,
    World,
    job_to_document,
    plan_to_document,
    schedule,
)
from scheduler.judge import Verdict, judge
from topology import (
    CHINA_TIME,
    Accelerator,
    Catalogue,
    City,
    Horizon,
    Link,
    Network,
    Resources,
    Site,
    SiteKind,
)

START = datetime(2026, 7, 1, tzinfo=CHINA_TIME)
A100 = Accelerator(id="a100-sxm4-80gb", name="A100", power_w=400.0, memory_gib=80.0)
H800 = Accelerator(id="h800-sxm", name="H800", power_w=700.0, memory_gib=80.0)

Hourly = float | Sequence[float]


def at(hours: float) -> datetime:
    """The instant so many hours after START."""
    return START + timedelta(hours=hours)


def site(
    name: str,
    *,
    cpu_cores: float = 1000.0,
    memory_gib: float = 10_000.0,
    accelerators: Mapping[str, float] | None = None,
    province: str = "inland",
    hub: str = "",
    tags: Sequence[str] = (),
    power_limit_kw: float = 10_000.0,
    base_kw: float = 0.0,
    longitude_deg: float = 110.0,
    latitude_deg: float = 30.0,
    pv_kw_peak: float = 0.0,
    grid_area: str = "grid",
) -> Site:
    """A site with plenty of everything but accelerators."""
    return Site(
        id=name,
        name_en=name,
        kind=SiteKind.HUB,
        hub=hub,
        province=province,
        grid_area=grid_area,
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        pv_kw_peak=pv_kw_peak,
        tags=frozenset(tags),
        capacity=Resources(cpu_cores=cpu_cores, memory_gib=memory_gib, accelerators=dict(accelerators or {})),
        power_limit_kw=power_limit_kw,
        base_kw=base_kw,
    )


def city(name: str, *, province: str = "coast") -> City:
    """A city."""
    return City(id=name, name_en=name, province=province, latitude_deg=31.0, longitude_deg=121.0)


def link(
    a: str,
    b: str,
    *,
    rtt_ms: float = 2.0,
    cny_per_gb: float = 0.0,
    gbps: float = 100.0,
    directed: bool = False,
) -> Link:
    """A link named a-b whose round trip takes rtt_ms."""
    return Link(
        id=f"{a}-{b}",
        a=a,
        b=b,
        length_km=0.0,
        equipment_ms=rtt_ms / 2,
        capacity_gbps=gbps,
        price_cny_per_gb=cny_per_gb,
        directed=directed,
    )


def catalogue(*sites: Site, links: Sequence[Link] = (), cities: Sequence[str] = ("town",)) -> Catalogue:
    """The sites, and cities joined to every site by free links of 2 ms unless links are given."""
    joined = links or [link(name, each.id) for name in cities for each in sites]
    return Catalogue(
        name="test",
        sites=sites,
        cities=tuple(city(name) for name in cities),
        links=tuple(joined),
        accelerators=(A100, H800),
    )


def world(
    *sites: Site,
    links: Sequence[Link] = (),
    cities: Sequence[str] = ("town",),
    cny_per_kwh: Mapping[str, Hourly] | None = None,
    g_per_kwh: Mapping[str, Hourly] | None = None,
    pue: Mapping[str, Hourly] | None = None,
    carbon_cny_per_t: float = 0.0,
    hours: int = 4,
    slot_minutes: int = 15,
    reserved: Sequence[Reservation] = (),
    lost_sites: Sequence[str] = (),
    quotas: Mapping[str, Mapping[str, float]] | None = None,
    energy_quotas: Sequence[EnergyQuota] = (),
    pv: bool = False,
) -> World:
    """A world of these sites; figures are one per site or one per hour (unsaid: 1 CNY/kWh, 0 g/kWh, PUE 1)."""
    places = catalogue(*sites, links=links, cities=cities)
    horizon = Horizon(start=START, slots=hours * 60 // slot_minutes, slot_minutes=slot_minutes)
    ids = places.site_ids
    network = Network(places)
    return World(
        catalogue=places,
        network=network.without(sites=lost_sites) if lost_sites else network,
        prices=price_book(
            ids,
            horizon,
            power=_by_slot(ids, cny_per_kwh, 1.0, horizon),
            carbon=_by_slot(ids, g_per_kwh, 0.0, horizon),
            pue=_by_slot(ids, pue, 1.0, horizon),
            carbon_cny_per_t=carbon_cny_per_t,
        ),
        reserved=tuple(reserved),
        quotas=dict(quotas or {}),
        energy_quotas=tuple(energy_quotas),
        pv=pv,
    )


def price_book(
    ids: Sequence[str],
    horizon: Horizon,
    *,
    power: np.ndarray,
    carbon: np.ndarray,
    pue: np.ndarray,
    carbon_cny_per_t: float,
) -> PriceBook:
    """A price book of plain arrays [site, slot]."""
    nothing = Provenance(power="test", carbon="test", pue="test", estimated="")
    return PriceBook(
        horizon=horizon,
        site_ids=tuple(ids),
        power_cny_per_kwh=power,
        carbon_g_per_kwh=carbon,
        pue_marginal=pue,
        carbon_cny_per_t=carbon_cny_per_t,
        demand_charge_cny_per_kw_month=np.zeros(len(ids)),
        estimated=np.zeros(len(ids), dtype=np.bool_),
        provenance=(nothing,) * len(ids),
        power_parts_cny_per_kwh=np.zeros((len(ids), 1, horizon.slots)),
        periods=np.zeros(power.shape, dtype=np.int8),
    )


def _by_slot(
    ids: Sequence[str], given: Mapping[str, Hourly] | None, unsaid: float, horizon: Horizon
) -> np.ndarray:
    table = np.full((len(ids), horizon.slots), unsaid)
    for name, hourly in (given or {}).items():
        slots_per_hour = 60 // horizon.slot_minutes
        values = np.full(horizon.slots, hourly) if np.isscalar(hourly) else np.repeat(hourly, slots_per_hour)
        table[list(ids).index(name)] = values
    return table


def job(
    name: str = "job",
    *,
    cores: float = 10.0,
    memory_gib: float = 0.0,
    minutes: float = 60.0,
    variants: Sequence[Variant] = (),
    inputs: Mapping[str, float] | None = None,
    outputs: Mapping[str, float] | None = None,
    provinces: Sequence[str] = (),
    hubs: Sequence[str] = (),
    tags: Sequence[str] = (),
    value_cny: float | None = 1e6,
    **fields: Any,
) -> Job:
    """A job of ten cores for an hour that is worth running; inputs and outputs are place -> GB."""
    return Job(
        name=name,
        demand=Demand(cpu_cores=cores, memory_gib=memory_gib),
        variants=tuple(variants) or (Variant(runtime_minutes=minutes),),
        inputs=tuple(Input(at=place, size_gb=size) for place, size in (inputs or {}).items()),
        outputs=tuple(Output(to=place, size_gb=size) for place, size in (outputs or {}).items()),
        residency=Residency(provinces=tuple(provinces), hubs=tuple(hubs), tags=tuple(tags)),
        value_cny=value_cny,
        **fields,
    )


def plan_for(jobs: Sequence[Job], place: World, **options: Any) -> Plan:
    """The plan of a small world, searched for a second at most."""
    return schedule(jobs, place, **{"time_limit_s": 1.0, **options})


def verdict_on(
    plan: Plan, jobs: Sequence[Job], place: World, limits: Mapping[str, Any] | None = None
) -> Verdict:
    """What the judge says of a plan."""
    documents = [job_to_document(each) for each in jobs]
    return judge(documents, plan_to_document(plan), place.catalogue, prices=place.prices, limits=limits)
