"""The books: claimed costs against computed ones, and the arithmetic of objective, bound and gap."""

from __future__ import annotations

from collections.abc import Iterator

from pricing import load_price_catalogue
from scheduler.judge.case import Case
from scheduler.judge.claim import CostClaim, PlanClaim
from scheduler.judge.facts import Facts
from scheduler.judge.fault import Fault
from scheduler.judge.request import Request
from scheduler.judge.verdict import Reckoning

RELATIVE_TOLERANCE = 1e-6
ABSOLUTE_TOLERANCE = 1e-9
PARTS = ("energy_cny", "carbon_cny", "network_cny", "carbon_kg", "energy_kwh")
STATUSES = ("optimal", "feasible", "time_limit")


def value_cny(request: Request) -> float:
    """Return what running the job is worth [CNY]: its stated value, or the default of docs/model.md."""
    if request.value_cny is not None:
        return request.value_cny
    card = load_price_catalogue().rate_card
    prices_cny = [
        card.price_cny(
            tasks=request.tasks,
            cpu_cores=request.cpu_cores,
            memory_gib=request.memory_gib,
            runtime_minutes=way.runtime_minutes,
            accelerator=way.accelerator,
            count=way.count,
        )
        for way in request.ways
    ]
    return min(prices_cny) * 10.0**request.priority


def check_placement_cost(case: Case, cost: Reckoning) -> Iterator[Fault]:
    """Every part of the cost is what the placement says, and within the job's budget and carbon limit."""
    claim, request = case.claim, case.request
    site = " ".join(claim.sites)
    for part, limit, found in _differences(claim.cost, cost):
        yield Fault(kind="WRONG_COST", job=claim.job, site=site, what=part, limit=limit, found=found)
    if request.budget_cny is not None and is_above(cost.total_cny, request.budget_cny):
        limit, found = request.budget_cny, cost.total_cny
        yield Fault(kind="OVER_BUDGET", job=claim.job, site=site, what="cost_cny", limit=limit, found=found)
    if request.carbon_kg_max is not None and is_above(cost.carbon_kg, request.carbon_kg_max):
        limit, found = request.carbon_kg_max, cost.carbon_kg
        yield Fault(kind="OVER_CARBON", job=claim.job, site=site, what="carbon_kg", limit=limit, found=found)


def check_totals(
    plan: PlanClaim, total: Reckoning, rejected_value_cny: float, facts: Facts, saving: Reckoning
) -> Iterator[Fault]:
    """Sums, objective, bound, gap, status and prices agree with each other and with the judge's sums."""
    for part, limit, found in _differences(plan.cost, total):
        yield Fault(kind="WRONG_TOTAL", what=part, limit=limit, found=found)
    if is_unequal(plan.rejected_value_cny, rejected_value_cny):
        found = plan.rejected_value_cny
        yield Fault(kind="WRONG_TOTAL", what="rejected_value_cny", limit=rejected_value_cny, found=found)
    for part in ("energy_cny", "carbon_cny", "carbon_kg", "energy_kwh"):
        claimed, computed = plan.pv_saving.get(part, 0.0), getattr(saving, part)
        if is_unequal(claimed, computed):
            yield Fault(kind="WRONG_TOTAL", what=f"pv_saving.{part}", limit=computed, found=claimed)
    objective_cny = weighted_cny(plan, total) - weighted_cny(plan, saving) + rejected_value_cny
    if is_unequal(plan.objective_cny, objective_cny):
        yield Fault(
            kind="WRONG_OBJECTIVE", what="objective_cny", limit=objective_cny, found=plan.objective_cny
        )
    if plan.status not in STATUSES:
        yield Fault(kind="WRONG_STATUS", what="status", limit=" ".join(STATUSES), found=plan.status)
    yield from _check_proof(plan)
    yield from _check_shadow_prices(plan, facts)


def weighted_cny(plan: PlanClaim, total: Reckoning) -> float:
    """Return the running cost as the plan's policy weighs it [CNY]."""
    weights = plan.weights
    return (
        weights["energy"] * total.energy_cny
        + weights["carbon"] * total.carbon_cny
        + weights["network"] * total.network_cny
    )


def _check_proof(plan: PlanClaim) -> Iterator[Fault]:
    bound, objective = plan.lower_bound_cny, plan.objective_cny
    if bound is None:
        if plan.status == "optimal" or plan.gap is not None:
            yield Fault(
                kind="NO_BOUND", what="lower_bound_cny", limit=f"a number, at most {objective}", found=None
            )
        return
    if is_above(bound, objective):
        yield Fault(kind="BOUND_ABOVE_OBJECTIVE", what="lower_bound_cny", limit=objective, found=bound)
    gap = (objective - bound) / abs(objective) if objective else 0.0
    if plan.gap is None or abs(plan.gap - gap) > RELATIVE_TOLERANCE:
        yield Fault(kind="WRONG_GAP", what="gap", limit=gap, found=plan.gap)


def _check_shadow_prices(plan: PlanClaim, facts: Facts) -> Iterator[Fault]:
    for number, price in enumerate(plan.shadow_prices):
        site, slot, cny = price.get("site"), price.get("slot"), price.get("cny_per_unit_hour")
        known = site in facts.sites or site in facts.links
        in_time = isinstance(slot, int) and 0 <= slot < facts.horizon.slots
        if not (known and in_time and isinstance(cny, int | float) and cny >= 0):
            limit = "a site or link, a slot of the horizon, a price of 0 or more"
            yield Fault(
                kind="WRONG_SHADOW_PRICE", what=f"shadow_prices[{number}]", limit=limit, found=dict(price)
            )


def _differences(claim: CostClaim, cost: Reckoning) -> Iterator[tuple[str, float, float]]:
    """Yield the name, the judge's value and the plan's of every part that differs."""
    for part in PARTS:
        found, limit = getattr(claim, part), getattr(cost, part)
        if found is not None and is_unequal(found, limit):
            yield part, limit, found


def is_unequal(found: float, limit: float) -> bool:
    """Return whether two amounts differ by more than rounding."""
    return abs(found - limit) > RELATIVE_TOLERANCE * abs(limit) + ABSOLUTE_TOLERANCE


def is_above(found: float, limit: float) -> bool:
    """Return whether an amount is above its limit by more than rounding."""
    return found > limit + RELATIVE_TOLERANCE * abs(limit) + ABSOLUTE_TOLERANCE
