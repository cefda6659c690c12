"""Capacity planning: which sites to build or enlarge, when, and with what, for several futures at once."""

from simulations.expansion.account import Account
from simulations.expansion.conflict import Conflict
from simulations.expansion.decision import Decision, Operation
from simulations.expansion.document import expansion_document
from simulations.expansion.errors import InfeasibleError, StudyError, StudyFault, UnsolvedError
from simulations.expansion.expansion import Expansion, expand
from simulations.expansion.marginal import Marginal
from simulations.expansion.quarter import Quarter
from simulations.expansion.regret import Regret
from simulations.expansion.study import Study
from simulations.expansion.study_file import read_study

__all__ = [
    "Account",
    "Conflict",
    "Decision",
    "Expansion",
    "InfeasibleError",
    "Marginal",
    "Operation",
    "Quarter",
    "Regret",
    "Study",
    "StudyError",
    "StudyFault",
    "UnsolvedError",
    "expand",
    "expansion_document",
    "read_study",
]
