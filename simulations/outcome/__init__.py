"""What a simulated run produced: tables, a summary, and the laws it must keep."""

from simulations.outcome.laws import LawFault, audit
from simulations.outcome.outcome import TABLES, Outcome
from simulations.outcome.run import Run
from simulations.outcome.settlement import TARGET_UTILISATION, WEST, settle
from simulations.outcome.storage import read_outcome
from simulations.outcome.summary import Summary, saved_above_floor

__all__ = [
    "TABLES",
    "TARGET_UTILISATION",
    "WEST",
    "LawFault",
    "Outcome",
    "Run",
    "Summary",
    "audit",
    "read_outcome",
    "saved_above_floor",
    "settle",
]
