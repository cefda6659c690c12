"""What can go wrong in the loop.

LoopError
├── PlannerFailed     schedule() refused the question: a fault of ours, told in the log; the plan in force stays
└── PlannerCrashed    the planner's process died or hung: the next plan gets a new one
"""

from __future__ import annotations


class LoopError(Exception):
    """Base of every error of the loop."""


class PlannerFailed(LoopError):  # noqa: N818  (states what happened)
    """schedule() raised."""


class PlannerCrashed(LoopError):  # noqa: N818
    """The planner's process is gone."""
