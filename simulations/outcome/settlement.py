"""Settlement: a ledger becomes an outcome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pricing import it_limit_kw, pv_kw
from scheduler import CostParts
from simulations.outcome.books import Books, open_books
from simulations.outcome.job_table import (
    cycle_table,
    job_table,
    rejection_table,
    run_table,
    tenant_table,
    transfer_table,
)
from simulations.outcome.laws import audit
from simulations.outcome.ledger import Ledger, State
from simulations.outcome.outcome import Outcome
from simulations.outcome.run import Run
from simulations.outcome.site_load import drawn, link_load, stacked
from simulations.outcome.summary import Summary
from topology import CHINA_TIME

Floats = npt.NDArray[np.float64]

TARGET_UTILISATION = 0.65
WEST = frozenset({"guizhou", "inner-mongolia", "gansu", "ningxia"})
"""Provinces of the four western hub nodes, which serve the whole country (NDRC and others, May 2021)."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Sites:
    """What sites carried; [S, T] each, up to the end of the run.

    Attributes:
        shares: name -> units held over capacity; 0 where there is none.
        power_share: mean IT power over what the facility could carry.
        it_kwh: energy at the machines.
        floor_kwh: of the base load.
        energy_kwh: facility energy above the floor.
        pv_kwh: of it and the floor, from the panels.
        saved_cny: what that takes off energy cost above the floor.
        saved_kg: and off emissions above the floor.
        out: whether the site was lost.
    """

    shares: dict[str, Floats]
    power_share: Floats
    it_kwh: Floats
    floor_kwh: Floats
    energy_kwh: Floats
    pv_kwh: Floats
    saved_cny: Floats
    saved_kg: Floats
    out: npt.NDArray[np.bool_]


def settle(ledger: Ledger, run: Run) -> Outcome:
    """Return the outcome of a run, audited."""
    books = open_books(ledger, run)
    sites = _sites(books, run)
    load = _link_load(ledger, run)
    horizon = run.actual.horizon
    tables = {
        "jobs": job_table(ledger, books, run, WEST),
        "runs": run_table(ledger, books),
        "transfers": transfer_table(ledger),
        "sites": _site_table(sites, run),
        "links": _link_table(load, run),
        "cycles": cycle_table(ledger),
        "tenants": tenant_table(ledger, books),
        "rejections": rejection_table(ledger),
    }
    summary = _summary(ledger, books, sites, load, run)
    return Outcome(
        policy=run.policy.name,
        horizon=horizon,
        seed=run.seed,
        partial=run.partial,
        until=horizon.instant(run.until),
        site_ids=run.catalogue.site_ids,
        link_ids=tuple(link.id for link in run.catalogue.links),
        routes=run.routes,
        tables=tables,
        summary=summary,
        intake=run.intake,
        faults=audit(tables, summary, run),
    )


def _sites(books: Books, run: Run) -> _Sites:
    book, sites, runs = run.actual, run.catalogue.sites, books.runs
    shape = (len(sites), run.until)
    names = sorted({model for site in sites for model in site.capacity.accelerators})
    held = [stacked(runs.site, runs.start, runs.end, units, shape) for units in runs.demand[:-1]]
    capacity = np.array(
        [[site.capacity.get(name) for site in sites] for name in ("cpu_cores", "memory_gib", *names)]
    )
    accelerators = sum(held[2:], start=np.zeros(shape))
    it_kw, pue = drawn(runs, book.horizon.slot_minutes, shape), book.pue_marginal[:, : run.until]
    limit = np.stack([it_limit_kw(site, row) for site, row in zip(sites, pue, strict=True)])
    hours = book.horizon.hours_per_slot
    base_kw = np.array([site.base_kw for site in sites])[:, np.newaxis]
    sun_kw = np.zeros(shape)
    if run.pv:
        sun_kw = np.stack([pv_kw(site, book.horizon) for site in sites])[:, : run.until]
    above = np.minimum(np.maximum(sun_kw - base_kw, 0.0), it_kw * pue) * hours
    out = np.zeros(shape, dtype=np.bool_)
    for kind, name, first, last in run.losses:
        if kind == "site":
            out[run.catalogue.site_ids.index(name), max(first, 0) : last] = True
    return _Sites(
        shares={
            "cpu_share": _share(held[0], capacity[0]),
            "memory_share": _share(held[1], capacity[1]),
            "accelerator_share": _share(accelerators, capacity[2:].sum(axis=0)),
        },
        power_share=np.divide(it_kw, limit, out=np.zeros(shape), where=limit > 0),
        it_kwh=it_kw * hours,
        floor_kwh=np.broadcast_to(base_kw * hours, shape),
        energy_kwh=it_kw * pue * hours,
        pv_kwh=above + np.minimum(sun_kw, base_kw) * hours,
        saved_cny=above * book.power_cny_per_kwh[:, : run.until],
        saved_kg=above * book.carbon_g_per_kwh[:, : run.until] / 1e3,
        out=out,
    )


