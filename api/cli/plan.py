"""edwc plan."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from api.cli.choice import CATALOGUE, JOBS, JSON, LIMITS, Amount
from api.cli.file import check_writable, write_whole
from api.cli.plan_file import BASELINES, plan_text
from api.cli.progress import show_progress
from api.cli.report import compare, render
from api.cli.series import SERIES, Series
from api.cli.table import print_json
from api.cli.window import HOURS, SLOT_MINUTES, START, window_of
from api.cli.world import build_world, limited, require_known_places
from scheduler import BASELINES as BASELINE_NAMES
from scheduler import POLICIES, Job, Plan, Policy, World, plan_to_document, read_jobs, schedule


@click.command()
@JOBS
@CATALOGUE
@START
@HOURS
@SLOT_MINUTES
@click.option("--policy", "name", type=click.Choice(POLICIES), default="optimal", show_default=True)
@click.option(
    "--time-limit",
    "time_limit_s",
    type=Amount(min=0),
    default=60.0,
    show_default=True,
    help="Stop by then with the best plan [s].",
)
@click.option("--gap", type=Amount(min=0), default=1e-4, show_default=True, help="Proven gap to stop at.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the search.")
@click.option(
    "--baselines/--no-baselines", default=True, show_default=True, help="Compare with what one does without."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="plan.json", help="Write the plan here.")
@SERIES
@LIMITS
@JSON
def plan(
    *,
    jobs_path: Path,
    catalogue: str,
    start: datetime | None,
    hours: float | None,
    slot_minutes: int,
    name: str,
    time_limit_s: float,
    gap: float,
    seed: int,
    baselines: bool,
    out: Path | None,
    series: Series,
    limits_path: Path | None,
    as_json: bool,
) -> None:
    """Decide where and when each job of a file runs, and prove how good that is.

    Prints the proven gap, the cost in parts, carbon and energy, beside what every baseline policy would cost;
    with --json the plan itself, and the baselines under "baselines".
    """
    if out is not None:
        check_writable(out)
    jobs = read_jobs(jobs_path)
    horizon = window_of(jobs, start=start, hours=hours, slot_minutes=slot_minutes, now=datetime.now(UTC))
    world = limited(build_world(catalogue, horizon, series), limits_path)
    require_known_places(jobs, world.catalogue, jobs_path)
    with show_progress(name) as progress:
        best = schedule(
            jobs,
            world,
            policy=Policy(name=name),
            time_limit_s=time_limit_s,
            gap=gap,
            seed=seed,
            progress=progress,
        )
    others = _run_baselines(jobs, world, name) if baselines else ()
    document = plan_to_document(best)
    if out is not None:
        write_whole(out, plan_text(document))
    costs = compare(best, others)
    if as_json:
        print_json(document | {BASELINES: costs.documents()[1:]})
    else:
        click.echo(render(best, len(world.catalogue.sites), costs))


def _run_baselines(jobs: tuple[Job, ...], world: World, chosen: str) -> tuple[Plan, ...]:
    names = [name for name in BASELINE_NAMES if name != chosen]
    return tuple(schedule(jobs, world, policy=Policy(name=name)) for name in names)
