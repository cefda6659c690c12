"""Do the numbers mean something? Figures known elsewhere, measured on our engine."""

from simulations.fidelity.registry import CHECKS
from simulations.fidelity.row import Check, Row
from simulations.fidelity.terms import Terms

__all__ = ["CHECKS", "Check", "Row", "Terms"]
