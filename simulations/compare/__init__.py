"""Compares outcomes: which change accounts for how much of the difference, in parts that sum to it exactly."""

from simulations.compare.comparison import Comparison, compare_runs
from simulations.compare.headline import Headline, headline_of
from simulations.compare.ledger import Ledger, Runs
from simulations.compare.path import ALWAYS, CAUSES, CompareError, lead
from simulations.compare.recording import ledger_of
from simulations.compare.waterfall import Part, Stage, Waterfall

__all__ = [
    "ALWAYS",
    "CAUSES",
    "CompareError",
    "Comparison",
    "Headline",
    "Ledger",
    "Part",
    "Runs",
    "Stage",
    "Waterfall",
    "compare_runs",
    "headline_of",
    "lead",
    "ledger_of",
]
