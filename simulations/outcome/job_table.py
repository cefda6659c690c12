"""The tables of an outcome that follow the ledger row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from simulations.outcome.books import Books
from simulations.outcome.ledger import NO_SITE, Ledger, State
from simulations.outcome.run import Run

Floats = npt.NDArray[np.float64]


def job_table(ledger: Ledger, books: Books, run: Run, west: Collection[str]) -> pa.Table:
    """Return one row a job, in the order in which they became known."""
    jobs = ledger.jobs
    sites = run.catalogue.site_ids
    site = jobs.numpy("site")
    lies_west = np.array([*(each.province in west for each in run.catalogue.sites), False])
    start, release = jobs.numpy("start_minute"), jobs.numpy("release_minute")
    values = np.full(len(ledger.names), np.nan)
    for row, value in ledger.values_cny.items():
        values[row] = value
    reasons = [
        _main(ledger.reasons[row]) if row in ledger.reasons else "" for row in range(len(ledger.names))
    ]
    return pa.table(
        {
            "name": pa.array(ledger.names, pa.string()),
            "tenant": _words(jobs.numpy("tenant"), list(ledger.tenants)),
            "state": _words(books.state, [state.word for state in State]),
            "site": _words(np.where(site == NO_SITE, len(sites), site), [*sites, ""]),
            "variant": jobs.numpy("variant"),
            "tasks": jobs.numpy("tasks"),
            "replicas": jobs.numpy("replicas"),
            "cpu_cores": jobs.numpy("cpu_cores"),
            "memory_gib": jobs.numpy("memory_gib"),
            "accelerator": _words(jobs.numpy("model"), list(ledger.models)),
            "count": jobs.numpy("count"),
            "release_minute": release,
            "deadline_minute": _known(jobs.numpy("deadline_minute")),
            "start_minute": _known(start),
            "end_minute": _known(jobs.numpy("end_minute")),
            "wait_minutes": _known(start - release),
            "minutes": jobs.numpy("minutes"),
            "energy_cny": books.energy.cny,
            "carbon_cny": books.energy.carbon_kg * (run.actual.carbon_cny_per_t / 1e3),
            "network_cny": books.network_cny,
            "carbon_kg": books.energy.carbon_kg,
            "energy_kwh": books.energy.kwh,
            "it_kwh": books.energy.it_kwh,
            "value_cny": _known(values),
            "bill_cny": books.bill_cny,
            "rtt_ms": _known(jobs.numpy("rtt_ms")),
            "rtt_ms_max": _known(jobs.numpy("rtt_ms_max")),
            "attempts": jobs.numpy("attempts"),
            "delays": jobs.numpy("delays"),
            "reason": pa.array(reasons, pa.string()).dictionary_encode(),
            "west": lies_west[site],
        }
    )


def run_table(ledger: Ledger, books: Books) -> pa.Table:
    """Return one row a run at a site, lost ones too."""
    runs = ledger.runs
    names = ("job", "site", "start_slot", "end_slot", "minutes", "it_kw", "count")
    return pa.table(
        {
            **{name: runs.numpy(name) for name in names},
            "accelerator": _words(runs.numpy("model"), list(ledger.models)),
            "lost": books.lost,
            "it_kwh": books.run_energy.it_kwh,
            "energy_kwh": books.run_energy.kwh,
            "energy_cny": books.run_energy.cny,
            "carbon_kg": books.run_energy.carbon_kg,
        }
    )


def transfer_table(ledger: Ledger) -> pa.Table:
    """Return one row a dataset that moved over links."""
    moved = ledger.transfers
    names = ("job", "route", "start_slot", "end_slot", "rate_gbps", "size_gb", "network_cny")
    return pa.table(
        {
            **{name: moved.numpy(name) for name in names},
            "incoming": moved.numpy("incoming").astype(np.bool_),
        }
    )


def cycle_table(ledger: Ledger) -> pa.Table:
    """Return one row a planning cycle."""
    cycles = ledger.cycles
    names = ("slot", "jobs", "placed", "rejected", "moved", "objective_cny", "lower_bound_cny", "gap")
    return pa.table(
        {**{name: cycles.numpy(name) for name in names}, "status": pa.array(ledger.statuses, pa.string())}
    )


def tenant_table(ledger: Ledger, books: Books) -> pa.Table:
    """Return one row a tenant; "" stands for jobs without one."""
    tenant, count = ledger.jobs.numpy("tenant").astype(np.int64), len(ledger.tenants)

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(tenant, weights=values, minlength=count), dtype=np.float64)

    def number(of: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.bincount(tenant[of], minlength=count)

    return pa.table(
        {
            "tenant": pa.array(list(ledger.tenants), pa.string()),
            "jobs": number(np.ones(len(tenant), dtype=np.bool_)),
            "completed": number(books.state == State.COMPLETED),
            "rejected": number(books.state == State.REJECTED),
            "bill_cny": np.round(total(books.bill_cny), 2),
            "energy_kwh": total(books.energy.kwh),
            "carbon_kg": total(books.energy.carbon_kg),
        }
    )


def rejection_table(ledger: Ledger) -> pa.Table:
    """Return one row a reason: jobs whose main reason it is, and (job, site) pairs it stands for."""
    jobs: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for reasons in ledger.reasons.values():
        jobs[_main(reasons)] += 1
        pairs.update(reasons)
    names = sorted(pairs)
    return pa.table(
        {
            "reason": pa.array(names, pa.string()),
            "jobs": pa.array([jobs[name] for name in names], pa.int64()),
            "sites": pa.array([pairs[name] for name in names], pa.int64()),
        }
    )


def _main(reasons: Mapping[str, int]) -> str:
    """Return the reason that stands for most sites."""
    return max(sorted(reasons), key=lambda reason: reasons[reason], default="")


def _known(values: Floats) -> pa.Array:
    """Return numbers with null for what is not known or without limit."""
    return pa.array(np.where(np.isfinite(values), values, np.nan), from_pandas=True)


def _words(numbers: npt.NDArray[np.integer], words: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(numbers.astype(np.int32)), pa.array(list(words), pa.string())
    )
