"""The exact model of a generalised assignment on the pairs still open, for CP-SAT: is there anything better?

Sets        J jobs, A agents, the open pairs (j, i) of reduced cost small enough for a better plan
Variables   taken[j, i] in {0, 1}
Objective   sum of cost * taken
Constraints every job has one agent; sum of weight * taken <= capacity of every agent; cheaper than the incumbent
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from scheduler.optimizer.gap_table import GapTable
from scheduler.optimizer.problem import Bools, Ints

COST_UNITS = 1e9  # the largest sum of scaled costs: far from overflow, finer than any gap asked for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """What the solver found out.

    Attributes:
        agent: [J] agents of a better plan, or None.
        bound: no plan through open pairs costs less than this [CNY]; inf when nothing beats the incumbent.
    """

    agent: Ints | None
    bound: float


def search_better(
    table: GapTable,
    kept: Bools,
    agent: Ints,
    wanted: float,
    *,
    time_limit_s: float,
    seed: int = 0,
    workers: int = 2,
) -> Verdict:
    """Look for a plan that costs at most `wanted`, through open pairs only.

    Args:
        table: the instance.
        kept: [J, A + 1] open pairs.
        agent: [J] the incumbent, for hints.
        wanted: what a better plan may cost at most [CNY].
        time_limit_s: for the solver [s].
        seed: of the solver.
        workers: of the solver.
    """
    jobs, agents = np.nonzero(kept)
    if len(np.unique(jobs)) < len(agent):
        return Verdict(agent=None, bound=np.inf)
    scale = 1.0 if table.whole_costs else COST_UNITS / max(1.0, abs(wanted))
    # Rounded down, so that the scaled objective of every plan stays below its real one.
    cost = np.floor(table.cost[jobs, agents] * scale).astype(np.int64)
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in jobs]
    add_one_agent_each(model, taken, jobs)
    add_agent_capacities(model, taken, jobs, agents, table)
    total = cp_model.LinearExpr.weighted_sum(taken, cost.tolist())
    model.add(total <= int(np.floor(wanted * scale)))
    model.minimize(total)
    for k, variable in enumerate(taken):
        model.add_hint(variable, int(agent[jobs[k]] == agents[k]))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, time_limit_s)
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed % 2**31
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Verdict(agent=None, bound=np.inf)
    bound = float(solver.best_objective_bound) / scale
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Verdict(agent=None, bound=bound)
    better = agent.copy()
    for k, variable in enumerate(taken):
        if solver.value(variable):
            better[jobs[k]] = agents[k]
    return Verdict(agent=better, bound=bound)


def add_one_agent_each(model: cp_model.CpModel, taken: list[cp_model.IntVar], jobs: Ints) -> None:
    """Every job has exactly one agent (the waiting one included)."""
    edges = np.flatnonzero(np.diff(jobs)) + 1
    for group in np.split(np.arange(len(jobs)), edges):
        model.add_exactly_one([taken[k] for k in group])


def add_agent_capacities(
    model: cp_model.CpModel, taken: list[cp_model.IntVar], jobs: Ints, agents: Ints, table: GapTable
) -> None:
    """The weights of an agent's jobs stay within its capacity."""
    for i in range(table.waiting):
        pairs = np.flatnonzero(agents == i)
        weights = table.weight[jobs[pairs], i].tolist()
        if sum(weights) > table.capacity[i]:
            model.add(
                cp_model.LinearExpr.weighted_sum([taken[k] for k in pairs], weights) <= int(table.capacity[i])
            )
