"""The tour: the main job end to end on the built-in catalogue, as `make run` shows it.

    python -m simulations.tour

A small day of jobs is drawn, planned with a proven bound, judged by code that never met the planner, and set
beside what one would do without it. Exit 0 when the judge finds the plan sound, 1 when it does not.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from pricing import build_price_book
from scheduler import (
    BASELINES,
    Job,
    Plan,
    Policy,
    World,
    explain,
    job_to_document,
    plan_to_document,
    render,
    schedule,
)
from scheduler.judge import Verdict, judge
from simulations.workload import WorkloadRequest, draw_workload
from topology import CHINA_TIME, Horizon, Network, load_catalogue

# A fixed day in July, at the summer peak of eastern tariffs, with gangs too large for the smaller sites.
REQUEST = WorkloadRequest(count=400, seed=2026, load=0.02)
TIME_LIMIT_S = 12.0
GAP = 5e-3
LINES_SHOWN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Tour:
    """One day, planned and judged.

    Attributes:
        jobs: the day.
        world: where it runs.
        plan: the plan of the optimizer.
        others: the plans of the baselines, in the order of `BASELINES`.
        verdict: what the judge found in the plan.
    """

    jobs: tuple[Job, ...]
    world: World
    plan: Plan
    others: tuple[Plan, ...]
    verdict: Verdict


def take_tour(request: WorkloadRequest = REQUEST, *, time_limit_s: float = TIME_LIMIT_S) -> Tour:
    """Draw the day, plan it with every policy, and have the plan judged.

    Raises:
        WorkloadError: the request cannot be drawn.
    """
    catalogue = load_catalogue()
    jobs = draw_workload(request, catalogue).jobs
    horizon = Horizon(start=request.start, slots=round(request.hours * 4))
    world = World(
        catalogue=catalogue, network=Network(catalogue), prices=build_price_book(catalogue, horizon)
    )
    plan = schedule(jobs, world, time_limit_s=time_limit_s, gap=GAP)
    others = tuple(schedule(jobs, world, policy=Policy(name=name)) for name in BASELINES)
    verdict = judge([job_to_document(job) for job in jobs], plan_to_document(plan), catalogue)
    return Tour(jobs=jobs, world=world, plan=plan, others=others, verdict=verdict)


def show(tour: Tour, console: Console) -> None:
    """Print the plan, some of its placements, and what it saves."""
    plan, sites = tour.plan, len(tour.world.catalogue.sites)
    start = plan.horizon.start.astimezone(CHINA_TIME)
    console.print(
        f"[bold]{len(tour.jobs)} jobs[/bold] on {sites} sites, {start:%Y-%m-%d}, {plan.horizon.slots} slots"
    )
    console.print(_placements(tour.jobs, plan))
    if plan.rejections:
        rejection = plan.rejections[0]
        reasons = ", ".join(f"{code} at {count} sites" for code, count in rejection.reasons.items())
        console.print(f"{len(plan.rejections)} not placed, such as {rejection.job}: {reasons}")
    console.print(_savings(plan, tour.others))
    console.print(
        f"[bold]Proven:[/bold] no plan costs less than {plan.lower_bound_cny:,.0f} CNY; "
        f"this one is within {plan.gap:.2%} of that, found in {plan.solve_seconds:.1f} s."
    )
    found = "sound" if tour.verdict.is_sound else f"{len(tour.verdict.faults)} faults"
    console.print(
        f"[bold]Judged:[/bold] {found}: every cost and constraint recomputed apart from the planner."
    )


def show_why(tour: Tour, console: Console) -> None:
    """Print why the costliest placement of the day is where it is."""
    job = max(tour.plan.placements, key=lambda placement: placement.cost.energy_cny).job
    console.print("[bold]Why is it there?[/bold]")
    text = render(explain(job, tour.jobs, tour.plan, tour.world))
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _placements(jobs: Sequence[Job], plan: Plan) -> Table:
    """The costliest placements that left their city."""
    origins = {job.name: job for job in jobs}
    table = Table("job", "tasks", "from", "runs at", "on", "start", "end", "CNY", "kg CO2")
    costliest = sorted(plan.placements, key=lambda placement: -placement.cost.energy_cny)
    for placement in costliest[:LINES_SHOWN]:
        job = origins[placement.job]
        start, end = (instant.astimezone(CHINA_TIME) for instant in (placement.start, placement.end))
        table.add_row(
            placement.job,
            f"{job.tasks:,}",
            job.origin,
            placement.site,
            job.variants[placement.variant].accelerator or "cores",
            f"{start:%H:%M}",
            f"{end:%H:%M}",
            f"{placement.cost.energy_cny + placement.cost.carbon_cny + placement.cost.network_cny:,.2f}",
            f"{placement.carbon_kg:,.1f}",
        )
    return table


def _savings(plan: Plan, others: Sequence[Plan]) -> Table:
    table = Table(
        "policy", "objective CNY", "energy", "carbon", "network", "t CO2", "not placed", "saved by the plan"
    )
    for other in (plan, *others):
        saved = 1.0 - plan.objective_cny / other.objective_cny if other.objective_cny else 0.0
        table.add_row(
            other.policy.name,
            f"{other.objective_cny:,.0f}",
            f"{other.cost.energy_cny:,.0f}",
            f"{other.cost.carbon_cny:,.0f}",
            f"{other.cost.network_cny:,.0f}",
            f"{other.carbon_kg / 1000:,.2f}",
            str(len(other.rejections)),
            "" if other is plan else f"{saved:.1%}",
        )
    return table


def main() -> int:
    """Take the tour and show it; 0 when the plan is sound."""
    tour = take_tour()
    console = Console()
    show(tour, console)
    show_why(tour, console)
    return 0 if tour.verdict.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
