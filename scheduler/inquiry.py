"""Inquiry: asking a plan about one job, offline: the plan, its jobs and its world are enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scheduler.case import job_value_cny
from scheduler.counterfactual import Question, find_changes
from scheduler.errors import UnknownJob, nearest_names, shorten
from scheduler.explanation import Alternative, Explanation, SiteVerdict
from scheduler.feasibility import ORDER, PASSES
from scheduler.job import Job
from scheduler.marginal import find_marginals
from scheduler.market import open_market
from scheduler.offers import Offers
from scheduler.placement import Placement
from scheduler.plan import Plan
from scheduler.reason import Reason
from scheduler.world import World


def explain(job_name: str, jobs: Sequence[Job], plan: Plan, world: World) -> Explanation:
    """Explain what a plan decided about one job.

    Every figure is what the job would meet if all other jobs stayed where the plan put them.

    Args:
        job_name: which job.
        jobs: the jobs the plan was made of.
        plan: the plan.
        world: the world it was made in.

    Raises:
        UnknownJob: the jobs or the plan do not hold it.
        WorldError: plan, jobs and world do not belong together.
    """
    job = _find(job_name, jobs)
    answer = plan.answer(job_name)
    market = open_market(plan, jobs, world, without=job_name)
    offers = market.offers(job)
    value_cny = job_value_cny(job)
    chosen = _chosen(job, answer) if isinstance(answer, Placement) else None
    against_cny = value_cny if chosen is None else plan.policy.objective_cny(chosen.cost)
    question = Question(job=job, market=market, below_cny=against_cny, chosen=chosen is not None)
    return Explanation(
        job=job_name,
        value_cny=value_cny,
        chosen=chosen,
        next_best=_next_best(offers, chosen),
        sites=_sites(offers, value_cny if chosen is None else chosen.cost.run_cny, rejected=chosen is None),
        changes=find_changes(question),
        marginals=find_marginals(job, market),
    )


def _find(name: str, jobs: Sequence[Job]) -> Job:
    for job in jobs:
        if job.name == name:
            return job
    nearest = nearest_names(name, (job.name for job in jobs))
    hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
    raise UnknownJob(f"there is no job {shorten(name)}{hint}")


def _chosen(job: Job, placement: Placement) -> Alternative:
    return Alternative(
        site=placement.site,
        variant=placement.variant,
        accelerator=job.variants[placement.variant].accelerator,
        start=placement.start,
        end=placement.end,
        cost=placement.cost,
        carbon_kg=placement.carbon_kg,
        replicas=placement.replicas,
    )


def _next_best(offers: Offers, chosen: Alternative | None) -> Alternative | None:
    """Return the cheapest open option other than the chosen one; nothing for a job left out."""
    if chosen is None:
        return None
    horizon, names = offers.case.world.horizon, offers.case.world.catalogue.site_ids
    costs = offers.weighted_cny.copy()
    for name in chosen.replicas or (chosen.site,):
        costs[chosen.variant, names.index(name), horizon.slot_at(chosen.start)] = np.inf
    if not np.isfinite(costs).any():
        return None
    variant, site, start = np.unravel_index(int(np.argmin(costs)), costs.shape)
    return offers.describe((int(variant), int(site), int(start)))


def _sites(offers: Offers, against_cny: float, *, rejected: bool) -> tuple[SiteVerdict, ...]:
    """Return the verdict on every site: those with an option by cost, then the rest."""
    verdicts = [_site(offers, site, against_cny, rejected) for site in range(len(offers.furthest))]
    return tuple(sorted(verdicts, key=lambda each: np.inf if each.extra_cny is None else each.extra_cny))


def _site(offers: Offers, site: int, against_cny: float, rejected: bool) -> SiteVerdict:
    site_id = offers.case.world.catalogue.sites[site].id
    broken = int(offers.furthest[site])
    if broken != PASSES:
        return SiteVerdict(site=site_id, reason=ORDER[broken], best=None, extra_cny=None)
    pick = offers.cheapest(site)
    if pick is None:
        reason = Reason.OVER_QUOTA if offers.quota_full else Reason.NO_ROOM_IN_TIME
        return SiteVerdict(site=site_id, reason=reason, best=None, extra_cny=None)
    best = offers.describe(pick)
    extra_cny = best.cost.run_cny - against_cny
    worthless = rejected and extra_cny >= 0
    return SiteVerdict(
        site=site_id, reason=Reason.NOT_WORTH_IT if worthless else None, best=best, extra_cny=extra_cny
    )
