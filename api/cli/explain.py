"""edwc explain: offline from a plan file, or as the service sees it now."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from api.cli.choice import CATALOGUE, JSON, LIMITS
from api.cli.plan_file import read_plan_file
from api.cli.series import SERIES, Series
from api.cli.table import print_json
from api.cli.world import build_world, limited, require_known_places
from scheduler import Plan, World, read_jobs, render
from scheduler import explain as explain_job
from topology import CHINA_TIME

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("job")
@click.option("--jobs", "jobs_path", type=FILE, metavar="FILE", help="Jobs file, with --plan.")
@click.option("--plan", "plan_path", type=FILE, metavar="plan.json", help="Ask this plan, not the service.")
@CATALOGUE
@SERIES
@LIMITS
@JSON
def explain(
    *,
    job: str,
    jobs_path: Path | None,
    plan_path: Path | None,
    catalogue: str,
    series: Series,
    limits_path: Path | None,
    as_json: bool,
) -> None:
    """Say why one JOB is where it is, or why it was refused, and what would have to change.

    With --jobs and --plan offline: give the same series and limits as for the plan. Without them the service is
    asked, and JOB is an id or a name. Exit 0 whatever became of the job: the question was why.
    """
    if plan_path is None and jobs_path is None:
        document, text = _ask_service(job)
    elif plan_path is None or jobs_path is None:
        missing = "--plan" if plan_path is None else "--jobs"
        raise click.UsageError(
            f"Missing option '{missing}': a plan is explained with its jobs; give both or none"
        )
    else:
        plan = read_plan_file(plan_path)
        world = limited(build_world(catalogue, plan.horizon, series), limits_path)
        document, text = _ask_plan(job, jobs_path, plan, world)
    if as_json:
        print_json(document)
    else:
        click.echo(text)


def _ask_service(job: str) -> tuple[Any, str]:
    from api.cli.account import find_job, open_client  # noqa: PLC0415  (not wanted offline)

    with open_client() as client:
        answer = client.explanation(find_job(client, job).id)
    return answer.explanation, answer.text


def _ask_plan(job: str, jobs_path: Path, plan: Plan, world: World) -> tuple[Any, str]:
    jobs = read_jobs(jobs_path)
    require_known_places(jobs, world.catalogue, jobs_path)
    explanation = explain_job(job, jobs, plan, world)
    return _plain(dataclasses.asdict(explanation)), render(explanation)


def _plain(value: Any) -> Any:
    """Return the value as JSON has it, instants in China's time."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.astimezone(CHINA_TIME).isoformat() if isinstance(value, datetime) else value
