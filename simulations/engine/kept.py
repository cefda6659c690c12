"""Kept: what the checkpoints of an interruptible job save when its site is lost.

Every run ends with a checkpoint, which is moved out of the machines. What is lost is the run that was going on; the
next attempt is the rest of the job, wherever that is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from scheduler import Job
from scheduler.case import job_value_cny


@dataclass(slots=True, eq=False)
class Kept:
    """The runs of earlier attempts that count.

    Attributes:
        job: the whole job.
        share: of its work that is done [fraction].
        minutes: they ran [min].
        resumes: pauses so far, each with a resume behind it.
        resumed_kw: IT power of every resume, added up [kW].
        entries: rows of the runs in the ledger.
        parts: (minutes, row of the model, accelerators a task) of what each attempt kept, for the bill.
    """

    job: Job
    share: float = 0.0
    minutes: float = 0.0
    resumes: int = 0
    resumed_kw: float = 0.0
    entries: list[int] = field(default_factory=list)
    parts: list[tuple[float, int, float]] = field(default_factory=list)

    def add(self, share: float, minutes: float, runs: int, it_kw: float, entries: list[int]) -> None:
        """Count the runs of one more attempt; `share` is of what it had to do."""
        self.share += (1.0 - self.share) * share
        self.minutes += minutes
        self.resumes += runs
        self.resumed_kw += runs * it_kw
        self.entries += entries

    def rest(self) -> Job:
        """Return what is left of the job, as the planner sees it; it is worth what the whole job is."""
        left = 1.0 - self.share
        return replace(
            self.job,
            variants=tuple(
                replace(variant, runtime_minutes=variant.runtime_minutes * left)
                for variant in self.job.variants
            ),
            value_cny=job_value_cny(self.job),
        )
