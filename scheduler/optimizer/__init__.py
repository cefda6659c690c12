"""The placement optimizer: arrays in, a plan with a proven bound out; it knows nothing of places, prices or people."""

from scheduler.optimizer.alone import costs_alone
from scheduler.optimizer.assignment import Assignment, nothing_placed, plain_assignment
from scheduler.optimizer.cost import job_costs, supply_cost_of
from scheduler.optimizer.errors import OptimizerError, ProblemError, ProblemTooLarge
from scheduler.optimizer.insertion import insert_in_order
from scheduler.optimizer.market import Market, Quote
from scheduler.optimizer.memory import memory_bytes, require_memory
from scheduler.optimizer.prices import Prices
from scheduler.optimizer.problem import Problem
from scheduler.optimizer.solution import Progress, Solution
from scheduler.optimizer.solve import solve

__all__ = [
    "Assignment",
    "Market",
    "OptimizerError",
    "Prices",
    "Problem",
    "ProblemError",
    "ProblemTooLarge",
    "Progress",
    "Quote",
    "Solution",
    "costs_alone",
    "insert_in_order",
    "job_costs",
    "memory_bytes",
    "nothing_placed",
    "plain_assignment",
    "require_memory",
    "solve",
    "supply_cost_of",
]