def _share(held: Floats, capacity: Floats) -> Floats:
    wide = np.broadcast_to(capacity[:, np.newaxis], held.shape)
    return np.divide(np.maximum(held, 0.0), wide, out=np.zeros(held.shape), where=wide > 0)


def _link_load(ledger: Ledger, run: Run) -> Floats:
    moved = ledger.transfers
    return link_load(
        route=moved.numpy("route").astype(np.int64),
        start=moved.numpy("start_slot").astype(np.int64),
        end=moved.numpy("end_slot").astype(np.int64),
        gbps=moved.numpy("rate_gbps"),
        routes=run.routes,
        shape=(len(run.catalogue.links), run.until),
    )


def _site_table(sites: _Sites, run: Run) -> pa.Table:
    count, slots = sites.it_kwh.shape
    price, grams = run.actual.power_cny_per_kwh[:, :slots], run.actual.carbon_g_per_kwh[:, :slots]
    columns = {
        **sites.shares,
        "power_share": sites.power_share,
        "it_kwh": sites.it_kwh,
        "energy_kwh": sites.energy_kwh,
        "floor_kwh": sites.floor_kwh,
        "pv_kwh": sites.pv_kwh,
        "energy_cny": sites.energy_kwh * price,
        "floor_energy_cny": sites.floor_kwh * price,
        "carbon_kg": sites.energy_kwh * grams / 1e3,
        "floor_carbon_kg": sites.floor_kwh * grams / 1e3,
    }
    return pa.table(
        {
            "site": np.repeat(np.arange(count, dtype=np.int16), slots),
            "slot": np.tile(np.arange(slots, dtype=np.int32), count),
            **{name: values.reshape(-1) for name, values in columns.items()},
            "out": sites.out.reshape(-1),
        }
    )


def _link_table(load: Floats, run: Run) -> pa.Table:
    busy = load > 1e-9
    link, slot = np.nonzero(busy)
    capacity = np.array([each.capacity_gbps for each in run.catalogue.links])
    return pa.table(
        {
            "link": link.astype(np.int16),
            "slot": slot.astype(np.int32),
            "gbps": load[busy],
            "share": load[busy] / capacity[link],
        }
    )


