"""Conflicts: which rules can't hold together, and the least that would have to give way."""

from __future__ import annotations

from dataclasses import dataclass

from ortools.math_opt.python import mathopt

from simulations.expansion.model import ExpansionModel, RuleRow, Variable

NATURE = ("halls", "link")
"""Limits of what is built and not of a rule: these don't give way."""

TINY = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """A rule that takes part in a contradiction.

    Attributes:
        rule: as `budget`.
        where: what it holds for.
        give: how much it would give way in the least relaxation, in its unit; 0 when others do.
        unit: the unit.
    """

    rule: str
    where: str
    give: float
    unit: str

    def __str__(self) -> str:
        gives = f": would have to give way by {self.give:.4g} {self.unit}" if self.give > TINY else ""
        return f"{self.rule} ({self.where}){gives}"


def find_conflicts(model: ExpansionModel) -> tuple[Conflict, ...]:
    """The rules that contradict each other, by a program in which each may give way at a price.

    The least relaxation's price is positive when the rules conflict. Its duals say which rows hold it up: these
    rules together leave no plan. Empty when fractions of a hall would do, so that only whole numbers stand in the way.
    The model is of no other use afterwards.
    """
    model.release(whole=False)
    objective = model.program.objective
    objective.clear()
    objective.is_maximize = False
    ruled = [each for each in model.rows if each.rule not in NATURE]
    gives = {id(each): _loosened(model, each) for each in ruled}
    result = mathopt.solve(model.program, mathopt.SolverType.HIGHS)
    if not result.has_primal_feasible_solution() or result.objective_value() < TINY:
        return ()
    values, duals = result.variable_values(), result.dual_values()
    found: dict[tuple[str, str], Conflict] = {}
    for each in ruled:
        slack = values[gives[id(each)]]
        if slack < TINY and abs(duals.get(each.row, 0.0)) < TINY:
            continue
        room = each.room + sum(part * values[v] for v, part in each.room_of.items())
        give = slack / room if room > TINY else slack
        known = found.get((each.rule, each.where))
        if known is None or give > known.give:
            found[each.rule, each.where] = Conflict(
                rule=each.rule, where=each.where, give=give, unit=each.unit
            )
    return tuple(sorted(found.values(), key=lambda each: (-each.give, each.rule, each.where)))


def _loosened(model: ExpansionModel, each: RuleRow) -> Variable:
    """Let a row give way; its size makes rows of different units comparable."""
    slack = model.amount(f"give[{each.row.name}]")
    bounded_above = each.row.upper_bound != float("inf")
    each.row.set_coefficient(slack, -1.0 if bounded_above else 1.0)
    size = max(1.0, abs(each.row.upper_bound if bounded_above else each.row.lower_bound))
    model.program.objective.set_linear_coefficient(slack, 1.0 / size)
    return slack
