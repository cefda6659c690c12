"""A MathOpt model as LP text, in the order in which it was built: what the golden files hold."""

from __future__ import annotations

import math

from ortools.math_opt.python import mathopt


def lp_text(model: mathopt.Model) -> str:
    """Objective, constraints, bounds and kinds of the model, one line each."""
    names = {variable: variable.name for variable in model.variables()}
    costs = [(term.coefficient, names[term.variable]) for term in model.objective.linear_terms()]
    lines = [
        "minimize",
        f"  cost: {_sum(sorted(costs, key=lambda cost: list(names.values()).index(cost[1])))}",
        "subject to",
    ]
    for row in model.linear_constraints():
        terms = [
            (row.get_coefficient(variable), name)
            for variable, name in names.items()
            if row.get_coefficient(variable)
        ]
        lines.append(f"  {row.name}: {_sum(terms)} {_limit(row.lower_bound, row.upper_bound)}")
    lines.append("bounds")
    lines += [f"  {v.lower_bound:g} <= {names[v]} <= {v.upper_bound:g}" for v in names]
    lines.append("binary")
    lines += [f"  {names[v]}" for v in names if v.integer]
    return "\n".join([*lines, "end", ""])


def _sum(terms: list[tuple[float, str]]) -> str:
    return " + ".join(f"{coefficient:g} {name}" for coefficient, name in terms)


def _limit(low: float, high: float) -> str:
    if low == high:
        return f"= {high:g}"
    return f"<= {high:g}" if math.isinf(low) else f">= {low:g}"
