"""edwc top."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import click

from api.cli.account import open_client
from api.cli.choice import JSON, Amount
from api.cli.job_table import COLOURS, clock_time, job_table, money
from api.cli.sites import state_of
from api.cli.table import percent, print_json
from api.client import Client, JobStatus, NotFoundError, PlanStatus, Site

LIVE = ("running", "starting", "unknown", "cancelling", "planned", "queued")
LINES = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What the service looks like to one tenant at one moment.

    Attributes:
        jobs: the live ones, what runs first.
        sites: every site.
        plan: the latest, None before the first.
    """

    jobs: Sequence[JobStatus]
    sites: Sequence[Site]
    plan: PlanStatus | None

    @property
    def counts(self) -> Counter[str]:
        """Live jobs by state."""
        return Counter(job.state for job in self.jobs)


@click.command()
@click.option("--interval", "interval_s", type=Amount(min=0.2), default=2.0, show_default=True, metavar="S")
@click.option("--once", is_flag=True, help="Show it once and leave; so it is in a pipe.")
@JSON
def top(*, interval_s: float, once: bool, as_json: bool) -> None:
    """Watch your live jobs, the latest plan and the sites, renewed every few seconds; Ctrl-C leaves."""
    with open_client() as client:
        if as_json:
            print_json(_document(look(client)))
        elif once or not sys.stdout.isatty():
            click.echo(render(look(client)))
        else:
            _watch(client, interval_s)


def look(client: Client) -> View:
    """Ask the service how things stand."""
    jobs = sorted(client.jobs(states=LIVE, page_size=1000), key=_urgency)
    try:
        plan = client.latest_plan()
    except NotFoundError:
        plan = None
    return View(jobs=jobs, sites=client.sites(), plan=plan)


def _urgency(job: JobStatus) -> tuple[int, bool, datetime]:
    return (LIVE.index(job.state), job.starts_at is None, job.starts_at or job.created_at)


def render(view: View) -> str:
    """Return the screen."""
    counts = ", ".join(f"{view.counts[state]:,} {state}" for state in COLOURS if view.counts[state])
    closed = [f"{site.id} {state_of(site)}" for site in view.sites if state_of(site) != "open"]
    cost = sum((job.cost_cny for job in view.jobs), start=Decimal(0))
    lines = [
        f"jobs   {counts or 'none live'}" + (f"; {money(cost)} CNY expected" if cost else ""),
        f"plan   {_plan_words(view.plan)}",
        f"sites  {len(view.sites) - len(closed)} of {len(view.sites)} open"
        + "".join(f", {each}" for each in closed),
    ]
    if view.jobs:
        lines += ["", job_table(view.jobs[:LINES]).text()]
    if len(view.jobs) > LINES:
        lines.append(f"and {len(view.jobs) - LINES:,} more")
    return "\n".join(lines)


def _plan_words(plan: PlanStatus | None) -> str:
    if plan is None:
        return "none yet"
    return (
        f"{plan.policy} of {clock_time(plan.created_at)}: {plan.placed:,} placed, {plan.refused:,} refused, "
        f"gap {percent(plan.gap)}, {plan.solve_seconds:.1f} s"
    )


def _document(view: View) -> dict[str, object]:
    plan = None
    if view.plan is not None:
        plan = view.plan.model_dump(mode="json", exclude={"placements", "shadow_prices"})
    return {
        "jobs": dict(view.counts),
        "plan": plan,
        "sites": {site.id: state_of(site) for site in view.sites},
        "live": [job.model_dump(mode="json", exclude={"job", "placement"}) for job in view.jobs],
    }


def _watch(client: Client, interval_s: float) -> None:
    from rich.live import Live  # noqa: PLC0415  (wanted on a terminal only)
    from rich.text import Text  # noqa: PLC0415

    try:
        with Live(Text(render(look(client))), screen=True, auto_refresh=False) as screen:
            while True:
                time.sleep(interval_s)
                screen.update(Text(render(look(client))), refresh=True)
    except KeyboardInterrupt:
        return
