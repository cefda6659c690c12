"""What every job would cost if it were alone: no other job takes its room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scheduler.optimizer.assignment import nothing_placed
from scheduler.optimizer.choice import choice_of
from scheduler.optimizer.cost import base_tariff, costs_at
from scheduler.optimizer.insertion import insert_all
from scheduler.optimizer.problem import Floats, Problem
from scheduler.optimizer.room import empty_room
from scheduler.optimizer.table import table_of

ENDLESS = 1e12  # units: more than all jobs together hold


def costs_alone(problem: Problem) -> Floats:
    """Cost of every job's cheapest option without any capacity, or its penalty [J, CNY].

    Their sum is the Lagrangian bound at zero prices. A convex supply is not in it.
    """
    endless = replace(
        problem,
        capacity=np.full_like(problem.capacity, ENDLESS),
        link_capacity=np.full_like(problem.link_capacity, ENDLESS),
        group_capacity=np.full_like(problem.group_capacity, ENDLESS),
        quota_limit=np.full_like(problem.quota_limit, ENDLESS),
    )
    table, assignment = table_of(endless), nothing_placed(endless)
    tariff = base_tariff(table)
    insert_all(
        table, tariff, empty_room(table), choice_of(assignment), np.arange(problem.jobs), table.penalty
    )
    return costs_at(table, tariff, problem, assignment)
