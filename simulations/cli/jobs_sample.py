"""edwc jobs-sample: draw a day of jobs."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import click

from simulations.cli.option import CATALOGUE, JSON, MAX_HOURS, OUT, SEED, print_report, read_instant
from simulations.jobs_file import check_name, write_jobs
from simulations.profile import PROFILES
from simulations.workload import Workload, WorkloadRequest, draw_workload
from topology import load_catalogue


@click.command("jobs-sample")
@click.option("--count", required=True, type=int, help="How many jobs.")
@SEED
@click.option(
    "--profile", default="mixed", show_default=True, metavar="NAME", help=f"One of {', '.join(PROFILES)}."
)
@OUT
@click.option(
    "--start",
    default="2026-07-01T00:00+08:00",
    show_default=True,
    metavar="ISO",
    callback=read_instant,
    help="First instant of the day.",
)
@click.option(
    "--hours", default=24.0, show_default=True, type=float, help="Length; every job can end within it."
)
@click.option(
    "--load",
    type=float,
    help="Size gangs so that work over capacity of the binding resource is this, such as 0.7.",
)
@MAX_HOURS
@CATALOGUE
@JSON
def jobs_sample(
    *,
    count: int,
    seed: int,
    profile: str,
    out: Path,
    start: datetime,
    hours: float,
    load: float | None,
    max_hours: float,
    catalogue: str,
    as_json: bool,
) -> None:
    """Draw a day of jobs whose demand follows figures fitted to real traces (docs/traces.md)."""
    check_name(out)
    request = WorkloadRequest(
        count=count, seed=seed, profile=profile, start=start, hours=hours, load=load, max_hours=max_hours
    )
    workload = draw_workload(request, load_catalogue(catalogue))
    write_jobs(out, workload.jobs)
    print_report(
        f"{count} jobs of profile {profile}, seed {seed}, in {out}", _report(workload), as_json=as_json
    )


def _report(workload: Workload) -> dict[str, object]:
    kinds = Counter(job.labels["kind"] for job in workload.jobs)
    return {
        "jobs": len(workload.jobs),
        "kinds": dict(sorted(kinds.items())),
        "tasks": sum(job.tasks for job in workload.jobs),
        "load": workload.loads,
    }
