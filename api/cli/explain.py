"""edwc explain, offline: from a plan file."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from api.cli.choice import CATALOGUE, JOBS, JSON
from api.cli.plan_file import read_plan_file
from api.cli.series import SERIES, Series
from api.cli.table import print_json
from api.cli.world import build_world, require_known_places
from scheduler import explain as explain_job
from scheduler import read_jobs, render
from topology import CHINA_TIME


@click.command()
@click.argument("job")
@JOBS
@click.option("--plan", "plan_path", required=True, type=click.Path(path_type=Path), metavar="plan.json")
@CATALOGUE
@SERIES
@JSON
def explain(
    *, job: str, jobs_path: Path, plan_path: Path, catalogue: str, series: Series, as_json: bool
) -> None:
    """Say why one JOB is where it is, or why it was refused, and what would have to change.

    Exit 0 whatever became of the job: the question was why. Give the same series as for the plan.
    """
    jobs, plan = read_jobs(jobs_path), read_plan_file(plan_path)
    world = build_world(catalogue, plan.horizon, series)
    require_known_places(jobs, world.catalogue, jobs_path)
    explanation = explain_job(job, jobs, plan, world)
    if as_json:
        print_json(_plain(dataclasses.asdict(explanation)))
    else:
        click.echo(render(explanation))


def _plain(value: Any) -> Any:
    """Return the value as JSON has it, instants in China's time."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.astimezone(CHINA_TIME).isoformat() if isinstance(value, datetime) else value
