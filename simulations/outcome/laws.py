"""Laws: what must hold of every run, checked from its tables by code that shares nothing with the engine.

A law is a named function from the evidence to the faults it finds. None of them asks how anything was decided.

    each job once        names differ; every job has one state; the states add up
    runs of jobs         completed jobs ran as long as they took, others not to their end, none before its release, and
                         none at two places at a time unless it has replicas
    sites hold           units held in no slot exceed a site's capacity, nor IT power what the facility may draw
    links hold           Gbit/s held in no slot exceed a link's capacity
    tenants hold         units held in no slot exceed a tenant's quota
    energy balances      the energy and cost of all runs, added up slot by slot, is what jobs and summary say
    energy quotas hold   facility energy in a period does not exceed the quota
    losses are felt      nothing runs at a lost site or moves over a lost link
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pricing import it_limit_kw
from simulations.outcome.run import Run
from simulations.outcome.summary import Summary

Floats = npt.NDArray[np.float64]
RELATIVE = 1e-6
MOST_FAULTS = 20  # of one law: enough to find the cause


@dataclass(frozen=True, kw_only=True, slots=True)
class LawFault:
    """A law that does not hold.

    Attributes:
        law: its name.
        subject: of what.
        found: what was found.
        allowed: what is allowed.
    """

    law: str
    subject: str
    found: float
    allowed: float

    def to_document(self) -> dict[str, Any]:
        """Return the fault as a document."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Evidence:
    """Tables as arrays, and the world they must fit."""

    jobs: Mapping[str, npt.NDArray[Any]]
    runs: Mapping[str, npt.NDArray[Any]]
    transfers: Mapping[str, npt.NDArray[Any]]
    summary: Summary
    run: Run


def audit(tables: Mapping[str, pa.Table], summary: Summary, run: Run) -> tuple[LawFault, ...]:
    """Return every law that does not hold, at most `MOST_FAULTS` of each."""
    evidence = _Evidence(
        jobs=_arrays(tables["jobs"], "name state tenant tasks replicas cpu_cores memory_gib release_minute minutes "
                                     "energy_kwh energy_cny carbon_kg network_cny value_cny"),
        runs=_arrays(tables["runs"], "job site start_slot end_slot minutes it_kw accelerator count lost"),
        transfers=_arrays(tables["transfers"], "job route start_slot end_slot rate_gbps network_cny"),
        summary=summary,
        run=run,
    )  # fmt: skip
    strangers = _strangers(evidence)
    if strangers:
        # Nothing else can be looked up once a run or transfer belongs to no job.
        return (
            *each_job_once(evidence),
            _fault("each job once", "runs and transfers of no job", strangers, 0),
        )
    found: list[LawFault] = []
    for law in LAWS:
        faults = law(evidence)
        found.extend(fault for fault, _ in zip(faults, range(MOST_FAULTS), strict=False))
    return tuple(found)


def _strangers(evidence: _Evidence) -> int:
    known = len(evidence.jobs["name"])
    return sum(int((rows["job"] >= known).sum()) for rows in (evidence.runs, evidence.transfers))


def _arrays(table: pa.Table, names: str) -> dict[str, npt.NDArray[Any]]:
    return {name: table.column(name).to_numpy(zero_copy_only=False) for name in names.split()}


def each_job_once(evidence: _Evidence) -> Iterator[LawFault]:
    """Every job has a name of its own and one state."""
    jobs, summary = evidence.jobs, evidence.summary
    names = len(set(jobs["name"].tolist()))
    yield from _differs("each job once", "distinct names", names, len(jobs["name"]))
    words, counts = np.unique(jobs["state"].astype(str), return_counts=True)
    states = dict(zip(words.tolist(), counts.tolist(), strict=True))
    for state in ("completed", "rejected", "waiting", "running"):
        yield from _differs("each job once", f"jobs {state}", states.pop(state, 0), getattr(summary, state))
    yield from _differs("each job once", "jobs of another state", sum(states.values()), 0)
    yield from _differs("each job once", "jobs", len(jobs["name"]), summary.jobs)
    taken = evidence.run.intake.get("jobs_taken")
    if taken is not None and not evidence.run.partial:
        yield from _differs("each job once", "jobs that were taken in", summary.jobs, taken)


