"""Fit the figures that the workload generator carries, from the traces themselves.

    python -m simulations.fitting FOLDER-OF-TRACES

prints each quantity as fitted now and whether figures.py carries the same, so that anyone who has the traces
can repeat the fit. Rows without a positive run time are left out; nothing else is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from simulations.figures import FIGURES, LEVELS

Figures = tuple[tuple[float, ...], tuple[float, ...]]


def fit_figures(folder: Path) -> Mapping[str, Figures]:
    """Every figure the generator carries, fitted afresh.

    Args:
        folder: where the trace files lie, under the names of docs/traces.md.

    Returns:
        By name of the figure: (levels, values) of a quantile table, (values, weights) of shares, or
        (hours, weights) of a day's shape.

    Raises:
        OSError: a trace is missing.
    """
    return {name: fit(folder) for name, fit in _FITS.items()}


def _quantiles(values: pd.Series[float]) -> Figures:
    positive = values[values > 0].to_numpy(dtype=float)
    return LEVELS, tuple(float(f"{x:.3g}") for x in np.quantile(positive, LEVELS))


def _shares(values: pd.Series[float], least: float = 0.001) -> Figures:
    shares = values.value_counts(normalize=True).sort_index()
    kept = shares[shares >= least]
    return tuple(float(x) for x in kept.index), tuple(round(float(x), 4) for x in kept)


def _philly(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "philly_jobs.csv.gz")


def _philly_runtime(folder: Path, *, gangs: bool) -> Figures:
    jobs = _philly(folder)
    return _quantiles(jobs.duration_s[(jobs.num_gpus > 1) == gangs] / 60.0)


def _gaia(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"gaia_{name}100k.csv.gz")


def _openb(folder: Path) -> pd.DataFrame:
    pods = pd.read_csv(folder / "openb_pods.csv.gz")
    return pods[pods.num_gpu > 0]


def _serving_runtime(folder: Path) -> Figures:
    pods = _openb(folder)
    serving = pods[pods.qos == "LS"]
    return _quantiles((serving.deletion_time - serving.scheduled_time).dropna() / 60.0)


def _helios_day(folder: Path) -> Figures:
    table = pd.read_csv(folder / "helios_venus_throughput_10min.csv.gz", parse_dates=["time"])
    workdays = table[table.time.dt.day_of_week < 5]
    hourly = workdays.groupby(workdays.time.dt.hour).submit_gpu_job.mean()
    return tuple(float(h) for h in range(24)), tuple(round(float(x), 3) for x in hourly / hourly.mean())


def _dlrm_memory(folder: Path) -> Figures:
    instances = pd.read_csv(folder / "alibaba_dlrm_instances.csv.gz")
    return _quantiles(instances.memory_request / instances.cpu_request)


def _lcg_runtime(folder: Path) -> Figures:
    return _quantiles(pd.read_csv(folder / "lcg2005_jobs.csv.gz").run_s / 60.0)


_FITS: Mapping[str, Callable[[Path], Figures]] = {
    "philly.runtime_minutes": lambda f: _philly_runtime(f, gangs=False),
    "philly.gang_runtime_minutes": lambda f: _philly_runtime(f, gangs=True),
    "philly.accelerators": lambda f: _shares(_philly(f).num_gpus, least=0.0004),
    "openb.cpu_cores_per_accelerator": lambda f: _quantiles(_openb(f).cpu_milli / 1000.0 / _openb(f).num_gpu),
    "openb.memory_gib_per_accelerator": lambda f: _quantiles(
        _openb(f).memory_mib / 1024.0 / _openb(f).num_gpu
    ),
    "openb.serving_accelerators": lambda f: _shares(_openb(f).num_gpu[_openb(f).qos == "LS"]),
    "openb.serving_runtime_minutes": _serving_runtime,
    "pai.runtime_minutes": lambda f: _quantiles(_gaia(f, "pai").length_h * 60.0),
    "azure.runtime_minutes": lambda f: _quantiles(_gaia(f, "azure").length_h * 60.0),
    "azure.cpu_cores": lambda f: _shares(_gaia(f, "azure").cpus, least=0.004),
    "mustang.runtime_minutes": lambda f: _quantiles(_gaia(f, "mustang").length_h * 60.0),
    "mustang.cpu_cores": lambda f: _quantiles(_gaia(f, "mustang").cpus),
    "lcg.runtime_minutes": _lcg_runtime,
    "dlrm.memory_gib_per_core": _dlrm_memory,
    "helios.day": _helios_day,
}


def main(folder: Path) -> None:
    """Print each figure fitted now beside the one carried."""
    table = Table("figure", "fitted now", "as carried")
    for name, (_, numbers) in fit_figures(folder).items():
        same = FIGURES[name].numbers == numbers
        table.add_row(name, " ".join(f"{number:g}" for number in numbers), "yes" if same else "NO")
    Console().print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
