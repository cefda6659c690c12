"""Judging: how an attempt stands, by its papers and by what Slurm says of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from api.dispatch.backend import Ending, Sight
from api.dispatch.slurm.papers import Look, Result
from api.dispatch.slurm.record import SIGKILL, SlurmJob, Verdict
from api.dispatch.slurm.request import comment_of

SHELL_SIGNALS = range(129, 193)  # how a shell writes "ended by signal n": 128 + n
_KILLED = 128 + SIGKILL
_OWN_WORDS = frozenset({"lost", "timeout", "cancelled", "not_started"})
_DETAILS = {Ending.TIMEOUT: "wall-clock limit", Ending.NOT_STARTED: "command not found"}
BEATS = 3.0  # an attempt that has shown itself within so many beats needs no word of Slurm


@dataclass(slots=True, eq=False)
class Pulse:
    """Tells living attempts from dead ones by whether their beat moves while it is watched; no clocks are compared.

    Attributes:
        beat_s: how often it should move.
        stale_s: one that stands still for so long is dead.
    """

    beat_s: float
    stale_s: float
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[str, float, bool]] = field(default_factory=dict)

    def alive(self, attempt: str, beat: str) -> bool | None:
        """Whether an attempt lives; None when it has not been watched for long enough."""
        now = self.clock()
        known = self._seen.get(attempt)
        if known is None or known[0] != beat:
            self._seen[attempt] = (beat, now, known is not None)
            return True if known is not None else None
        _, since, moved = known
        if now - since >= self.stale_s:
            return False
        return True if moved and now - since < BEATS * self.beat_s else None

    def forget(self, attempt: str) -> None:
        """Watch it no longer."""
        self._seen.pop(attempt, None)


def is_ours(job: SlurmJob, attempt: str) -> bool:
    """Whether a job is that attempt's: the number alone may have been given to another."""
    return job.name == attempt and job.comment == comment_of(attempt)


def own_copy(look: Look, copies: Sequence[SlurmJob]) -> SlurmJob | None:
    """The copy that speaks for the attempt: that of its number, else one not over, else the oldest."""
    ranked = sorted(copies, key=lambda job: (job.id != look.number, job.sight is Sight.ENDED, job.id))
    if ranked and look.claimed and ranked[0].id != look.number:
        return None  # Slurm has forgotten the one that took the claim
    return ranked[0] if ranked else None


def verdict_of(result: Result, own: SlurmJob | None, *, cancelled: bool) -> Verdict | None:
    """How an attempt that wrote a result ended; None when Slurm's word is needed and has not come."""
    if result.why in _OWN_WORDS or result.code == 0:  # what ended well before the word arrived has ended well
        return _by_own_account(result)
    if result.told or result.code == _KILLED:
        if own is not None and own.sight is not Sight.ENDED:
            return None
        if own is not None and own.verdict.ending not in (Ending.EXITED, Ending.NOT_STARTED):
            return own.verdict
        if result.told and cancelled:
            return replace(_by_code(result.code), ending=Ending.CANCELLED)
    return _by_code(result.code)


def _by_own_account(result: Result) -> Verdict:
    if result.why == "lost":
        return Verdict(ending=None, detail="given up after it had shown no sign of life")
    if result.code == 0:
        return _by_code(0)
    ending = Ending(result.why)
    return replace(_by_code(result.code), ending=ending, detail=_DETAILS.get(ending, ""))


def _by_code(code: int) -> Verdict:
    if code in SHELL_SIGNALS:
        return Verdict(ending=Ending.SIGNALLED, signal=code - SHELL_SIGNALS.start + 1)
    return Verdict(ending=Ending.EXITED, exit_code=code)


def needs_word(result: Result) -> bool:
    """Whether only Slurm can say why it ended."""
    return verdict_of(result, _STILL_THERE, cancelled=False) is None


_STILL_THERE = SlurmJob(id=0, name="", comment="", state="RUNNING", status=0, began_at=0.0, reason="")