def runs_of_jobs(evidence: _Evidence) -> Iterator[LawFault]:
    """Jobs run as long as they take, after their release, at one place at a time."""
    jobs, runs = evidence.jobs, evidence.runs
    slot = evidence.run.actual.horizon.slot_minutes
    kept = ~runs["lost"]
    ran = np.zeros(len(jobs["name"]))
    np.add.at(ran, runs["job"][kept], runs["minutes"][kept])
    # What waits may have checkpoints of runs that are done; what was rejected has nothing to show.
    rejected, under_way = jobs["state"] == "rejected", jobs["state"] == "running"
    wanted = np.where(rejected, 0.0, jobs["minutes"] * jobs["replicas"])
    for job in np.flatnonzero((np.abs(ran - wanted) > RELATIVE * (1 + wanted)) & ~under_way):
        yield _fault("runs of jobs", f"minutes of {jobs['name'][job]}", ran[job], wanted[job])
    early = runs["start_slot"] * slot < jobs["release_minute"][runs["job"]] - 1e-6
    for run in np.flatnonzero(early):
        job = runs["job"][run]
        yield _fault(
            "runs of jobs",
            f"start of {jobs['name'][job]}",
            runs["start_slot"][run] * slot,
            jobs["release_minute"][job],
        )
    taken = np.ceil(runs["minutes"] / slot - 1e-9)
    for run in np.flatnonzero(taken != runs["end_slot"] - runs["start_slot"]):
        yield _fault(
            "runs of jobs",
            f"slots of {jobs['name'][runs['job'][run]]}",
            runs["end_slot"][run] - runs["start_slot"][run],
            taken[run],
        )
    yield from _meetings(evidence)


def _meetings(evidence: _Evidence) -> Iterator[LawFault]:
    """Yield jobs that run at two places at a time, or twice at one."""
    jobs, runs = evidence.jobs, evidence.runs
    single = jobs["replicas"][runs["job"]] == 1
    place = np.where(single, 0, runs["site"] + 1)
    order = np.lexsort((runs["start_slot"], place, runs["job"]))
    job, place = runs["job"][order], place[order]
    same = (job[1:] == job[:-1]) & (place[1:] == place[:-1])
    for meets in np.flatnonzero(same & (runs["start_slot"][order][1:] < runs["end_slot"][order][:-1])):
        yield _fault(
            "runs of jobs",
            f"a second run of {jobs['name'][job[meets]]} begins",
            runs["start_slot"][order][meets + 1],
            runs["end_slot"][order][meets],
        )


def sites_hold(evidence: _Evidence) -> Iterator[LawFault]:
    """Cores, memory, accelerators and IT power held fit their sites in every slot."""
    run, runs = evidence.run, evidence.runs
    pue = run.actual.pue_marginal[:, : run.until]
    for name, units in _held(evidence):
        held = _heaped(evidence, runs["site"], units, len(run.catalogue.sites))
        for number, site in enumerate(run.catalogue.sites):
            most = (
                it_limit_kw(site, pue[number])
                if name == "it_kw"
                else np.full(run.until, site.capacity.get(name))
            )
            yield from _over("sites hold", f"{name} at {site.id}", held[number], most)


def links_hold(evidence: _Evidence) -> Iterator[LawFault]:
    """Transfers fit their links in every slot."""
    for number, load in enumerate(_link_loads(evidence)):
        link = evidence.run.catalogue.links[number]
        yield from _over("links hold", f"Gbit/s on {link.id}", load, np.full(len(load), link.capacity_gbps))


def tenants_hold(evidence: _Evidence) -> Iterator[LawFault]:
    """What a tenant's jobs hold together keeps its quota in every slot."""
    run, runs = evidence.run, evidence.runs
    tenant = evidence.jobs["tenant"][runs["job"]]
    for name, units in _held(evidence) if run.quotas else ():
        for owner, quota in sorted(run.quotas.items()):
            if name in quota:
                held = _heaped(
                    evidence, np.zeros(len(tenant), dtype=np.int64), np.where(tenant == owner, units, 0.0), 1
                )
                yield from _over(
                    "tenants hold", f"{name} of {owner}", held[0], np.full(run.until, quota[name])
                )


