"""What can be wrong with a placement problem.

OptimizerError
├── ProblemError        the arrays contradict each other or hold impossible values
└── ProblemTooLarge     the instance would not fit into the stated memory
"""

from __future__ import annotations


class OptimizerError(Exception):
    """Base of everything the optimizer raises on purpose."""


class ProblemError(OptimizerError):
    """The arrays of a problem break a rule; the message names the field, the value, the rule and the remedy."""


class ProblemTooLarge(OptimizerError):  # noqa: N818  (reads as a fact, like NoRoute)
    """The estimate of the memory that a problem needs exceeds the limit."""
