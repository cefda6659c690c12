"""Holding: what one placed job takes, where, when and at what cost, read once from its record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from api.store import Job as JobRecord
from pricing import it_power_kw
from scheduler import Job, World
from scheduler.document import job_adapter
from scheduler.reach import FLOW_GBPS, transfer_slots
from topology import Catalogue, NoRoute, Route, Site

Floats = npt.NDArray[np.float64]
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run costs, or would: CNY by cause, emissions [kg] and energy [kWh]."""

    energy_cny: float = 0.0
    carbon_cny: float = 0.0
    network_cny: float = 0.0
    carbon_kg: float = 0.0
    energy_kwh: float = 0.0


@dataclass(frozen=True, slots=True)
class Move:
    """One transfer of a job: the links it takes (rows of the catalogue), at what rate [Gbit/s], and when."""

    links: tuple[int, ...]
    gbps: float
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """What a placed job holds.

    Attributes:
        job: its id.
        name: its owner's name for it.
        tenant: whose it is.
        state: where it stands.
        origin: city or site it serves, "" for none.
        demand: [R] units.
        sites: rows of the sites that keep room for it, its own first.
        start: first instant.
        end: first instant after it.
        variant: index into its variants.
        accelerator: model, or None.
        minutes: runtime.
        spent: what its placement costs.
        moves: its transfers.
        stay_site: row of the site nearest its origin that can run it at all, NOWHERE without one.
        stay_variant_minutes: runtime there.
        stay_it_kw: IT power there.
        stay_network_cny: what its data would cost there.
    """

    job: str
    name: str
    tenant: str
    state: str
    origin: str
    demand: Floats
    sites: tuple[int, ...]
    start: datetime
    end: datetime
    variant: int
    accelerator: str | None
    minutes: float
    spent: Spent
    moves: tuple[Move, ...]
    stay_site: int = NOWHERE
    stay_variant_minutes: float = 0.0
    stay_it_kw: float = 0.0
    stay_network_cny: float = 0.0


class HoldReader:
    """Reads the holdings of one world's jobs."""

    def __init__(self, world: World, resources: Sequence[str]) -> None:
        """Take the world, and the order of resources in demands."""
        self._world, self._resources = world, resources
        self._rows = {site: row for row, site in enumerate(world.catalogue.site_ids)}
        self._links = {link.id: row for row, link in enumerate(world.catalogue.links)}
        self._near: dict[str, tuple[int, ...]] = {}

    def read(self, job: JobRecord) -> Hold | None:
        """Return what a job holds; None where it has no place in this world."""
        if not job.placement or job.site not in self._rows or job.starts_at is None or job.ends_at is None:
            return None
        request = job_adapter().validate_json(job.document)
        placement = json.loads(job.placement)
        variant = int(placement["variant"])
        sites = tuple(self._rows[site] for site in placement.get("replicas", ()) if site in self._rows)
        row, way, network_cny = self._stay(request)
        catalogue = self._world.catalogue
        return Hold(
            job=job.id,
            name=job.name,
            tenant=job.tenant,
            state=job.state,
            origin=request.origin or "",
            demand=held_by(request, variant, self._resources, catalogue),
            sites=sites or (self._rows[job.site],),
            start=job.starts_at,
            end=job.ends_at,
            variant=variant,
            accelerator=request.variants[variant].accelerator,
            minutes=request.variants[variant].runtime_minutes,
            spent=Spent(
                **placement.get("cost", {}),
                carbon_kg=placement.get("carbon_kg", 0.0),
                energy_kwh=placement.get("energy_kwh", 0.0),
            ),
            moves=tuple(self._moves(request, job.site, job.starts_at, job.ends_at)),
            stay_site=row,
            stay_variant_minutes=request.variants[way].runtime_minutes,
            stay_it_kw=power_kw(request, way, catalogue) if row != NOWHERE else 0.0,
            stay_network_cny=network_cny,
        )

    def _moves(self, request: Job, site: str, start: datetime, end: datetime) -> Iterator[Move]:
        inputs = [(part.at, site, part.size_gb, True) for part in request.inputs]
        outputs = [(site, part.to, part.size_gb, False) for part in request.outputs]
        length = timedelta(minutes=self._world.horizon.slot_minutes)
        for a, b, size_gb, incoming in inputs + outputs:
            route = self._route(a, b) if size_gb > 0 else None
            if route is None or not route.links:
                continue
            gbps = min(FLOW_GBPS, route.bottleneck_gbps)
            took = int(transfer_slots(size_gb, gbps, self._world.horizon.hours_per_slot)) * length
            begin, over = (start - took, start) if incoming else (end, end + took)
            yield Move(tuple(self._links[link] for link in route.links), gbps, begin, over)

    def _route(self, a: str, b: str) -> Route | None:
        try:
            return self._world.network.route(a, b)
        except NoRoute:
            return None

    def _stay(self, request: Job) -> tuple[int, int, float]:
        """Return (site, variant, network cost) of the nearest site that can run a job at all."""
        if request.origin is None:
            return NOWHERE, 0, 0.0
        for row in self._nearest(request.origin):
            site = self._world.catalogue.sites[row]
            for index in range(len(request.variants)):
                if _can_run(request, index, site):
                    return row, index, self._network_cny(request, site.id)
        return NOWHERE, 0, 0.0

    def _nearest(self, origin: str) -> tuple[int, ...]:
        if origin not in self._near:
            rtt = self._world.network.rtt_matrix_ms([origin], list(self._rows))[0]
            order = np.argsort(rtt, kind="stable").tolist()
            self._near[origin] = tuple(row for row in order if np.isfinite(rtt[row]))
        return self._near[origin]

    def _network_cny(self, request: Job, site: str) -> float:
        ways = [(part.at, site, part.size_gb) for part in request.inputs]
        ways += [(site, part.to, part.size_gb) for part in request.outputs]
        routes = [(self._route(a, b), size_gb) for a, b, size_gb in ways if size_gb > 0]
        return sum(route.price_cny_per_gb * size_gb for route, size_gb in routes if route is not None)


def _can_run(request: Job, variant: int, site: Site) -> bool:
    """Whether an empty site could run a job: room, machines and the law."""
    way, law = request.variants[variant], request.residency
    named = (*law.provinces, *law.hubs)
    return (
        request.tasks * request.demand.cpu_cores <= site.capacity.cpu_cores
        and request.tasks * request.demand.memory_gib <= site.capacity.memory_gib
        and (
            way.accelerator is None
            or request.tasks * way.count <= site.capacity.accelerators.get(way.accelerator, 0.0)
        )
        and (not named or site.province in law.provinces or site.hub in law.hubs)
        and site.tags.issuperset(law.tags)
    )


def power_kw(job: Job, variant: int, catalogue: Catalogue) -> float:
    """Return the IT power of a job in one variant [kW]."""
    way = job.variants[variant]
    machine = catalogue.accelerator(way.accelerator) if way.accelerator else None
    return it_power_kw(job.tasks, job.demand.cpu_cores, job.demand.memory_gib, machine, way.count)


def held_by(job: Job, variant: int, resources: Sequence[str], catalogue: Catalogue) -> Floats:
    """Return what a job holds in one variant [R], in the order of `resources`."""
    way = job.variants[variant]
    amounts: Mapping[str, float] = {
        "cpu_cores": job.tasks * job.demand.cpu_cores,
        "memory_gib": job.tasks * job.demand.memory_gib,
        "it_kw": power_kw(job, variant, catalogue),
        **({way.accelerator: job.tasks * way.count} if way.accelerator else {}),
    }
    return np.array([amounts.get(name, 0.0) for name in resources])