def _summary(ledger: Ledger, books: Books, sites: _Sites, load: Floats, run: Run) -> Summary:
    jobs, state, book = ledger.jobs, books.state, run.actual
    completed = state == State.COMPLETED
    start, release = jobs.numpy("start_minute"), jobs.numpy("release_minute")
    ran = np.isfinite(start) & ((state == State.COMPLETED) | (state == State.RUNNING))
    wait = np.sort((start - release)[ran])
    end, deadline = jobs.numpy("end_minute"), jobs.numpy("deadline_minute")
    due = completed & np.isfinite(deadline)
    limit, rtt = jobs.numpy("rtt_ms_max"), jobs.numpy("rtt_ms")
    near = ran & np.isfinite(limit)
    energy_kwh, it_kwh = float(books.energy.kwh.sum()), float(books.energy.it_kwh.sum())
    floor_kwh = float(sites.floor_kwh.sum())
    price, grams = book.power_cny_per_kwh[:, : run.until], book.carbon_g_per_kwh[:, : run.until]
    carbon_cny_per_kg = book.carbon_cny_per_t / 1e3
    carbon_kg = float(books.energy.carbon_kg.sum())
    capacity = np.array([link.capacity_gbps for link in run.catalogue.links])
    west = np.array([site.province in WEST for site in run.catalogue.sites], dtype=np.bool_)
    at_sites = sites.it_kwh.sum(axis=1)
    gaps = ledger.cycles.numpy("gap")
    mean_shares = sites.power_share.mean(axis=1) if run.until else np.zeros(len(west))
    return Summary(
        jobs=len(state),
        completed=int(completed.sum()),
        rejected=int((state == State.REJECTED).sum()),
        waiting=int((state == State.WAITING).sum()),
        running=int((state == State.RUNNING).sum()),
        cost=CostParts(
            energy_cny=float(books.energy.cny.sum()),
            carbon_cny=carbon_kg * carbon_cny_per_kg,
            network_cny=float(books.network_cny.sum()),
            rejected_value_cny=float(sum(ledger.values_cny.values())),
        ),
        pv_cny=float(sites.saved_cny.sum() + sites.saved_kg.sum() * carbon_cny_per_kg),
        floor_energy_cny=float((sites.floor_kwh * price).sum()),
        floor_carbon_cny=float((sites.floor_kwh * grams).sum()) / 1e3 * carbon_cny_per_kg,
        demand_charge_cny=_demand_charge(sites, run),
        carbon_kg=carbon_kg,
        energy_kwh=energy_kwh,
        it_kwh=it_kwh,
        facility_kwh=energy_kwh + floor_kwh,
        pue=(energy_kwh + floor_kwh) / it_kwh if it_kwh else 0.0,
        wait_minutes_mean=float(wait.mean()) if len(wait) else 0.0,
        wait_minutes_p50=_quantile(wait, 0.5),
        wait_minutes_p95=_quantile(wait, 0.95),
        wait_minutes_max=_quantile(wait, 1.0),
        deadlines=int(due.sum()),
        deadlines_kept=int((end[due] <= deadline[due] + 1e-6).sum()),
        rtt_limits=int(near.sum()),
        rtt_kept=int((rtt[near] <= limit[near] + 1e-9).sum()),
        transfers=len(ledger.transfers),
        moved_gb=float(ledger.transfers.numpy("size_gb").sum()),
        stranded=run.stranded,
        link_peak_share=float((load / capacity[:, np.newaxis]).max(initial=0.0)),
        west_share=float(at_sites[west].sum() / at_sites.sum()) if at_sites.sum() else 0.0,
        utilisation=float(mean_shares.mean()),
        sites_at_target=int((mean_shares >= TARGET_UTILISATION).sum()),
        lost_runs=int(books.lost.sum()),
        delays=int(jobs.numpy("delays").sum()),
        bill_cny=float(np.round(books.bill_cny.sum(), 2)),
        gap_mean=float(gaps.mean()) if len(gaps) else 0.0,
        gap_worst=float(gaps.max(initial=0.0)),
    )


def _quantile(ordered: Floats, share: float) -> float:
    """Return the value that a share of sorted values does not exceed; 0 of none."""
    return float(ordered[int(share * (len(ordered) - 1))]) if len(ordered) else 0.0


def _demand_charge(sites: _Sites, run: Run) -> float:
    """Return the charge on every month's peak of power from the grid [CNY]; a part of a month pays its share."""
    horizon = run.actual.horizon
    if not run.until:
        return 0.0
    grid_kw = (sites.energy_kwh + sites.floor_kwh - sites.pv_kwh) / horizon.hours_per_slot
    months = np.array(
        [
            (instant.year, instant.month)
            for instant in (each.astimezone(CHINA_TIME) for each in horizon.instants())
        ]
    )[: run.until]
    total = 0.0
    for month in np.unique(months, axis=0):
        inside = (months == month).all(axis=1)
        share = min(inside.sum() * horizon.hours_per_slot / (30 * 24), 1.0)
        total += share * float(
            (grid_kw[:, inside].max(axis=1) * run.actual.demand_charge_cny_per_kw_month).sum()
        )
    return total
