"""The judge: checks a plan against jobs and catalogue alone, sharing no code with the planner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pricing import PriceBook, build_price_book
from scheduler.judge.account import check_placement_cost, check_totals, value_cny, weighted_cny
from scheduler.judge.allowance import read_allowances
from scheduler.judge.case import open_case, reckon
from scheduler.judge.claim import PlacementClaim, PlanClaim, read_plan
from scheduler.judge.facts import Facts
from scheduler.judge.fault import Fault, UnreadableError
from scheduler.judge.field import Document
from scheduler.judge.occupancy import Occupancy
from scheduler.judge.request import Request, read_requests
from scheduler.judge.rules import RULES
from scheduler.judge.verdict import Reckoning, Verdict
from topology import Catalogue


def judge(
    job_documents: Sequence[Document],
    plan_document: Document,
    catalogue: Catalogue,
    *,
    prices: PriceBook | None = None,
    limits: Document | None = None,
) -> Verdict:
    """Recompute a plan from its jobs and the catalogue.

    Args:
        job_documents: the jobs as sent, parsed from JSON.
        plan_document: the plan, parsed from JSON.
        catalogue: where the plan is to run.
        prices: price book of the plan's horizon; by default the catalogue's own for that horizon.
        limits: what tenants and sites may use, parsed from the limits file; nothing is limited by default.

    Returns:
        Every violation and the recomputed costs.

    Raises:
        UnreadableError: a document is not a job or not a plan at all.
    """
    requests, plan = read_requests(job_documents), read_plan(plan_document)
    prices = prices if prices is not None else build_price_book(catalogue, plan.horizon)
    allowances = read_allowances(limits)
    facts = Facts(catalogue=catalogue, horizon=plan.horizon, prices=prices, pv=allowances.pv)
    by_name = {request.name: request for request in requests}
    faults = list(_check_answers(requests, plan, len(facts.sites)))
    strangers = sorted({part.site for part in allowances.energy} - set(facts.sites))
    if strangers:
        raise UnreadableError(f"limits.energy: {strangers[0]!r} is no site of the catalogue")
    occupancy, total = Occupancy(facts, allowances), Reckoning()
    for claim in plan.placements:
        request = by_name.get(claim.job)
        if request is None:
            continue
        found, cost = _try_placement(claim, request, facts, occupancy)
        faults += found
        total += cost
    faults += occupancy.faults()
    rejected = [by_name[rejection.job] for rejection in plan.rejections if rejection.job in by_name]
    rejected_value_cny = sum(value_cny(request) for request in rejected)
    saving = occupancy.pv_saving()
    faults += check_totals(plan, total, rejected_value_cny, facts, saving)
    return Verdict(
        faults=tuple(faults),
        reckoning=total,
        rejected_value_cny=rejected_value_cny,
        objective_cny=weighted_cny(plan, total) - weighted_cny(plan, saving) + rejected_value_cny,
        placed=len(plan.placements),
        rejected=len(plan.rejections),
    )


def _check_answers(requests: Sequence[Request], plan: PlanClaim, sites: int) -> Iterator[Fault]:
    """Every job is answered exactly once, nothing else is, and every refusal says why of every site."""
    asked = Counter(request.name for request in requests)
    answered = Counter(claim.job for claim in plan.placements) + Counter(
        claim.job for claim in plan.rejections
    )
    for name, count in asked.items():
        if count > 1:
            yield Fault(kind="DUPLICATE_JOB", job=name, what="jobs_of_this_name", limit=1, found=count)
        if answered[name] != 1:
            kind = "UNANSWERED" if not answered[name] else "ANSWERED_TWICE"
            yield Fault(kind=kind, job=name, what="answers", limit=1, found=answered[name])
    for name in (name for name in answered if name not in asked):
        yield Fault(kind="UNKNOWN_JOB", job=name, what="job", limit="a job of the jobs file", found=name)
    for rejection in plan.rejections:
        counts = rejection.reasons.values()
        if not all(type(count) is int and count > 0 for count in counts) or sum(counts) != sites:
            yield Fault(
                kind="NO_REASON",
                job=rejection.job,
                what="reasons",
                limit=f"counts above 0, {sites} sites in all",
                found=rejection.reasons,
            )


def _try_placement(
    claim: PlacementClaim, request: Request, facts: Facts, occupancy: Occupancy
) -> tuple[list[Fault], Reckoning]:
    """Check one placement and add what it holds; one that cannot be understood holds and costs nothing."""
    faults = list(_check_names(claim, request, facts))
    if faults:
        return faults, Reckoning()
    case = open_case(claim, request, facts)
    faults = [fault for rule in RULES for fault in rule(case, facts)]
    if any(span.first < 0 or span.end > facts.horizon.slots for span in case.spans):
        return faults, Reckoning()
    occupancy.add(case)
    cost = reckon(case, facts)
    faults += check_placement_cost(case, cost)
    return faults, cost


def _check_names(claim: PlacementClaim, request: Request, facts: Facts) -> Iterator[Fault]:
    for site in claim.sites:
        if site not in facts.sites:
            yield Fault(
                kind="UNKNOWN_SITE", job=claim.job, what="site", limit="a site of the catalogue", found=site
            )
    if not 0 <= claim.variant < len(request.ways):
        limit = f"0..{len(request.ways) - 1}"
        yield Fault(kind="UNKNOWN_VARIANT", job=claim.job, what="variant", limit=limit, found=claim.variant)
        return
    model = request.ways[claim.variant].accelerator
    if model and model not in facts.accelerators:
        limit = "a model of the catalogue"
        yield Fault(kind="NO_ACCELERATOR", job=claim.job, what="accelerator", limit=limit, found=model)
