"""One violation: what the plan says or does, and what the rule allows. The kinds:

answers     UNANSWERED ANSWERED_TWICE UNKNOWN_JOB DUPLICATE_JOB NO_REASON
names       UNKNOWN_SITE UNKNOWN_VARIANT NO_ACCELERATOR
time        OFF_SLOT OUTSIDE_HORIZON TOO_EARLY TOO_LATE WRONG_LENGTH
runs        RUNS_OVERLAP RUN_TOO_SHORT NOT_INTERRUPTIBLE
place       TOO_FAR NOT_RESIDENT MISSING_TAG WRONG_SPREAD
data        NO_ROUTE TRANSFER_TOO_EARLY OVER_LINK
room        OVER_CAPACITY OVER_POWER OVER_QUOTA OVER_ENERGY
cost        WRONG_COST OVER_BUDGET OVER_CARBON
the whole   WRONG_TOTAL WRONG_OBJECTIVE BOUND_ABOVE_OBJECTIVE NO_BOUND WRONG_GAP WRONG_STATUS WRONG_SHADOW_PRICE
"""

from __future__ import annotations

from dataclasses import dataclass


class UnreadableError(ValueError):
    """A document is no plan or no job, so there is nothing to judge. The message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A rule that is broken, with where and by how much.

    Attributes:
        kind: the rule, in capitals: `OVER_CAPACITY`, `TOO_FAR`, `WRONG_COST` ...
        what: the quantity the rule is about, with its unit in the name.
        limit: what is allowed or what the judge computes.
        found: what the plan has.
        job: name of the job, or empty.
        site: id of the site (or of the link), or empty.
        slot: slot number, or None where the rule has no slot.
    """

    kind: str
    what: str
    limit: object
    found: object
    job: str = ""
    site: str = ""
    slot: int | None = None

    def __str__(self) -> str:
        """Return the fault as one line.

        Returns:
            For example `OVER_CAPACITY site=zhongwei slot=12 cpu_cores: found 120, limit 100`.
        """
        where = [f"{key}={value}" for key, value in (("job", self.job), ("site", self.site)) if value]
        if self.slot is not None:
            where.append(f"slot={self.slot}")
        head = " ".join([self.kind, *where])
        line = f"{head} {self.what}: found {_text(self.found)}, limit {_text(self.limit)}"
        return " ".join(line.split())


def _text(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