def energy_balances(evidence: _Evidence) -> Iterator[LawFault]:
    """Slot by slot, the energy of all runs is what jobs and summary say; only resumes may add to it."""
    run, jobs, summary = evidence.run, evidence.jobs, evidence.summary
    kwh = _facility_kwh(evidence)
    price, grams = run.actual.power_cny_per_kwh[:, : run.until], run.actual.carbon_g_per_kwh[:, : run.until]
    carbon_cny_per_kg = run.actual.carbon_cny_per_t / 1000
    slotwise = {
        "energy_kwh": kwh.sum(),
        "energy_cny": (kwh * price).sum(),
        "carbon_kg": (kwh * grams).sum() / 1000,
    }
    resumed = _resumed(evidence)
    for name, total in slotwise.items():
        written = float(jobs[name].sum())
        if written < total * (1 - RELATIVE) - RELATIVE or (
            not resumed and written > total * (1 + RELATIVE) + RELATIVE
        ):
            yield _fault("energy balances", f"{name} of all jobs", written, total)
    network = float(evidence.transfers["network_cny"].sum())
    if not resumed:
        yield from _differs(
            "energy balances", "network_cny of all jobs", float(jobs["network_cny"].sum()), network
        )
    value = np.nansum(jobs["value_cny"].astype(np.float64))
    for name, written, total in (
        ("energy_kwh", summary.energy_kwh, jobs["energy_kwh"].sum()),
        ("energy_cny", summary.cost.energy_cny, jobs["energy_cny"].sum()),
        ("carbon_cny", summary.cost.carbon_cny, jobs["carbon_kg"].sum() * carbon_cny_per_kg),
        ("network_cny", summary.cost.network_cny, jobs["network_cny"].sum()),
        ("rejected_value_cny", summary.cost.rejected_value_cny, value),
    ):
        yield from _differs("energy balances", f"{name} of the summary", written, float(total))


def energy_quotas_hold(evidence: _Evidence) -> Iterator[LawFault]:
    """Facility energy of the site, base load included, keeps every quota in its period."""
    run = evidence.run
    if not run.energy_quotas:
        return
    kwh, horizon = _facility_kwh(evidence), run.actual.horizon
    for quota in run.energy_quotas:
        number = run.catalogue.site_ids.index(quota.site)
        inside = np.array(
            [quota.start <= horizon.instant(slot) < quota.end for slot in range(run.until)], dtype=np.bool_
        )
        base_kwh = run.catalogue.sites[number].base_kw * inside.sum() * horizon.hours_per_slot
        used = float(kwh[number][inside].sum())
        if used > max(quota.kwh - base_kwh, 0.0) * (1 + RELATIVE) + RELATIVE:
            yield _fault("energy quotas hold", f"kWh of {quota.site}", used + base_kwh, quota.kwh)


def losses_are_felt(evidence: _Evidence) -> Iterator[LawFault]:
    """Nothing runs at a lost site, and nothing moves over a lost link."""
    run, runs, moved = evidence.run, evidence.runs, evidence.transfers
    links = run.catalogue.links
    for kind, name, first, last in run.losses:
        if kind == "site":
            here = runs["site"] == run.catalogue.site_ids.index(name)
            amid = here & (runs["start_slot"] < last) & (runs["end_slot"] > first)
            lost = {number for number, link in enumerate(links) if name in {link.a, link.b}}
        else:
            amid = np.zeros(len(runs["job"]), dtype=np.bool_)
            lost = {number for number, link in enumerate(links) if link.id == name}
        yield from _differs("losses are felt", f"runs at lost {name}", int(amid.sum()), 0)
        broken = [number for number, route in enumerate(run.routes) if lost.intersection(route)]
        over = np.isin(moved["route"], broken) & (moved["start_slot"] < last) & (moved["end_slot"] > first)
        over &= moved["end_slot"] > moved["start_slot"]
        yield from _differs("losses are felt", f"transfers over lost {name}", int(over.sum()), 0)


