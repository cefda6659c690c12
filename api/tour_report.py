"""What the tour prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from api.client import Bill, Explanation, JobStatus, Quote
from pricing import build_price_book
from scheduler import BASELINES, Job, Policy, World, job_from_document, schedule
from topology import CHINA_TIME, Horizon, Network, load_catalogue

LINES = 6
DAY_SLOTS = 96
OFFERS = 5


def show_quote(menu: Quote, console: Console) -> None:
    """Print the menu of one job."""
    table = Table("choice", "CNY", "site", "start", "finish", "kg CO2", title=f"A quote for {menu.job}")
    for offer in menu.offers[:OFFERS]:
        start, finish = offer.start.astimezone(CHINA_TIME), offer.finish.astimezone(CHINA_TIME)
        price, carbon = f"{offer.price_cny:,.2f}", f"{offer.carbon_kg:,.2f}"
        table.add_row(offer.choice, price, offer.site, f"{start:%H:%M}", f"{finish:%H:%M}", carbon)
    console.print(table)


def show_placements(ended: Sequence[JobStatus], console: Console) -> JobStatus:
    """Print where the costliest jobs ran; return the first of them."""
    costliest = sorted((job for job in ended if job.placement), key=_cost_cny, reverse=True)
    table = Table("job", "from", "ran at", "start", "end", "power CNY", "state", title="Where they ran")
    for job in costliest[:LINES]:
        assert job.starts_at is not None
        assert job.ends_at is not None
        start, end = job.starts_at.astimezone(CHINA_TIME), job.ends_at.astimezone(CHINA_TIME)
        origin, cost = str(job.job.get("origin", "-")), f"{_cost_cny(job):,.2f}"
        table.add_row(job.name, origin, job.site, f"{start:%H:%M}", f"{end:%H:%M}", cost, job.state)
    console.print(table)
    return costliest[0]


def _cost_cny(job: JobStatus) -> float:
    cost: Mapping[str, float] = (job.placement or {}).get("cost", {})
    return sum(cost.get(part, 0.0) for part in ("energy_cny", "carbon_cny", "network_cny"))


def show_savings(day: Sequence[Mapping[str, Any]], ended: Sequence[JobStatus], console: Console) -> None:
    """Print what the jobs that ran cost beside what the same jobs would have cost without the optimizer."""
    ran = {job.name for job in ended if job.placement}
    jobs = tuple(job_from_document(dict(document)) for document in day if document["name"] in ran)
    world = _world(jobs)
    service_cny = sum(map(_cost_cny, ended))
    table = Table(
        "policy", "energy, carbon, network CNY", "not placed", "saved by the service", title="What it saved"
    )
    table.add_row("the service", f"{service_cny:,.2f}", "0", "")
    for name in BASELINES:
        plan = schedule(jobs, world, policy=Policy(name=name))
        cost_cny = plan.cost.energy_cny + plan.cost.carbon_cny + plan.cost.network_cny
        saved = f"{1 - service_cny / cost_cny:.1%}" if cost_cny else ""
        table.add_row(name, f"{cost_cny:,.2f}", str(len(plan.rejections)), saved)
    console.print(table)


def _world(jobs: Sequence[Job]) -> World:
    catalogue = load_catalogue()
    start = min(job.release for job in jobs if job.release is not None)
    local = start.astimezone(CHINA_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    horizon = Horizon(start=local, slots=DAY_SLOTS)
    return World(catalogue=catalogue, network=Network(catalogue), prices=build_price_book(catalogue, horizon))


def show_explanation(why: Explanation, console: Console) -> None:
    """Print why one job ran where it did."""
    console.print("[bold]Why there?[/bold]")
    console.print(why.text, markup=False, highlight=False, soft_wrap=True)


def show_bill(owed: Bill, console: Console) -> None:
    """Print the largest lines of the bill and its sum."""
    table = Table(
        "job", "rate card", "energy", "carbon", "network", "total CNY", title=f"The bill of {owed.month}"
    )
    largest = sorted(owed.lines, key=lambda line: line.total_cny, reverse=True)
    for line in largest[:LINES]:
        parts = [
            f"{line.parts_cny.get(part, 0):,.2f}" for part in ("rate_card", "energy", "carbon", "network")
        ]
        table.add_row(line.name, *parts, f"{line.total_cny:,.2f}")
    table.add_row(f"{len(owed.lines)} jobs", "", "", "", "", f"{owed.total_cny:,.2f}", style="bold")
    console.print(table)
