"""Marginal values: what one more unit of each constraint would save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ortools.math_opt.python import mathopt

from simulations.expansion.course import Course
from simulations.expansion.decision import Decision
from simulations.expansion.model import MILLION, ExpansionModel
from simulations.expansion.rates import may_run, price_study
from simulations.expansion.solver import Solved, build_model, solve_held, solve_relaxed
from simulations.expansion.study import Study
from topology import Catalogue, Network, NoRoute

Key = tuple[str, str, str]
_MS_SLACK = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Marginal:
    """What one unit more room would save, discounted and over the whole plan.

    Attributes:
        rule: which constraint, as `grid_mw`.
        where: what it holds for.
        unit: the unit.
        held_cny: saving when builds stay as planned [CNY/unit].
        free_cny: saving when builds may follow, in fractions of a hall [CNY/unit]; None where it wasn't asked.
    """

    rule: str
    where: str
    unit: str
    held_cny: float
    free_cny: float | None


def marginal_values(model: ExpansionModel, decision: Decision) -> tuple[Marginal, ...]:
    """The value of every constraint, by linear-programming duals."""
    held, free = solve_held(model, decision), solve_relaxed(model)
    held_by, free_by = _values(model, held), _values(model, free)
    return tuple(
        Marginal(rule=rule, where=where, unit=unit, held_cny=value, free_cny=free_by[rule, where, unit])
        for (rule, where, unit), value in held_by.items()
    )


def in_order(marginals: Sequence[Marginal]) -> tuple[Marginal, ...]:
    """The most valuable first."""
    return tuple(
        sorted(marginals, key=lambda each: (-max(each.held_cny, each.free_cny or 0.0), each.rule, each.where))
    )


def _values(model: ExpansionModel, solved: Solved | None) -> dict[Key, float]:
    """Savings, summed over the futures and blocks in which a constraint stands."""
    duals: Mapping[mathopt.LinearConstraint, float] = {} if solved is None else solved.duals
    found: dict[Key, float] = {}
    for each in model.rows:
        room = each.room
        if solved is not None:
            room += sum(coefficient * solved.values[v] for v, coefficient in each.room_of.items())
        key = (each.rule, each.where, each.unit)
        found[key] = found.get(key, 0.0) + abs(duals.get(each.row, 0.0)) * room * MILLION
    return found


def latency_values(
    study: Study, catalogue: Catalogue, courses: Sequence[Course], decision: Decision, cost_cny: float
) -> tuple[Marginal, ...]:
    """What a millisecond is worth to each class: the saving once the next site is in reach, over the way to it.

    Latency decides which sites a class may use, so its value moves in steps; builds stay as planned.
    """
    network = Network(catalogue)
    marginals = []
    for index, each in enumerate(study.demand):
        next_ms = _next_ms(study, catalogue, network, index)
        if each.rtt_ms_max is None or next_ms is None:
            continue
        wider = replace(each, rtt_ms_max=next_ms + _MS_SLACK)
        demand = (*study.demand[:index], wider, *study.demand[index + 1 :])
        asked = replace(study, demand=demand)
        weights = [course.probability for course in courses]
        model = build_model(asked, price_study(asked, catalogue), courses, weights)
        held = solve_held(model, decision)
        if held is not None:
            saving = max(0.0, cost_cny - held.objective * MILLION)
            marginals.append(
                Marginal(
                    rule="rtt_ms_max",
                    where=f"{each.name}, next site at {next_ms:.1f} ms",
                    unit="ms",
                    held_cny=saving / (next_ms - each.rtt_ms_max),
                    free_cny=None,
                )
            )
    return tuple(marginals)


def _next_ms(study: Study, catalogue: Catalogue, network: Network, index: int) -> float | None:
    """Round trip to the nearest site that latency alone keeps out [ms]."""
    each = study.demand[index]
    if each.rtt_ms_max is None:
        return None
    unbound = replace(each, rtt_ms_max=None)
    further = []
    for offer in study.sites:
        if may_run(unbound, catalogue.site(offer.site), network):
            try:
                rtt_ms = network.rtt_ms(each.origin, offer.site)
            except NoRoute:
                continue
            if rtt_ms > each.rtt_ms_max:
                further.append(rtt_ms)
    return min(further, default=None)
