"""Books: the ledger as arrays, with what everything cost at actual prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pricing import RateCard, load_price_catalogue
from simulations.outcome.actual_cost import ActualCost, Energy
from simulations.outcome.billing import bill_cny
from simulations.outcome.ledger import Ledger, State
from simulations.outcome.run import Run
from simulations.outcome.site_load import Runs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
CHECKPOINT_WAYS = 2  # out at the pause, back at the resume


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Books:
    """A ledger that has prices; J jobs, N runs.

    Attributes:
        runs: what ran where and when.
        run_job: [N] job of every run.
        run_energy: [N] what it took.
        lost: [N] whether it was lost.
        energy: [J] what the runs of every job took, with what resumes repeat.
        network_cny: [J] data moved.
        bill_cny: [J] what the job owes; 0 unless it is completed.
        state: [J] a State.
    """

    runs: Runs
    run_job: Ints
    run_energy: Energy
    lost: npt.NDArray[np.bool_]
    energy: Energy
    network_cny: Floats
    bill_cny: Floats
    state: Ints


def open_books(ledger: Ledger, run: Run) -> Books:
    """Return the books of a ledger."""
    actual = ActualCost(run.actual)
    columns = {name: ledger.runs.numpy(name) for name in ("job", "site", "start_slot", "end_slot", "minutes")}
    job, it_kw = columns["job"].astype(np.int64), ledger.runs.numpy("it_kw")
    runs = Runs(
        site=columns["site"].astype(np.int64),
        start=columns["start_slot"].astype(np.int64),
        end=columns["end_slot"].astype(np.int64),
        minutes=columns["minutes"],
        demand=_held(ledger, run, job, it_kw),
    )
    energy = actual.of_runs(it_kw, runs.site, runs.start, runs.minutes)
    jobs = len(ledger.names)

    def by_job(values: Floats) -> Floats:
        return np.asarray(np.bincount(job, weights=values, minlength=jobs), dtype=np.float64)

    total = Energy(
        it_kwh=by_job(energy.it_kwh),
        kwh=by_job(energy.kwh),
        cny=by_job(energy.cny),
        carbon_kg=by_job(energy.carbon_kg),
    )
    moved = ledger.transfers
    network = np.bincount(
        moved.numpy("job").astype(np.int64), weights=moved.numpy("network_cny"), minlength=jobs
    ).astype(np.float64)
    _add_resumes(ledger, run, actual, total, network)
    state = ledger.jobs.numpy("state").astype(np.int64)
    return Books(
        runs=runs,
        run_job=job,
        run_energy=energy,
        lost=ledger.runs.numpy("lost").astype(np.bool_),
        energy=total,
        network_cny=network,
        bill_cny=np.where(state == State.COMPLETED, _bills(ledger, run.rate_scale), 0.0),
        state=state,
    )


def _held(ledger: Ledger, run: Run, job: Ints, it_kw: Floats) -> list[Floats]:
    """Return the columns of what runs hold: cores, memory, accelerators of every model at any site, IT power."""
    jobs = ledger.jobs
    tasks = jobs.numpy("tasks")[job]
    names = sorted({model for site in run.catalogue.sites for model in site.capacity.accelerators})
    model, count = ledger.runs.numpy("model"), ledger.runs.numpy("count")
    held = [tasks * jobs.numpy("cpu_cores")[job], tasks * jobs.numpy("memory_gib")[job]]
    for name in names:
        number = ledger.models.get(name, -1)
        held.append(np.where(model == number, tasks * count, 0.0))
    return [*held, it_kw]


def _add_resumes(ledger: Ledger, run: Run, actual: ActualCost, energy: Energy, network_cny: Floats) -> None:
    """Add what pauses cost: minutes repeated at the mean price of power, checkpoints at that of the links."""
    links = run.catalogue.links
    per_gb = sum(link.price_cny_per_gb for link in links) / len(links) if links else 0.0
    kwh, cny, carbon_kg = actual.mean_of_hour().tolist()
    for row, (resumed_kw, resumes, restart_minutes, checkpoint_gb) in ledger.pauses.items():
        it_kwh = resumed_kw * restart_minutes / 60
        energy.it_kwh[row] += it_kwh
        energy.kwh[row] += it_kwh * kwh
        energy.cny[row] += it_kwh * cny
        energy.carbon_kg[row] += it_kwh * carbon_kg
        network_cny[row] += resumes * CHECKPOINT_WAYS * checkpoint_gb * per_gb


def _bills(ledger: Ledger, scale: float) -> Floats:
    """Return what each job owes, [J]: its minutes on the machines of its last attempt, earlier ones on theirs."""
    jobs, parts = ledger.jobs, np.array(ledger.parts, dtype=np.float64).reshape(-1, 4)
    minutes, early = jobs.numpy("minutes"), parts[:, 0].astype(np.int64)
    np.subtract.at(minutes, early, parts[:, 1])
    row = np.concatenate([np.arange(len(minutes)), early])
    listed = load_price_catalogue().rate_card.cny_per_hour
    owed = bill_cny(
        RateCard(cny_per_hour={item: price * scale for item, price in listed.items()}),
        minutes=np.concatenate([minutes, parts[:, 1]]),
        tasks=(jobs.numpy("tasks") * jobs.numpy("replicas").astype(np.float64))[row],
        cpu_cores=jobs.numpy("cpu_cores")[row],
        memory_gib=jobs.numpy("memory_gib")[row],
        model=np.concatenate([jobs.numpy("model"), parts[:, 2]]).astype(np.int64),
        count=np.concatenate([jobs.numpy("count"), parts[:, 3]]),
        models=list(ledger.models),
    )
    return np.bincount(row, weights=owed, minlength=len(minutes)).astype(np.float64)
