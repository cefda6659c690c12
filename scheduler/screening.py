"""Screening: what is left of the candidates once rules, their own limits and the need of partners are applied."""

from __future__ import annotations

from scheduler.case import Case
from scheduler.feasibility import Feasibility, apply_rules
from scheduler.limits import Limits, apply_limits
from scheduler.spreading import apply_spread


def find_feasible(case: Case) -> tuple[Feasibility, Limits]:
    """Return where each candidate may run, and the starts its own limits leave."""
    feasibility, limits = apply_limits(case, apply_rules(case))
    return apply_spread(case, feasibility), limits
