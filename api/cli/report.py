"""What a plan says to people: its proof, its cost in parts, its refusals, and the cost of doing without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from api.cli.table import Column, Table, number, percent
from scheduler import Plan
from topology import CHINA_TIME

COSTS = (
    Column(name="policy", heading="POLICY"),
    Column(name="objective_cny", heading="TOTAL CNY", show=number(2)),
    Column(name="excess", heading="ABOVE PLAN", show=lambda share: f"{share * 100:+.1f} %"),
    Column(name="energy_cny", heading="ENERGY CNY", show=number(2)),
    Column(name="carbon_cny", heading="CARBON CNY", show=number(2)),
    Column(name="network_cny", heading="NETWORK CNY", show=number(2)),
    Column(name="rejected_value_cny", heading="REFUSED CNY", show=number(2)),
    Column(name="carbon_kg", heading="CARBON kg", show=number(1)),
    Column(name="energy_kwh", heading="ENERGY kWh", show=number(1)),
    Column(name="placed", heading="PLACED", show=number(0)),
    Column(name="refused", heading="REFUSED", show=number(0)),
)
REFUSALS = (
    Column(name="reason", heading="REFUSED BECAUSE"),
    Column(name="jobs", heading="JOBS", show=number(0)),
    Column(name="sites_per_job", heading="SITES A JOB", show=number(1)),
)


def compare(plan: Plan, others: Sequence[Plan]) -> Table:
    """Return one row a plan; `excess` is what it costs above the first, as a share of the first."""
    rows = [
        (
            other.policy.name,
            other.cost.total_cny,
            None if other is plan else _excess(other.cost.total_cny, plan.cost.total_cny),
            other.cost.energy_cny,
            other.cost.carbon_cny,
            other.cost.network_cny,
            other.cost.rejected_value_cny,
            other.carbon_kg,
            other.energy_kwh,
            len(other.placements),
            len(other.rejections),
        )
        for other in (plan, *others)
    ]
    return Table(columns=COSTS, rows=rows)


def _excess(cost_cny: float, least_cny: float) -> float | None:
    return (cost_cny - least_cny) / least_cny if least_cny else None


def count_refusals(plan: Plan) -> Table:
    """Return one row a reason: how many jobs have it, and for how many sites of such a job on average."""
    jobs: Counter[str] = Counter()
    sites: Counter[str] = Counter()
    for rejection in plan.rejections:
        jobs.update(dict.fromkeys(rejection.reasons, 1))
        sites.update(rejection.reasons)
    return Table(
        columns=REFUSALS,
        rows=[(reason, count, sites[reason] / count) for reason, count in jobs.most_common()],
    )


def render(plan: Plan, sites: int, costs: Table) -> str:
    """Return the whole report."""
    answered = len(plan.placements) + len(plan.rejections)
    begin = plan.horizon.start.astimezone(CHINA_TIME)
    lines = [
        f"{answered:,} job{'s' * (answered != 1)}, {sites} sites, "
        f"{plan.horizon.slots} slots of {plan.horizon.slot_minutes} min "
        f"from {begin:%Y-%m-%d %H:%M} China time",
        f"{len(plan.placements):,} placed, {len(plan.rejections):,} refused; "
        f"{plan.status.value} after {plan.solve_seconds:.1f} s",
        f"objective {plan.objective_cny:,.2f} CNY; no plan costs less than {plan.lower_bound_cny:,.2f} CNY: "
        f"proven gap {percent(plan.gap)}",
        "",
        costs.text(),
    ]
    if plan.rejections:
        lines += ["", count_refusals(plan).text()]
    return "\n".join(lines)
