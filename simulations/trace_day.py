"""TraceDay: which days of a trace are taken, and where their seconds fall on the calendar of the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from simulations.errors import WorkloadError
from simulations.traces import TraceJob

DAY_S = 86_400
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceDay:
    """The part of a trace that was chosen.

    Attributes:
        first: first day taken, in days of the trace's clock.
        days: how many days were taken.
        overlaid: whether they all lie on one date; otherwise they follow one another.
        jobs: (second after the first midnight, job) in order of time.
    """

    first: int
    days: int
    overlaid: bool
    jobs: tuple[tuple[float, TraceJob], ...]

    def name(self, *, has_calendar: bool) -> str:
        """The first day as the trace would say it: a date, or a number."""
        return (_EPOCH + timedelta(days=self.first)).isoformat() if has_calendar else f"day {self.first}"


def choose_day(jobs: Sequence[TraceJob], *, day: str, at_least: int, has_calendar: bool) -> TraceDay:
    """Take one day of a trace, or several on one clock, or all.

    Args:
        jobs: every usable job of the trace; at least one.
        day: "busiest"; "all"; a date, where the trace has a calendar; or a number from 0.
        at_least: with fewer jobs than this, the following days are laid over the same clock.
        has_calendar: whether the trace's clock counts from 1970-01-01.

    Raises:
        WorkloadError: the day has no jobs, is not a day, or no days from it on hold `at_least` jobs.
    """
    counts = Counter(int(job.submit_s // DAY_S) for job in jobs)
    if day == "all":
        first, last = min(counts), max(counts)
        if len(jobs) < at_least:
            raise WorkloadError(f"the whole trace has {len(jobs)} usable jobs, not the {at_least} asked for")
    else:
        first = _first_day(day, counts, has_calendar)
        last = _last_day(first, counts, at_least)
    overlaid = day != "all"
    chosen = [job for job in jobs if first <= job.submit_s // DAY_S <= last]
    placed = [(job.submit_s % DAY_S if overlaid else job.submit_s - first * DAY_S, job) for job in chosen]
    placed.sort(key=lambda entry: (entry[0], entry[1].key))
    return TraceDay(first=first, days=last - first + 1, overlaid=overlaid, jobs=tuple(placed))


def _first_day(day: str, counts: Counter[int], has_calendar: bool) -> int:
    if day == "busiest":
        return min(counts, key=lambda number: (-counts[number], number))
    if day.isdecimal() and len(day) < 7:
        number = int(day) + (min(counts) if has_calendar else 0)
    else:
        number = _numbered(day, has_calendar)
    if not counts[number]:
        raise WorkloadError(
            f"day {day}: the trace has no usable job on it; its days: {_span(counts, has_calendar)}"
        )
    return number


def _numbered(day: str, has_calendar: bool) -> int:
    try:
        number = (date.fromisoformat(day) - _EPOCH).days
    except ValueError:
        raise WorkloadError(
            f"day {day!r}: must be busiest, all, a number from 0, or a date such as 2017-10-20"
        ) from None
    if not has_calendar:
        raise WorkloadError(f"day {day}: this trace has no calendar; give a number, 0 for its first day")
    return number


def _last_day(first: int, counts: Counter[int], at_least: int) -> int:
    total = 0
    for last in range(first, max(counts) + 1):
        total += counts[last]
        if total >= at_least:
            return last
    raise WorkloadError(
        f"from the chosen day to its end the trace has {total} usable jobs, not the {at_least} asked for; "
        "choose an earlier day, or repeat jobs with --scale"
    )


def _span(counts: Counter[int], has_calendar: bool) -> str:
    if not has_calendar:
        return f"{min(counts)} to {max(counts)}"
    return f"{_EPOCH + timedelta(days=min(counts))} to {_EPOCH + timedelta(days=max(counts))}"
