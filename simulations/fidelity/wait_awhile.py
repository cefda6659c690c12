"""Shifting by carbon intensity after "Let's Wait Awhile" (Wiesner et al., Middleware 2021).

doi 10.1145/3464298.3493399. The experiments' terms are those of the authors' public simulator
(github.com/dos-group/lets-wait-awhile): a nightly job of half an hour at 1 am that may move by up to 8 hours either
way, and 3,387 training jobs of 4 to 90 hours, submitted on workdays between 9 and 17, that have to be ready when
somebody may look: the next workday at 9, or the next Monday or Thursday at 9. Slots are half hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from simulations.fidelity.oracle import best_paused, best_whole
from simulations.fidelity.our_plan import planned
from simulations.fidelity.published_data import UTC_HOURS, carbon_hourly
from simulations.fidelity.row import Row
from simulations.fidelity.terms import Terms
from simulations.fidelity.workload import Floats, Workload, emitted, saving_percent

DueOf = Callable[[int], int]

SLOT_MINUTES = 30
DAY = 48
WEEK = 7 * DAY
YEAR_DAYS = 365
FIRST_SUNDAY = 6  # 2023 began on one
OPENS, CLOSES = 18, 34  # 9:00 and 17:00
WINDOWS_HOURS = (2, 4, 8)
TRAINING_JOBS = 3387
ZONES = ("DE-LU", "US-CAL-CISO", "US-TEX-ERCO", "AU-NSW")
PAPER = "Wiesner 2021; brute force"
TIE_PERCENT = 1e-6


def nightly(terms: Terms) -> tuple[Row, ...]:
    """What moving a nightly job saves, in every zone, at +- 8 hours; +- 2 and 4 hours stand in the note."""
    zones = ZONES[:2] if terms.quick else tuple(UTC_HOURS)
    rows = [_nightly_row(terms, zone, "greenest", WINDOWS_HOURS) for zone in zones]
    return (*rows, _nightly_row(terms, ZONES[0], "optimal", WINDOWS_HOURS[-1:]))


def training(terms: Terms) -> tuple[Row, ...]:
    """What waiting saves a year of training jobs, run through or paused, by how long they may wait."""
    few = TRAINING_JOBS // 12
    jobs = few if terms.quick else TRAINING_JOBS
    rows = [
        _training_row(terms, zone, term, jobs, "greenest", pausable=pausable)
        for zone in (ZONES[:1] if terms.quick else ZONES)
        for term in TERMS
        for pausable in (False, True)
    ]
    rows.append(_training_row(terms, ZONES[0], "semi-weekly", few, "optimal", pausable=False))
    rows.append(_training_row(terms, ZONES[0], "semi-weekly", few, "optimal", pausable=True))
    return tuple(rows)


def _nightly_row(terms: Terms, zone: str, policy: str, windows: tuple[int, ...]) -> Row:
    curve = half_hours(carbon_hourly(zone, terms.data), zone)
    best, ours = {}, {}
    for hours in windows:
        work = nightly_work(hours * 2)
        unmoved = curve[work.arrival]
        best[hours] = saving_percent(work, best_whole(work, curve), unmoved)
        ours[hours] = saving_percent(work, planned(work, curve, policy=policy, batch=8 * WEEK), unmoved)
    widest = windows[-1]
    apart = max(abs(best[hours] - ours[hours]) for hours in windows)
    shorter = "".join(f"+-{hours} h {ours[hours]:.2f} %, " for hours in windows[:-1])
    return Row(
        name=f"nightly job, {zone}, +-{widest} h, {policy}: saving",
        source=PAPER,
        unit="%",
        expected=best[widest],
        measured=ours[widest],
        tolerance=TIE_PERCENT,
        note=f"{shorter}at most {apart:.0e} points apart",
    )


def _training_row(terms: Terms, zone: str, term: str, jobs: int, policy: str, *, pausable: bool) -> Row:
    curve = half_hours(carbon_hourly(zone, terms.data), zone)
    work = training_work(jobs, TERMS[term], slots=len(curve))
    unmoved = emitted(work, work.arrival, curve)
    least = best_paused(work, curve) if pausable else best_whole(work, curve)
    ours = planned(work, curve, policy=policy, pausable=pausable, batch=WEEK)
    return Row(
        name=f"training, {zone}, {term}, {'paused' if pausable else 'whole'}, {policy}: saving",
        source=PAPER,
        unit="%",
        expected=saving_percent(work, least, unmoved),
        measured=saving_percent(work, ours, unmoved),
        tolerance=TIE_PERCENT,
        note=f"{work.jobs} jobs",
    )


def half_hours(hourly: Floats, zone: str) -> Floats:
    """Return the curve of a zone by half hours of its standard time; the year's ends are joined."""
    return np.roll(np.repeat(hourly, 2), round(2 * UTC_HOURS[zone]))


def nightly_work(window: int) -> Workload:
    """Return the job of every night at 1 am that may start so many slots earlier or later.

    The first and the last night are left out, so that no window leaves the year.
    """
    at = np.arange(1, YEAR_DAYS - 1, dtype=np.int64) * DAY + 2
    one = np.ones_like(at)
    return Workload(
        slot_minutes=SLOT_MINUTES,
        arrival=at,
        earliest=at - window,
        length=one,
        due=at + window + 1,
        units=one,
    )


def training_work(jobs: int, due_of: DueOf, *, slots: int) -> Workload:
    """Return so many training jobs spread over the workdays of the year, the same for every rule; seed 0.

    The authors drew theirs for 2020; these are drawn anew by the same law. Jobs whose window leaves the year are out.
    """
    rng = np.random.Generator(np.random.PCG64(0))
    days = np.array([day for day in range(YEAR_DAYS) if weekday(day * DAY) < 5])
    arrival = np.sort(rng.choice(days, jobs) * DAY + rng.integers(OPENS, CLOSES, jobs))
    length = rng.integers(8, 180, jobs)
    due = np.array([due_of(end) for end in (arrival + length).tolist()], dtype=np.int64)
    work = Workload(
        slot_minutes=SLOT_MINUTES,
        arrival=arrival,
        earliest=arrival,
        length=length,
        due=due,
        units=np.ones(jobs, dtype=np.int64),
    )
    return work.part(due <= slots)


def weekday(slot: int) -> int:
    """Return the day of the week of a slot of 2023: 0 is Monday."""
    return (slot // DAY + FIRST_SUNDAY) % 7


def next_workday(end: int) -> int:
    """Return by when a job may be done that would end there: then, if people are at work, or when they next come."""
    time = end % DAY
    if weekday(end) < 5 and OPENS <= time <= CLOSES:
        return end
    day = end // DAY + (time > OPENS)
    while weekday(day * DAY) >= 5:
        day += 1
    return day * DAY + OPENS


def semi_weekly(end: int) -> int:
    """Return the next Monday or Thursday at 9 from a slot on."""
    day = end // DAY + (end % DAY > OPENS)
    while weekday(day * DAY) not in {0, 3}:
        day += 1
    return day * DAY + OPENS


TERMS: Mapping[str, DueOf] = {"next workday": next_workday, "semi-weekly": semi_weekly}
"""When a training job has to be done, by name."""
