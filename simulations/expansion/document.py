"""A capacity plan as a document: what `edwc expand --json` prints and `--out` writes."""

from __future__ import annotations

import math
from typing import Any

from simulations.expansion.account import PARTS
from simulations.expansion.expansion import Expansion
from simulations.expansion.regret import Regret

Document = dict[str, Any]


def expansion_document(plan: Expansion) -> Document:
    """Everything a plan says, in plain lists, objects and numbers."""
    study, account = plan.study, plan.account
    return {
        "study": study.name,
        "start": str(study.start),
        "end": str(study.end),
        "objective_cny": plan.objective_cny,
        "solver_objective_cny": plan.solver_cny,
        "lower_bound_cny": plan.bound_cny,
        "gap": plan.gap,
        "seconds": plan.seconds,
        "risk": {"alpha": study.risk.alpha, "weight": study.risk.weight},
        "expected_cny": account.expected_cny,
        "worst_cny": account.worst_cny(study.risk.alpha),
        "faults": list(account.faults),
        "builds": builds_of(plan),
        "openings": [
            {"site": site, "start": str(study.quarters[quarter])}
            for site, quarter in sorted(plan.decision.opened.items())
        ],
        "link_steps": [
            {"link": link, "start": str(study.quarters[quarter]), "steps": count}
            for (link, quarter), count in sorted(plan.decision.steps.items())
        ],
        "expected_cost_cny": _expected_costs(plan),
        "futures": [_future(plan, index) for index in range(len(account.futures))],
        "marginal_values": [
            {
                "rule": each.rule,
                "where": each.where,
                "unit": each.unit,
                "held_cny_per_unit": each.held_cny,
                "free_cny_per_unit": each.free_cny,
            }
            for each in plan.marginals
        ],
        "regret": _regret(plan.regret),
    }


def builds_of(plan: Expansion) -> list[Document]:
    """The build schedule, by quarter, site and kind."""
    study = plan.study
    rows = []
    for (site, name, quarter), count in sorted(
        plan.decision.build.items(), key=lambda each: (each[0][2], each[0][:2])
    ):
        kind = study.module(name)
        rows.append(
            {
                "start": str(study.quarters[quarter]),
                "ready": str(study.quarters[quarter].plus(kind.lead_quarters)),
                "site": site,
                "module": name,
                "halls": count,
                "accelerator": kind.accelerator,
                "accelerators": count * kind.count,
                "cooling": kind.cooling.value,
                "capital_cny": count * kind.capital_cny,
            }
        )
    return rows


def _expected_costs(plan: Expansion) -> list[Document]:
    account = plan.account
    rows = []
    for index, year in enumerate(account.years):
        row: Document = {"year": year}
        for part in PARTS:
            row[part] = float(account.cost_cny[part][:, index] @ account.probabilities)
        rows.append(row)
    return rows


def _future(plan: Expansion, index: int) -> Document:
    account, study = plan.account, plan.study
    sites = []
    for row, site in enumerate(account.sites):
        for column, year in enumerate(account.years):
            capacity = float(account.capacity_pflops[index, row, column])
            used = float(account.pflops[index, row, column])
            sites.append(
                {
                    "site": site,
                    "year": year,
                    "capacity_pflops": capacity,
                    "used_pflops": used,
                    "utilisation": used / capacity if capacity else None,
                    "energy_mwh": float(account.energy_mwh[index, row, column]),
                }
            )
    return {
        "name": account.futures[index],
        "probability": account.probabilities[index],
        "cost_cny": float(account.totals_cny[index]),
        "unmet_share": {
            each.name: float(account.unmet_share[index, number]) for number, each in enumerate(study.demand)
        },
        "sites": sites,
    }


def _regret(regret: Regret) -> Document:
    return {
        "futures": list(regret.futures),
        "plans": [
            {
                "plan": plan,
                "expected_cny": _finite(float(regret.expected_cny[row])),
                "cost_cny": [_finite(value) for value in regret.cost_cny[row].tolist()],
                "regret_cny": [_finite(value) for value in regret.regret_cny[row].tolist()],
            }
            for row, plan in enumerate(regret.plans)
        ],
        "perfect_information_cny": regret.perfect_information_cny,
        "stochastic_solution_cny": _finite(regret.stochastic_solution_cny)
        if "mean" in regret.plans
        else None,
    }


def _finite(value: float) -> float | None:
    """JSON has no infinity: a plan that a rule forbids in a future costs null."""
    return value if math.isfinite(value) else None
