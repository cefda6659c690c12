"""The judge stands apart: it checks a plan from jobs and catalogue alone and prints every violation."""

from scheduler.judge.fault import Fault, UnreadableError
from scheduler.judge.trial import judge
from scheduler.judge.verdict import Reckoning, Verdict

__all__ = ["Fault", "Reckoning", "UnreadableError", "Verdict", "judge"]