LAWS: tuple[Callable[[_Evidence], Iterator[LawFault]], ...] = (
    each_job_once,
    runs_of_jobs,
    sites_hold,
    links_hold,
    tenants_hold,
    energy_balances,
    energy_quotas_hold,
    losses_are_felt,
)


def _held(evidence: _Evidence) -> Iterator[tuple[str, Floats]]:
    """Yield every resource and the units that each run holds of it."""
    jobs, runs = evidence.jobs, evidence.runs
    tasks = jobs["tasks"][runs["job"]]
    yield "cpu_cores", tasks * jobs["cpu_cores"][runs["job"]]
    yield "memory_gib", tasks * jobs["memory_gib"][runs["job"]]
    model = runs["accelerator"].astype(str)
    for name in sorted(set(model.tolist()) - {""}):
        yield name, np.where(model == name, tasks * runs["count"], 0.0)
    yield "it_kw", runs["it_kw"]


def _heaped(evidence: _Evidence, row: npt.NDArray[Any], units: Floats, rows: int) -> Floats:
    """Return [rows, T]: units held in every slot, added up run by run."""
    runs, until = evidence.runs, evidence.run.until
    change = np.zeros((rows, until + 1))
    np.add.at(change, (row, np.minimum(runs["start_slot"], until)), units)
    np.subtract.at(change, (row, np.minimum(runs["end_slot"], until)), units)
    return np.asarray(change.cumsum(axis=1)[:, :until])


def _link_loads(evidence: _Evidence) -> Floats:
    run, moved = evidence.run, evidence.transfers
    width = run.until + 1
    change = np.zeros((len(run.routes), width))
    np.add.at(change, (moved["route"], np.minimum(moved["start_slot"], run.until)), moved["rate_gbps"])
    np.subtract.at(change, (moved["route"], np.minimum(moved["end_slot"], run.until)), moved["rate_gbps"])
    load = np.zeros((len(run.catalogue.links), run.until))
    by_route = change.cumsum(axis=1)[:, : run.until]
    for number, route in enumerate(run.routes):
        load[list(route)] += by_route[number]
    return load


def _facility_kwh(evidence: _Evidence) -> Floats:
    """Return [S, T]: facility energy of all runs above the base load."""
    run, runs = evidence.run, evidence.runs
    slot, sites = run.actual.horizon.slot_minutes, len(run.catalogue.sites)
    full = np.floor(runs["minutes"] / slot + 1e-9).astype(np.int64)
    rest = np.maximum(runs["minutes"] - full * slot, 0.0)
    change = np.zeros((sites, run.until + 1))
    np.add.at(change, (runs["site"], runs["start_slot"]), runs["it_kw"])
    np.subtract.at(change, (runs["site"], np.minimum(runs["start_slot"] + full, run.until)), runs["it_kw"])
    it_kwh = change.cumsum(axis=1)[:, : run.until] * (slot / 60)
    tail = rest > 1e-9
    np.add.at(
        it_kwh, (runs["site"][tail], (runs["start_slot"] + full)[tail]), (runs["it_kw"] * rest / 60)[tail]
    )
    return np.asarray(it_kwh * run.actual.pue_marginal[:, : run.until])


def _resumed(evidence: _Evidence) -> bool:
    """Whether any job was paused: it then repeats minutes that are no run of their own."""
    runs, jobs = evidence.runs, evidence.jobs
    count = np.bincount(runs["job"][~runs["lost"]], minlength=len(jobs["name"]))
    return bool((count > jobs["replicas"]).any())


def _over(law: str, what: str, held: Floats, limit: Floats) -> Iterator[LawFault]:
    """Yield the slots in which more is held than a limit."""
    for slot in np.flatnonzero(held > limit * (1 + RELATIVE) + RELATIVE):
        yield _fault(law, f"{what} in slot {slot}", held[slot], limit[slot])


def _differs(law: str, what: str, found: float, wanted: float) -> Iterator[LawFault]:
    if abs(found - wanted) > RELATIVE * max(abs(found), abs(wanted)) + 1e-9:
        yield _fault(law, what, found, wanted)


def _fault(law: str, what: str, found: float, allowed: float) -> LawFault:
    return LawFault(law=law, subject=what, found=float(found), allowed=float(allowed))
