"""Baselines: what one would do without the planner.

Each is the same greedy insertion in order of arrival (release, then place in the file): a job takes the
option its rule likes best among those that still fit, whatever it costs, and stays there. Only the rule
differs: it is the array problem with other prices.

    nearest          least round trip from the origin (or from where its first input is); then earliest
    cheapest         least cost
    greenest         least emissions; then earliest
    first-fit        earliest start; then the first site of the catalogue
    earliest-finish  earliest end; then the first site of the catalogue
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from scheduler.arrays import Floats, Ints
from scheduler.carriage import price_carriage
from scheduler.case import Case
from scheduler.formulation import Formulation, base_price
from scheduler.optimizer import Assignment, Problem, insert_in_order
from scheduler.policy import Policy

TIE = 1e-6  # weight of a second wish beside a first one counted in milliseconds, kilograms or slots


def run_baseline(
    name: str, case: Case, formulation: Formulation, started: Assignment | None = None
) -> Assignment:
    """Return what a baseline policy would do, as an assignment of the formulation's problem.

    Jobs that have started stay where they are.
    """
    eager = replace(REPRICE[name](case, formulation), penalty=np.full(len(formulation.jobs), np.inf))
    return insert_in_order(eager, arrival_order(case, formulation.jobs), warm_start=started)


def arrival_order(case: Case, jobs: Ints) -> Ints:
    """Return positions in `jobs` by release; jobs released together stay in their order."""
    start = case.world.horizon.start
    return np.argsort(
        np.array([(case.jobs[job].release or start).timestamp() for job in jobs.tolist()]),
        kind="stable",
    ).astype(np.int64)


def _cheapest(case: Case, formulation: Formulation) -> Problem:
    """True costs, unweighted."""
    return replace(
        formulation.problem,
        base_price=base_price(case, Policy()),
        place_cost=price_carriage(case.haulage).price,
    )


def _nearest(case: Case, formulation: Formulation) -> Problem:
    problem = formulation.problem
    jobs = [case.jobs[job] for job in formulation.jobs.tolist()]
    users = [job.origin or (job.inputs[0].at if job.inputs else None) for job in jobs]
    known = sorted({user for user in users if user is not None})
    row = {user: number for number, user in enumerate(known, start=1)}
    rtt_ms = np.zeros((len(known) + 1, problem.sites))
    if known:
        rtt_ms[1:] = case.world.network.rtt_matrix_ms(known, case.world.catalogue.site_ids)
    of_job = np.array([0 if user is None else row[user] for user in users], dtype=np.int64)
    nearest = _at_no_cost(problem, np.where(np.isfinite(rtt_ms), rtt_ms, 0.0), of_job)
    return replace(nearest, late_cost=np.full(problem.rows, TIE), due=_earliest_end(problem))


def _greenest(case: Case, formulation: Formulation) -> Problem:
    problem = formulation.problem
    price = np.zeros_like(problem.base_price)
    price[:, -1, :] = case.unit.carbon_kg
    greenest = replace(_at_no_cost(problem), base_price=price)
    return replace(greenest, late_cost=np.full(problem.rows, TIE), due=_earliest_end(problem))


def _first_fit(_: Case, formulation: Formulation) -> Problem:
    problem = formulation.problem
    first = _at_no_cost(problem, _catalogue_order(problem))
    return replace(first, late_cost=np.ones(problem.rows), due=_earliest_end(problem))


def _earliest_finish(_: Case, formulation: Formulation) -> Problem:
    problem = formulation.problem
    earliest = _at_no_cost(problem, _catalogue_order(problem))
    return replace(earliest, late_cost=np.ones(problem.rows), due=np.zeros(problem.rows, dtype=np.int64))


REPRICE: dict[str, Callable[[Case, Formulation], Problem]] = {
    "cheapest": _cheapest,
    "nearest": _nearest,
    "greenest": _greenest,
    "first-fit": _first_fit,
    "earliest-finish": _earliest_finish,
}


def _at_no_cost(
    problem: Problem, place_cost: Floats | None = None, place_of_job: Ints | None = None
) -> Problem:
    """Return the problem without its prices; a cost per site may take their place, for all or by job."""
    rows = np.zeros((1, problem.sites)) if place_cost is None else place_cost
    of_row = np.zeros(problem.rows, dtype=np.int64) if place_of_job is None else place_of_job[problem.row_job]
    routes = problem.place_cost.shape[0]
    padding = np.zeros((max(routes - len(rows), 0), problem.sites))
    return replace(
        problem,
        base_price=np.zeros_like(problem.base_price),
        place=of_row,
        place_weight=np.ones(problem.rows),
        place_cost=np.vstack([rows, padding]),
        route_pointer=_padded(problem.route_pointer, max(len(rows), routes) * problem.sites + 1),
    )


def _padded(pointer: Ints, length: int) -> Ints:
    return np.concatenate([pointer, np.full(length - len(pointer), pointer[-1])])


def _catalogue_order(problem: Problem) -> Floats:
    return TIE * np.arange(problem.sites, dtype=np.float64)[np.newaxis, :]


def _earliest_end(problem: Problem) -> Ints:
    """Return the due slots from which lateness counts the slots a start waits, whatever the variant."""
    return np.asarray(problem.release + problem.duration)
